// Which entries are meant. Include <tapps.hpp>.
#ifndef TAPPS_FILTER_HPP
#define TAPPS_FILTER_HPP

#include <string_view>

#include "../tapps.h"
#include "result.hpp"

namespace tapps::cxx {

// Which entries are meant: those that meet every condition given. Without any: those of the default
// namespace. The texts are borrowed.
struct Filter {
  const char* space = nullptr;  // the namespace, NULL the default one
  std::string_view prefix;      // first bytes of the key
  const char* tag = nullptr;    // or any
  bool everywhere = false;      // in every namespace but the library's own, instead of in `space`
};

namespace detail {

inline tapps_filter NativeFilter(const Filter& filter) {
  auto native = Options<tapps_filter>();
  native.space = filter.everywhere         ? nullptr
                 : filter.space != nullptr ? filter.space
                                           : "default";  // NULL would mean all of them
  native.prefix = filter.prefix.empty() ? nullptr : filter.prefix.data();
  native.prefix_size = filter.prefix.size();
  native.tag = filter.tag;
  return native;
}

}  // namespace detail

}  // namespace tapps::cxx

#endif  // TAPPS_FILTER_HPP
