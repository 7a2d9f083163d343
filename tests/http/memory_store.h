#ifndef TAPPS_TESTS_HTTP_MEMORY_STORE_H_
#define TAPPS_TESTS_HTTP_MEMORY_STORE_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/response_store.h"
#include "http/vary.h"

namespace tapps::http {

// Whether the request selects the stored response: it has the same selecting fields, or prefers the
// language of the response and agrees in the rest.
inline bool Selects(const Headers& request, const StoredResponse& stored) {
  const std::string vary = stored.headers.Combined("Vary").value_or("");
  if (std::count(vary.begin(), vary.end(), '*') > 0) return false;
  const Headers selecting = SelectingFields(request, stored.headers);
  if (selecting.text() == stored.selecting.text()) return true;
  const auto language = NegotiatedLanguage(stored.headers);
  return language && language == PreferredLanguage(request) &&
         SelectingByLanguage(selecting, *language).text() ==
             SelectingByLanguage(stored.selecting, *language).text();
}

// Responses for as long as the test runs.
class MemoryStore : public ResponseStore {
 public:
  Found Find(std::string_view key, const Headers& request, Look) override {
    MutexLock lock(mutex_);
    for (const StoredRef& one : responses_[std::string(key)]) {
      if (Selects(request, *one)) return {one, TAPPS_FROM_MEMORY};
    }
    return {};
  }
  bool Put(std::string_view key, StoredRef response, Storage) override {
    MutexLock lock(mutex_);
    auto& all = responses_[std::string(key)];
    std::erase_if(all, [&](const StoredRef& one) {
      return one->headers.Combined("Vary") == response->headers.Combined("Vary") &&
             one->selecting.text() == response->selecting.text();
    });
    all.insert(all.begin(), std::move(response));
    return true;
  }
  void Erase(std::string_view key) override {
    MutexLock lock(mutex_);
    responses_.erase(std::string(key));
  }

 private:
  Mutex mutex_;
  std::unordered_map<std::string, std::vector<StoredRef>> responses_ GUARDED_BY(mutex_);
};

}  // namespace tapps::http

#endif  // TAPPS_TESTS_HTTP_MEMORY_STORE_H_
