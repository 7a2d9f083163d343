#ifndef TAPPS_DOCS_STALENESS_H_
#define TAPPS_DOCS_STALENESS_H_

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace tapps {

// How long the documentation of a library is taken for fresh, by whole words of its name: 7 days
// where an old page may do harm (security, auth, jwt, oauth, crypto), 14 days for testing tools,
// which move fast, else 30 days.
int64_t FreshFor(std::string_view library);

// How long after that a copy may stand in for a source that fails.
inline constexpr int64_t kStaleFor = 30 * kDay;
// How long a source is believed not to have a library.
inline constexpr int64_t kNotFoundFor = kMinute;

}  // namespace tapps

#endif  // TAPPS_DOCS_STALENESS_H_
