#ifndef TAPPS_CAPI_ARGUMENTS_H_
#define TAPPS_CAPI_ARGUMENTS_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cache/cache.h"

// Checks of what hosts pass in. Every message names the argument.
namespace tapps::capi {

// No options struct will ever be larger; beyond, struct_size was not set.
constexpr uint32_t kMaxOptionsBytes = 4096;

// An options struct of any age: missing fields are 0, unknown ones must be.
template <typename Options>
Result<Options> ReadOptions(const Options* given) {
  Options options{};
  if (!given) return options;
  const uint32_t size = given->struct_size;
  if (size < sizeof(uint32_t))
    return Status(TAPPS_E_INVALID, "struct_size of the options is not set");
  if (size > kMaxOptionsBytes) {
    return Status(TAPPS_E_UNSUPPORTED, "struct_size of the options is " + std::to_string(size) +
                                           ", more than any release of tapps knows");
  }
  const char* bytes = reinterpret_cast<const char*>(given);
  for (size_t i = sizeof(Options); i < size; ++i) {
    if (bytes[i] != 0) {
      return Status(TAPPS_E_UNSUPPORTED,
                    "the options use fields this release of tapps does not know");
    }
  }
  std::memcpy(&options, given, std::min<size_t>(size, sizeof(Options)));
  return options;
}

// Which of the special numbers an option accepts.
enum Special : uint32_t { kNoSpecial = 0, kNone = 1, kUnlimited = 2 };

// A number of an option: 0 is `fallback`; else within min..max, or one of the special numbers that
// are allowed.
Result<int64_t> Number(const char* name, int64_t given, int64_t fallback, int64_t min, int64_t max,
                       uint32_t special = kNoSpecial);
Status CheckFlags(const char* name, uint32_t given, uint32_t known);

// A string that may be NULL ("" then), checked for UTF-8.
Result<std::string_view> Text(const char* name, const char* text);

Result<Key> CheckKey(const char* space, const void* key, size_t size);
// A namespace; NULL is "".
Result<std::string_view> CheckSpace(const char* space);
// As above, for writing: the library's own namespaces are refused.
Status CheckWritable(std::string_view space);
Result<Key> CheckWritableKey(const char* space, const void* key, size_t size);
Result<std::string_view> CheckValue(const void* data, size_t size);
Result<GetOptions> ReadGetOptions(const tapps_get_options* given);
Result<PutOptions> ReadPutOptions(const tapps_put_options* given);
Result<LoadOptions> ReadLoadOptions(const tapps_load_options* given);
Result<SpaceOptions> ReadSpaceOptions(const tapps_space_options* given);
Result<storage::Filter> ReadFilter(const tapps_filter* given);
// What tapps_cache_delete_all removes: the entries of any of these.
Result<std::vector<storage::Filter>> ReadRemoval(const tapps_filter* given);
Result<int64_t> ReadTtl(int64_t given);
// The keys of `count` items, and their entries; all views.
Result<std::vector<std::string_view>> ReadKeys(const tapps_get_item* items, size_t count);
Result<std::vector<Cache::Item>> ReadItems(const tapps_put_item* items, size_t count);
Status CheckDurability(int32_t durability);
// A version that a swap expects.
Status CheckVersion(int64_t version);

template <typename T>
Status CheckNotNull(const char* name, const T* pointer) {
  return pointer ? Status() : Status(TAPPS_E_INVALID, std::string(name) + " is NULL");
}

}  // namespace tapps::capi

// Takes the value of a Result into a new variable, or returns its failure.
#define TAPPS_ASSIGN_OR_RETURN(declaration, expr) \
  TAPPS_ASSIGN_OR_RETURN_(TAPPS_CONCAT_(result_, __LINE__), declaration, expr)
#define TAPPS_ASSIGN_OR_RETURN_(name, declaration, expr) \
  auto name = (expr);                                    \
  if (!name.ok()) return std::move(name).status();       \
  declaration = *std::move(name)
#define TAPPS_CONCAT_(a, b) TAPPS_CONCAT2_(a, b)
#define TAPPS_CONCAT2_(a, b) a##b

#endif  // TAPPS_CAPI_ARGUMENTS_H_
