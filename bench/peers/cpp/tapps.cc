// tapps through its C ABI: async puts, and flush where something has to be persisted.

#include "../tapps_cache.h"
#include "contender.h"

namespace {

class Store {
 public:
  enum Use { kInMemory, kOnDisk, kWrites };
  Store(const std::string& path, Use use) : cache_(path, Options(use)) {}

  template <typename F>
  bool Get(std::string_view key, F&& use) {
    tapps_value* value = nullptr;
    const void* data = nullptr;
    const int32_t code = tapps_cache_get(cache_.handle(), nullptr, key.data(), key.size(), nullptr,
                                         &value, &data, nullptr, nullptr);
    if (code == TAPPS_OK) use(static_cast<const char*>(data));
    tapps_value_release(value);
    return code == TAPPS_OK;
  }
  bool Put(std::string_view key, std::string_view value) {
    return cache_.Put(key, value) == TAPPS_OK;
  }
  void Fill(const bench::Data& data) { cache_.Fill(data); }
  bool Flush() { return tapps_cache_flush(cache_.handle(), 60'000'000, nullptr) == TAPPS_OK; }

 private:
  static tapps_open_options Options(Use use) {
    tapps_open_options options{};
    options.put_timeout_us = 60'000'000;  // waits for room in the queue
    options.disk_bytes = int64_t{16} << 30;
    if (use == kInMemory) options.memory_bytes = int64_t{512} << 20;
    if (use == kOnDisk) {
      options.memory_bytes = 64 << 10;
      options.memory_entries = 1;
    }
    return options;
  }
  bench::TappsCache cache_;
};

}  // namespace

int main(int argc, char** argv) { return bench::Serve<Store>(argc, argv); }
