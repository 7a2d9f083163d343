#ifndef TAPPS_BENCH_PEERS_TAPPS_CACHE_H_
#define TAPPS_BENCH_PEERS_TAPPS_CACHE_H_

#include <tapps.h>

#include <string>
#include <string_view>

#include "harness.h"
#include "workload.h"

namespace bench {

// A cache through the C ABI, as a program uses it.
class TappsCache {
 public:
  TappsCache(const std::string& path, tapps_open_options options = {}) {
    options.struct_size = sizeof options;
    tapps_error* error = nullptr;
    if (tapps_cache_open(path.c_str(), &options, &cache_, &error) != TAPPS_OK) {
      Fail(tapps_error_message(error));
    }
  }
  ~TappsCache() {
    tapps_cache_close(cache_, 60'000'000, nullptr);
    tapps_cache_release(cache_);
  }
  TappsCache(const TappsCache&) = delete;
  TappsCache& operator=(const TappsCache&) = delete;

  // A get with its release; whether it was a hit.
  bool Hit(std::string_view key) const {
    tapps_value* value = nullptr;
    const void* data = nullptr;
    size_t size = 0;
    const int32_t code = tapps_cache_get(cache_, nullptr, key.data(), key.size(), nullptr, &value,
                                         &data, &size, nullptr);
    Keep(data);
    Keep(size);
    tapps_value_release(value);
    return code == TAPPS_OK;
  }
  int32_t Put(std::string_view key, std::string_view value) {
    return tapps_cache_put(cache_, nullptr, key.data(), key.size(), value.data(), value.size(),
                           nullptr, nullptr);
  }
  void Flush() {
    Check(tapps_cache_flush(cache_, 60'000'000, nullptr) == TAPPS_OK, "flush failed");
  }
  void Fill(const Data& data) {
    for (size_t i = 0; i < data.count(); ++i) {
      Check(Put(data.key(i), data.value(i)) == TAPPS_OK, "put failed");
    }
    Flush();
  }
  tapps_cache* handle() const { return cache_; }

 private:
  tapps_cache* cache_ = nullptr;
};

}  // namespace bench

#endif  // TAPPS_BENCH_PEERS_TAPPS_CACHE_H_
