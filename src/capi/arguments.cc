#include "capi/arguments.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"

namespace tapps::capi {
namespace {

constexpr int64_t kMaxDuration = INT64_MAX / 4;

}  // namespace

Result<int64_t> Number(const char* name, int64_t given, int64_t fallback, int64_t min, int64_t max,
                       uint32_t special) {
  if (given == 0) return fallback;
  if (given == TAPPS_NONE && (special & kNone) != 0) return given;
  if (given == TAPPS_UNLIMITED && (special & kUnlimited) != 0) return given;
  if (given >= min && given <= max) return given;
  return Status(TAPPS_E_INVALID, std::string(name) + " is " + std::to_string(given) +
                                     ", it must be " + std::to_string(min) + " to " +
                                     std::to_string(max));
}

Status CheckFlags(const char* name, uint32_t given, uint32_t known) {
  if ((given & ~known) == 0) return {};
  return Status(TAPPS_E_UNSUPPORTED, std::string(name) +
                                         " has bits this release of tapps does not know: " +
                                         std::to_string(given & ~known));
}

Result<std::string_view> Text(const char* name, const char* text) {
  const std::string_view view = text ? std::string_view(text) : std::string_view();
  if (IsUtf8(view)) return view;
  // Not the text itself: there may be a secret in it.
  return Status(TAPPS_E_INVALID, std::string(name) + " is not UTF-8 from byte " +
                                     std::to_string(Utf8Prefix(view)) + " on");
}

Result<std::string_view> CheckSpace(const char* space) {
  if (!space) return std::string_view();
  const std::string_view view = space;
  if (view.empty() || view.size() > kMaxSpaceBytes) {
    return Status(TAPPS_E_INVALID, "a namespace has 1 to " + std::to_string(kMaxSpaceBytes) +
                                       " bytes, this one has " + std::to_string(view.size()));
  }
  return Text("the namespace", space);
}

Status CheckWritable(std::string_view space) {
  if (!space.starts_with("tapps.")) return {};
  return Status(TAPPS_E_INVALID,
                "namespaces that begin with \"tapps.\" are written by the library only: " +
                    std::string(space));
}

Result<Key> CheckKey(const char* space, const void* key, size_t size) {
  TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, CheckSpace(space));
  if (!key || size == 0 || size > kMaxKeyBytes) {
    return Status(TAPPS_E_INVALID, "a key has 1 to " + std::to_string(kMaxKeyBytes) +
                                       " bytes, this one has " + std::to_string(key ? size : 0));
  }
  return Key{checked, {static_cast<const char*>(key), size}};
}

Result<Key> CheckWritableKey(const char* space, const void* key, size_t size) {
  TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckKey(space, key, size));
  TAPPS_RETURN_IF_ERROR(CheckWritable(checked.space));
  return checked;
}

Result<std::string_view> CheckValue(const void* data, size_t size) {
  if (size > kMaxValueBytes) {
    return Status(TAPPS_E_TOO_LARGE, "a value has at most " + std::to_string(kMaxValueBytes) +
                                         " bytes, this one has " + std::to_string(size));
  }
  if (!data && size > 0) return Status(TAPPS_E_INVALID, "data is NULL");
  return std::string_view(static_cast<const char*>(data), size);
}

Result<GetOptions> ReadGetOptions(const tapps_get_options* given) {
  TAPPS_ASSIGN_OR_RETURN(const tapps_get_options options, ReadOptions(given));
  TAPPS_RETURN_IF_ERROR(CheckFlags(
      "flags", options.flags,
      TAPPS_GET_CACHED_ONLY | TAPPS_GET_ALLOW_STALE | TAPPS_GET_PEEK | TAPPS_GET_SHOW_NEGATIVE));
  return GetOptions{.cached_only = (options.flags & TAPPS_GET_CACHED_ONLY) != 0,
                    .allow_stale = (options.flags & TAPPS_GET_ALLOW_STALE) != 0,
                    .peek = (options.flags & TAPPS_GET_PEEK) != 0,
                    .show_negative = (options.flags & TAPPS_GET_SHOW_NEGATIVE) != 0};
}

Status CheckDurability(int32_t durability) {
  if (durability >= TAPPS_DURABILITY_ASYNC && durability <= TAPPS_DURABILITY_FULL) return {};
  return Status(TAPPS_E_INVALID,
                "durability is " + std::to_string(durability) + ", it must be 0 to 3");
}

Status CheckVersion(int64_t version) {
  if (version >= 0) return {};
  return Status(TAPPS_E_INVALID,
                "expected is " + std::to_string(version) + ", it must be a version, or 0 for none");
}

