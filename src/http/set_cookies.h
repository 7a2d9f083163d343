#ifndef TAPPS_HTTP_SET_COOKIES_H_
#define TAPPS_HTTP_SET_COOKIES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "http/headers.h"

namespace tapps::http {

// The header fields of stored responses that set cookies, which are kept in this process's memory
// only: the entry on disk has them without Set-Cookie. Bounded: when it is full, all are forgotten,
// and the responses are served without their cookies. Any thread.
class SetCookies {
 public:
  static constexpr size_t kMaxBytes = 1024 * 1024;

  // Keeps the complete fields of the response that came at that time and is stored under the key.
  void Keep(const std::string& key, int64_t response_time_us, const Headers& complete);
  // Puts them in place of the stored ones when they are of the same response.
  void Restore(const std::string& key, int64_t response_time_us, Headers* fields);
  // Whether there are any such fields; if so, without them.
  static bool Remove(Headers* fields);

 private:
  struct Kept {
    int64_t response_time_us;
    Headers complete;
  };
  Mutex mutex_;
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, Kept> kept_ GUARDED_BY(mutex_);
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_SET_COOKIES_H_
