#ifndef TAPPS_TESTS_SUPPORT_FAKE_CACHE_H_
#define TAPPS_TESTS_SUPPORT_FAKE_CACHE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "cache/cache.h"

namespace tapps::test {

// A cache that is a map: entries live and go stale by the clock given, nothing is evicted.
class FakeCache : public Cache {
 public:
  explicit FakeCache(const Clock* clock) : clock_(clock) {}

  Result<ValueRef> Get(Key key, const GetOptions& options) override;
  std::vector<Result<ValueRef>> GetMany(std::string_view space,
                                        const std::vector<std::string_view>& keys,
                                        const GetOptions& options) override;
  Status Put(Key key, std::string_view bytes, const PutOptions& options) override;
  Status PutMany(std::string_view space, const std::vector<Item>& items,
                 const PutOptions& options) override;
  void PutAsync(Key key, std::string_view bytes, const PutOptions& options,
                std::function<void(Status)> done) override;
  Status Delete(Key key, int32_t durability) override;
  Result<int64_t> DeleteAll(const Filter& filter) override;
  Status Touch(Key key, int64_t ttl_us) override;
  Status Flush(int64_t) override { return Status(); }
  void FlushAsync(int64_t, std::function<void(Status)> done) override { done(Status()); }
  Result<std::vector<Entry>> List(std::string_view space, std::string_view prefix,
                                  const Entry* after, size_t limit) override;
  Json Stats() override { return Json::object(); }
  int32_t state() const override { return TAPPS_STATE_MEMORY; }
  const std::string& path() const override { return path_; }
  const CacheOptions& options() const override { return options_; }
  void OnState(std::function<void(int32_t, std::string_view)>) override {}
  Status Close(int64_t) override { return Status(); }

  int64_t gets() const;
  int64_t puts() const;

 private:
  using FullKey = std::pair<std::string, std::string>;

  const Clock* const clock_;
  const std::string path_ = ":memory:";
  const CacheOptions options_;
  mutable Mutex mu_;
  std::map<FullKey, ValueRef> values_ GUARDED_BY(mu_);
  int64_t version_ GUARDED_BY(mu_) = 0;
  int64_t gets_ GUARDED_BY(mu_) = 0;
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_FAKE_CACHE_H_
