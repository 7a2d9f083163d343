// The right to load a key. Include <tapps.hpp>.
#ifndef TAPPS_LEASE_HPP
#define TAPPS_LEASE_HPP

#include <string_view>
#include <utility>

#include "../tapps.h"
#include "result.hpp"
#include "value.hpp"

namespace tapps::cxx {

// The right to load a key, from a Load. Abandons it when it goes without a Finish. The cache must
// outlive it.
class Lease {
 public:
  Lease() = default;
  Lease(tapps_cache* cache, int64_t lease) : cache_(cache), lease_(lease) {}
  Lease(Lease&& other) noexcept : cache_(other.cache_), lease_(std::exchange(other.lease_, 0)) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      Abandon();
      cache_ = other.cache_;
      lease_ = std::exchange(other.lease_, 0);
    }
    return *this;
  }
  ~Lease() { Abandon(); }

  explicit operator bool() const { return lease_ != 0; }
  Result<void> Finish(std::string_view bytes, const tapps_put_options* options = nullptr) {
    tapps_error* error = nullptr;
    const int32_t code =
        tapps_cache_load_finish(cache_, lease_, bytes.data(), bytes.size(), options, &error);
    if (code == TAPPS_OK) lease_ = 0;  // else it may go on, until it is abandoned
    return detail::Check(code, error);
  }
  void Abandon() {
    if (lease_ != 0) tapps_cache_load_abandon(cache_, std::exchange(lease_, 0));
  }

 private:
  tapps_cache* cache_ = nullptr;
  int64_t lease_ = 0;
};

// What a Load gave: a value, a lease, or both.
struct Loaded {
  Value value;
  Lease lease;
};

template <>
inline constexpr bool detail::kLends<Loaded> = true;

}  // namespace tapps::cxx

#endif  // TAPPS_LEASE_HPP
