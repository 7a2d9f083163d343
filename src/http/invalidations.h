#ifndef TAPPS_HTTP_INVALIDATIONS_H_
#define TAPPS_HTTP_INVALIDATIONS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "base/hash.h"
#include "base/mutex.h"
#include "http/url.h"

namespace tapps::http {

// When requests of this process have changed what URLs stand for (RFC 9111 4.4). What was stored
// under credentials that the changing request did not have cannot be found to be erased, and what
// is under way when the change comes is not stored yet: both are known to be old by this. Any
// thread.
class Invalidations {
 public:
  void Note(const Url& url, int64_t now_us) {
    const uint64_t hash = Hash64(url.ToString());
    changed_us_[hash % changed_us_.size()].store(now_us, std::memory_order_relaxed);
    MutexLock lock(mutex_);
    const uint64_t count = count_.load(std::memory_order_relaxed);
    recent_[count % recent_.size()] = hash;
    count_.store(count + 1, std::memory_order_release);
  }
  // How many changes there were: a point in time for ChangedSince.
  uint64_t Count() const { return count_.load(std::memory_order_acquire); }
  // Whether the URL changed after that many changes. True, too, when so many others did since that
  // it is no longer known.
  bool ChangedSince(const Url& url, uint64_t count) const {
    if (Count() == count) return false;
    const uint64_t hash = Hash64(url.ToString());
    MutexLock lock(mutex_);
    const uint64_t end = count_.load(std::memory_order_relaxed);
    if (end - count > recent_.size()) return true;
    for (uint64_t i = count; i < end; ++i) {
      if (recent_[i % recent_.size()] == hash) return true;
    }
    return false;
  }
  // UTC of the last change; 0: none is known. URLs share places, so that another one's change may
  // make an answer look old that is not.
  int64_t ChangedAt(const Url& url) const {
    const uint64_t hash = Hash64(url.ToString());
    return changed_us_[hash % changed_us_.size()].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<int64_t>, 1024> changed_us_{};
  mutable Mutex mutex_;
  std::atomic<uint64_t> count_{0};
  std::array<uint64_t, 1024> recent_ GUARDED_BY(mutex_){};
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_INVALIDATIONS_H_
