#ifndef TAPPS_HTTP_INVALIDATIONS_H_
#define TAPPS_HTTP_INVALIDATIONS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "base/hash.h"
#include "http/url.h"

namespace tapps::http {

// When requests of this process have changed what URLs stand for (RFC 9111 4.4). What was stored
// under credentials that the changing request did not have cannot be found to be erased, and what
// is under way when the change comes is not stored yet: both are known to be old by this. URLs
// share places, so that another one's change may make an answer look old that is not. Any thread.
class Invalidations {
 public:
  void Note(const Url& url, int64_t now_us) {
    Place& place = PlaceOf(url);
    place.changed_us.store(now_us, std::memory_order_relaxed);
    place.epoch.fetch_add(1, std::memory_order_release);
  }
  // Another one after every change.
  uint32_t EpochOf(const Url& url) const {
    return PlaceOf(url).epoch.load(std::memory_order_acquire);
  }
  // UTC of the last change; 0: none is known.
  int64_t ChangedAt(const Url& url) const {
    return PlaceOf(url).changed_us.load(std::memory_order_relaxed);
  }

 private:
  struct Place {
    std::atomic<uint32_t> epoch{0};
    std::atomic<int64_t> changed_us{0};
  };
  const Place& PlaceOf(const Url& url) const {
    return places_[Hash64(url.ToString()) % places_.size()];
  }
  Place& PlaceOf(const Url& url) { return places_[Hash64(url.ToString()) % places_.size()]; }

  std::array<Place, 1024> places_;
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_INVALIDATIONS_H_
