#ifndef TAPPS_HTTP_RESPONSE_STORE_H_
#define TAPPS_HTTP_RESPONSE_STORE_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "http/headers.h"
#include "http/rules.h"
#include "http/stored_response.h"

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
  };

  // kAgain: one more look of a call that has looked before, which is not counted. kMemory: without
  // reading a file; what is not found may be there nevertheless, but what is found is what kFirst
  // would find.
  enum class Look { kFirst, kAgain, kMemory };

  virtual ~ResponseStore() = default;
  // The response that these request fields select (RFC 9111 4.1). What was Put before is found.
  virtual Found Find(std::string_view key, const Headers& request, Look look) = 0;
  // Keeps the response in place of the one with the same selecting fields. kMemory ones never reach
  // a disk, nor do cookies that others set, unless that was asked for. False: refused at
  // once, being too large or more than the file takes now. A later failure is a miss later.
  virtual bool Put(std::string_view key, StoredRef response, Storage where) = 0;
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

}  // namespace tapps::http

#endif  // TAPPS_HTTP_RESPONSE_STORE_H_
