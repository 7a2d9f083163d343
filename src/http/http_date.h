#ifndef TAPPS_HTTP_HTTP_DATE_H_
#define TAPPS_HTTP_HTTP_DATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tapps::http {

// An HTTP-date in any of its three forms (RFC 9110 5.6.7) as microseconds UTC since 1970; nullopt
// when it is none. Names of days and months are read without case; the day of the week is not
// checked against the date. A two-digit year that seems more than 50 years after now_us is one of
// the last century.
std::optional<int64_t> ParseHttpDate(std::string_view text, int64_t now_us);

// "Sun, 06 Nov 1994 08:49:37 GMT". Instants outside the years 0 to 9999 are clamped.
std::string FormatHttpDate(int64_t time_us);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_HTTP_DATE_H_
