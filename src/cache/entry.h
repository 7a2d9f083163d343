#ifndef TAPPS_CACHE_ENTRY_H_
#define TAPPS_CACHE_ENTRY_H_

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/value.h"
#include "cache/options.h"
#include "storage/write_queue.h"

namespace tapps {

// Among the flags of a value: it was put with TAPPS_DURABILITY_MEMORY into a cache with a file,
// which has nothing of its key. No host sees it.
inline constexpr uint32_t kMemoryOnly = 1u << 7;

inline constexpr int64_t kForever = (int64_t{1} << 53) - 1;

inline Key Normal(Key key) { return {key.space.empty() ? "default" : key.space, key.bytes}; }

// `us` from `now`, saturating; us < 0: for ever.
inline int64_t After(int64_t now, int64_t us) {
  return us < 0 || us >= kForever - now ? kForever : now + us;
}

// Whether an entry's lifetime has ended; its stale window may still be open.
inline bool Expired(const ValueInfo& info, int64_t now) {
  return info.expires_us != 0 && now >= info.expires_us;
}

// Whether nobody may be served an entry any more.
inline bool Dead(const ValueInfo& info, int64_t now) {
  return info.expires_us != 0 && now >= std::max(info.expires_us, info.stale_until_us);
}

inline bool Negative(const ValueInfo& info) { return (info.flags & TAPPS_VALUE_NEGATIVE) != 0; }

inline storage::Record MakeRecord(storage::Record::Kind kind, uint64_t hash, Key key,
                                  ValueRef value) {
  storage::Record record;
  record.kind = kind;
  record.hash = hash;
  record.space = key.space;
  record.key = key.bytes;
  record.value = std::move(value);
  return record;
}

}  // namespace tapps

#endif  // TAPPS_CACHE_ENTRY_H_
