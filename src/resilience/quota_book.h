#ifndef TAPPS_RESILIENCE_QUOTA_BOOK_H_
#define TAPPS_RESILIENCE_QUOTA_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace tapps {

// How many calls a service still takes, and from whom: what it said itself (429, Retry-After,
// RateLimit fields). Bounded: of more than kMaxEntries callers, those whose wait ends first are
// forgotten. Times are monotonic; nothing is believed for longer than an hour. One thread at a
// time.
class QuotaBook {
 public:
  static constexpr uint64_t kEveryone = ~uint64_t{0};
  static constexpr int64_t kLongest = kHour;
  static constexpr size_t kMaxEntries = 64;

  // `who` (a hash of a credential, 0 for none) has `calls` left until `until`. What was known is
  // replaced, but a wait that was asked for (calls 0) is not cut short.
  void Limit(uint64_t who, int64_t calls, int64_t until, int64_t now);

  // How long `who` has to wait before the next call; 0: not at all.
  int64_t Wait(uint64_t who, int64_t now) const;
  // The longest of all waits.
  int64_t LongestWait(int64_t now) const;
  // `who` made a call.
  void Spend(uint64_t who);
  // Forgets what is over.
  void Prune(int64_t now);
  bool empty() const { return entries_.empty(); }
  void Clear() { entries_.clear(); }

 private:
  struct Entry {
    uint64_t who;
    int64_t calls;
    int64_t until;
  };
  std::vector<Entry> entries_;
};

}  // namespace tapps

#endif  // TAPPS_RESILIENCE_QUOTA_BOOK_H_
