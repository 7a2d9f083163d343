#include <algorithm>

#include "capi/handles.h"

using tapps::Clock;
using tapps::ValueInfo;
using tapps::capi::HandleOf;
using tapps::capi::Unwrap;

const void* tapps_value_data(const tapps_value* value, size_t* size) {
  if (size) *size = value ? Unwrap(value)->bytes().size() : 0;
  return value ? Unwrap(value)->bytes().data() : nullptr;
}

void tapps_value_info(const tapps_value* value, tapps_info* info) {
  if (!info) return;
  *info = tapps_info{};
  if (!value) return;
  const ValueInfo known = Unwrap(value)->info();
  info->version = known.version;
  info->created_us = known.created_us;
  info->expires_us = known.expires_us;
  info->stale_until_us = known.stale_until_us > known.expires_us ? known.stale_until_us : 0;
  info->size = static_cast<int64_t>(Unwrap(value)->bytes().size());
  info->tokens = known.tokens;
  info->served_from = known.served_from;
  info->flags = known.flags & (TAPPS_VALUE_STALE | TAPPS_VALUE_NEGATIVE);
  info->http_status = known.http_status;
  info->age_us = known.age_us;
  // Values of the cache are shared between calls: what depends on the time is worked out here.
  if (known.age_us >= 0) return;
  const int64_t now = Clock::Real().WallNow();
  info->age_us = known.created_us == 0 ? 0 : std::max<int64_t>(0, now - known.created_us);
  if (known.expires_us != 0 && now >= known.expires_us) info->flags |= TAPPS_VALUE_STALE;
}

const char* tapps_value_text(const tapps_value* value, int32_t text, size_t* size) {
  const std::string_view found = value ? Unwrap(value)->text(text) : std::string_view();
  if (size) *size = found.size();
  return found.data();
}

tapps_value* tapps_value_retain(tapps_value* value) {
  if (value) tapps::HeldValue::Retain(HandleOf(value));
  return value;
}

void tapps_value_release(tapps_value* value) {
  if (value) tapps::HeldValue::Release(HandleOf(value));
}