Result<PutOptions> ReadPutOptions(const tapps_put_options* given) {
  TAPPS_ASSIGN_OR_RETURN(const tapps_put_options options, ReadOptions(given));
  TAPPS_RETURN_IF_ERROR(CheckFlags("flags", options.flags, TAPPS_PUT_NEGATIVE | TAPPS_PUT_SLIDING));
  TAPPS_RETURN_IF_ERROR(CheckDurability(options.durability));
  PutOptions put;
  put.durability = options.durability;
  put.negative = (options.flags & TAPPS_PUT_NEGATIVE) != 0;
  put.sliding = (options.flags & TAPPS_PUT_SLIDING) != 0;
  TAPPS_ASSIGN_OR_RETURN(put.ttl_us, Number("ttl_us", options.ttl_us, 0, 1, INT64_MAX, kNone));
  TAPPS_ASSIGN_OR_RETURN(put.stale_us,
                         Number("stale_us", options.stale_us, 0, 1, INT64_MAX, kNone | kUnlimited));
  TAPPS_ASSIGN_OR_RETURN(put.timeout_us,
                         Number("timeout_us", options.timeout_us, 0, 1, INT64_MAX / 4, kNone));
  TAPPS_ASSIGN_OR_RETURN(put.content_type, Text("content_type", options.content_type));
  TAPPS_ASSIGN_OR_RETURN(put.source, Text("source", options.source));
  TAPPS_ASSIGN_OR_RETURN(put.tags, Text("tags", options.tags));
  TAPPS_ASSIGN_OR_RETURN(put.json, Text("json", options.json));
  if (!put.json.empty()) {
    const Result<Json> json = ParseJson(put.json);
    if (!json.ok()) return Status(json.status()).Wrap("json");
    if (!json->is_object()) return Status(TAPPS_E_INVALID, "json is not an object");
  }
  return put;
}

Result<LoadOptions> ReadLoadOptions(const tapps_load_options* given) {
  TAPPS_ASSIGN_OR_RETURN(const tapps_load_options options, ReadOptions(given));
  LoadOptions load;
  TAPPS_ASSIGN_OR_RETURN(load.timeout_us, Number("timeout_us", options.timeout_us, load.timeout_us,
                                                 1, kMaxDuration, kNone));
  TAPPS_ASSIGN_OR_RETURN(load.lease_us, Number("lease_us", options.lease_us, load.lease_us,
                                               kMillisecond, 60 * kMinute));
  TAPPS_ASSIGN_OR_RETURN(load.early_us,
                         Number("early_us", options.early_us, 0, 1, kMaxDuration, kNone));
  return load;
}

Result<SpaceOptions> ReadSpaceOptions(const tapps_space_options* given) {
  TAPPS_ASSIGN_OR_RETURN(const tapps_space_options options, ReadOptions(given));
  SpaceOptions space;
  TAPPS_ASSIGN_OR_RETURN(space.ttl_us, ReadTtl(options.ttl_us));
  TAPPS_ASSIGN_OR_RETURN(
      space.stale_us, Number("stale_us", options.stale_us, 0, 1, kMaxDuration, kNone | kUnlimited));
  TAPPS_ASSIGN_OR_RETURN(space.negative_ttl_us, Number("negative_ttl_us", options.negative_ttl_us,
                                                       0, 1, kMaxDuration, kNone));
  return space;
}

Result<storage::Filter> ReadFilter(const tapps_filter* given) {
  TAPPS_ASSIGN_OR_RETURN(const tapps_filter options, ReadOptions(given));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view space, CheckSpace(options.space));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view tag, Text("tag", options.tag));
  if (options.prefix_size > 0) TAPPS_RETURN_IF_ERROR(CheckNotNull("prefix", options.prefix));
  storage::Filter filter;
  filter.space = space;
  filter.tag = tag;
  if (options.prefix) {
    filter.prefix.assign(static_cast<const char*>(options.prefix), options.prefix_size);
  }
  return filter;
}

Result<std::vector<storage::Filter>> ReadRemoval(const tapps_filter* given) {
  // Responses and documents are the user's to clear. What breakers share is not: a service that is
  // down does not come up by it.
  static constexpr std::array<std::string_view, 2> clearable = {"tapps.http", "tapps.docs"};
  TAPPS_ASSIGN_OR_RETURN(const storage::Filter filter, ReadFilter(given));
  std::vector<storage::Filter> removal = {filter};
  if (!given) {
    for (const std::string_view space : clearable) removal.push_back({.space = std::string(space)});
  } else if (std::find(clearable.begin(), clearable.end(), filter.space) == clearable.end()) {
    TAPPS_RETURN_IF_ERROR(CheckWritable(filter.space));
  }
  return removal;
}

Result<int64_t> ReadTtl(int64_t given) {
  return Number("ttl_us", given, 0, 1, kMaxDuration, kNone);
}

Result<std::vector<std::string_view>> ReadKeys(const tapps_get_item* items, size_t count) {
  if (count > 0) TAPPS_RETURN_IF_ERROR(CheckNotNull("items", items));
  std::vector<std::string_view> keys;
  keys.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    TAPPS_ASSIGN_OR_RETURN(const Key key, CheckKey(nullptr, items[i].key, items[i].key_size));
    keys.push_back(key.bytes);
  }
  return keys;
}

Result<std::vector<Cache::Item>> ReadItems(const tapps_put_item* items, size_t count) {
  if (count > 0) TAPPS_RETURN_IF_ERROR(CheckNotNull("items", items));
  std::vector<Cache::Item> read;
  read.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    TAPPS_ASSIGN_OR_RETURN(const Key key, CheckKey(nullptr, items[i].key, items[i].key_size));
    TAPPS_ASSIGN_OR_RETURN(const std::string_view bytes, CheckValue(items[i].data, items[i].size));
    read.push_back({key.bytes, bytes});
  }
  return read;
}

}  // namespace tapps::capi
