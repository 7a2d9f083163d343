// Many keys and entries in one call. Include <tapps.hpp>.
#ifndef TAPPS_ITEMS_HPP
#define TAPPS_ITEMS_HPP

#include <string_view>
#include <vector>

#include "../tapps.h"
#include "result.hpp"

namespace tapps::cxx {

// An entry to put.
struct Item {
  std::string_view key;
  std::string_view bytes;
};

namespace detail {

inline std::vector<tapps_get_item> GetItems(const std::vector<std::string_view>& keys) {
  std::vector<tapps_get_item> items(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    items[i] = {};
    items[i].key = keys[i].data();
    items[i].key_size = keys[i].size();
  }
  return items;
}

inline std::vector<tapps_put_item> PutItems(const std::vector<Item>& entries) {
  std::vector<tapps_put_item> items;
  items.reserve(entries.size());
  for (const Item& entry : entries) {
    items.push_back({entry.key.data(), entry.key.size(), entry.bytes.data(), entry.bytes.size()});
  }
  return items;
}

}  // namespace detail

}  // namespace tapps::cxx

#endif  // TAPPS_ITEMS_HPP
