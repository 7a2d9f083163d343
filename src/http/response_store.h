#ifndef TAPPS_HTTP_RESPONSE_STORE_H_
#define TAPPS_HTTP_RESPONSE_STORE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"
#include "http/headers.h"
#include "http/rules.h"
#include "http/stored_response.h"
#include "http/vary.h"

namespace tapps::storage {
class Store;
}

namespace tapps::http {

using StoredRef = std::shared_ptr<const StoredResponse>;

// Where responses are kept between fetches. A key names a resource: its URL, and the credentials
// sent for it. Under one key there may be several responses that differ in what Vary names. Any
// thread; nothing blocks for long.
class ResponseStore {
 public:
  struct Found {
    StoredRef response;                  // null: none that the request may select
    int32_t served_from = 0;             // TAPPS_FROM_MEMORY or TAPPS_FROM_DISK
    const StoredFacts* facts = nullptr;  // of the response, living as long; null: not known
    bool others = false;  // no response, but there are some that other requests select
  };

  // kAgain: one more look of a call that has looked before, which is not counted.
  enum class Look { kFirst, kAgain };

  virtual ~ResponseStore() = default;
  // The response that these request fields select (RFC 9111 4.1). What was Put before is found.
  virtual Found Find(std::string_view key, const Headers& request, Look look) = 0;
  // Keeps the response in place of the one with the same selecting fields. kMemory ones never reach
  // a disk, nor do cookies that others set, unless that was asked for. Failure is a miss later.
  virtual void Put(std::string_view key, StoredRef response, Storage where) = 0;
  // Drops all responses under the key.
  virtual void Erase(std::string_view key) = 0;

  // The file in which several processes keep what is Put, so that they can agree on who asks an
  // origin.
  struct Shared {
    std::shared_ptr<storage::Store> file;  // null: there is none
    const Clock* clock = nullptr;          // of the file's times
    int64_t lease_wait_us = 0;             // how long the file may take to give a lease
  };
  virtual Shared shared() const { return {}; }
};

// A store in memory alone, bounded in entries and bytes, the least recently used resource dropped
// first.
class MemoryStore : public ResponseStore {
 public:
  explicit MemoryStore(size_t max_bytes = 64 * 1024 * 1024, size_t max_keys = 10'000)
      : max_bytes_(max_bytes), max_keys_(max_keys) {}

  Found Find(std::string_view key, const Headers& request, Look look) override;
  void Put(std::string_view key, StoredRef response, Storage where) override;
  void Erase(std::string_view key) override;

 private:
  static constexpr size_t kMaxVariants = 16;
  struct Resource {
    std::string key;
    std::list<StoredRef> variants;  // newest first
    size_t bytes = 0;
  };
  using Order = std::list<Resource>;  // most recently used first

  void Drop(Order::iterator it) REQUIRES(mutex_);

  const size_t max_bytes_;
  const size_t max_keys_;
  Mutex mutex_;
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  Order order_ GUARDED_BY(mutex_);
  std::unordered_map<std::string_view, Order::iterator> by_key_ GUARDED_BY(mutex_);
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_RESPONSE_STORE_H_
