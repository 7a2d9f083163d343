#include "resilience/quota_book.h"

#include <algorithm>

namespace tapps {

void QuotaBook::Limit(uint64_t who, int64_t calls, int64_t until, int64_t now) {
  Prune(now);
  until = std::min(until, now + kLongest);
  if (until <= now) return;
  calls = std::max<int64_t>(calls, 0);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [who](const Entry& entry) { return entry.who == who; });
  if (found != entries_.end()) {
    const bool asked_to_wait = found->calls == 0 && found->until >= until;
    if (!asked_to_wait) *found = {who, calls, until};
    return;
  }
  if (entries_.size() >= kMaxEntries) {
    entries_.erase(
        std::min_element(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.until < b.until; }));
  }
  entries_.push_back({who, calls, until});
}

int64_t QuotaBook::Wait(uint64_t who, int64_t now) const {
  int64_t wait = 0;
  for (const Entry& entry : entries_) {
    if ((entry.who == who || entry.who == kEveryone) && entry.calls == 0) {
      wait = std::max(wait, entry.until - now);
    }
  }
  return wait;
}

int64_t QuotaBook::LongestWait(int64_t now) const {
  int64_t wait = 0;
  for (const Entry& entry : entries_) {
    if (entry.calls == 0) wait = std::max(wait, entry.until - now);
  }
  return wait;
}

void QuotaBook::Spend(uint64_t who) {
  for (Entry& entry : entries_) {
    if ((entry.who == who || entry.who == kEveryone) && entry.calls > 0) --entry.calls;
  }
}

void QuotaBook::Prune(int64_t now) {
  std::erase_if(entries_, [now](const Entry& entry) { return entry.until <= now; });
}

}  // namespace tapps
