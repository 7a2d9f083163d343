#include "cache/spaces.h"

namespace tapps {
namespace {

constexpr int64_t kNegativeTtl = 60 * kSecond;

}  // namespace

Status Spaces::Set(std::string_view space, const std::optional<SpaceOptions>& options) {
  MutexLock lock(mu_);
  const auto found = spaces_.find(space);
  if (!options) {
    if (found != spaces_.end()) spaces_.erase(found);
  } else if (found != spaces_.end()) {
    found->second = *options;
  } else {
    if (spaces_.size() >= kMax) {
      return Status(TAPPS_E_FULL, std::to_string(kMax) + " namespaces have defaults already");
    }
    spaces_.emplace(space, *options);
  }
  any_.store(!spaces_.empty(), std::memory_order_release);
  return {};
}

SpaceOptions Spaces::Find(std::string_view space) const {
  if (!any_.load(std::memory_order_acquire)) return {};
  MutexLock lock(mu_);
  const auto found = spaces_.find(space);
  return found == spaces_.end() ? SpaceOptions() : found->second;
}

PutOptions Spaces::Complete(std::string_view space, const PutOptions& given, int64_t ttl_us) const {
  PutOptions put = given;
  if (put.ttl_us != 0 && put.stale_us != 0) return put;
  const SpaceOptions own = Find(space);
  if (put.ttl_us == 0) {
    put.ttl_us = put.negative ? own.negative_ttl_us : own.ttl_us;
    if (put.ttl_us == 0) put.ttl_us = put.negative ? kNegativeTtl : ttl_us;
  }
  if (put.stale_us == 0) put.stale_us = own.stale_us == 0 ? int64_t{TAPPS_NONE} : own.stale_us;
  return put;
}

}  // namespace tapps
