#ifndef TAPPS_BASE_JSON_H_
#define TAPPS_BASE_JSON_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace tapps {

template <typename T>
struct JsonAllocator {
  using value_type = T;
  JsonAllocator() = default;
  template <typename U>
  JsonAllocator(const JsonAllocator<U>&) {
  }  // NOLINT(google-explicit-constructor): as allocators do
  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T))); }
  void deallocate(T* p, size_t) { ::operator delete(p); }
  bool operator==(const JsonAllocator&) const { return true; }
};

// The one place that names the JSON library.
using Json = nlohmann::basic_json<std::map, std::vector, std::string, bool, int64_t, uint64_t,
                                  double, JsonAllocator>;

// Memory with a reserve for when there is none. Throws std::bad_alloc only when that is used up.
void* AllocateOrReserve(size_t bytes);
void FreeOrReturn(void* p) noexcept;

}  // namespace tapps

// The destructor of the library's values asks for memory (a std::vector of values, so that deep
// trees do not take the stack), and where it cannot have it, it ends the process.
template <>
class std::allocator<tapps::Json> {
 public:
  using value_type = tapps::Json;
  allocator() = default;
  template <typename U>
  allocator(const allocator<U>&) {}  // NOLINT(google-explicit-constructor)
  tapps::Json* allocate(size_t count) {
    return static_cast<tapps::Json*>(tapps::AllocateOrReserve(count * sizeof(tapps::Json)));
  }
  void deallocate(tapps::Json* p, size_t) { tapps::FreeOrReturn(p); }
  bool operator==(const allocator&) const { return true; }
};

namespace tapps {

// Parses text; on failure the message says "line L, column C: reason".
Result<Json> ParseJson(std::string_view text);

// Compact text. Bytes that are not UTF-8 are replaced, never an exception.
std::string DumpJson(const Json& json);

// The member `name` of an object when it is there and a string.
std::optional<std::string> JsonString(const Json& object, std::string_view name);

}  // namespace tapps

#endif  // TAPPS_BASE_JSON_H_
