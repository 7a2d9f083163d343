#include "http/quota_fields.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/http_date.h"
#include "http/text.h"

namespace tapps::http {
namespace {

constexpr int64_t kLongest = kHour;
constexpr int64_t kYearSeconds = 365 * 24 * 3600;

// The number at the start of the text, perhaps with a fraction; what does not fit is the largest.
// Nothing of what only begins like one ("2024-05-01").
std::optional<int64_t> Number(std::string_view text) {
  text = TrimSpace(text);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end == text.data() || number < 0) return std::nullopt;
  if (end != text.data() + text.size() &&
      std::string_view(".,; \t").find(*end) == std::string_view::npos) {
    return std::nullopt;
  }
  return error == std::errc::result_out_of_range ? INT64_MAX : number;
}

int64_t Seconds(int64_t seconds) { return std::min(seconds, kLongest / kSecond) * kSecond; }

// A member of "a=1, b=2" or "a=1;b=2".
std::optional<int64_t> Member(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const size_t end = std::min(field.find_first_of(",;"), field.size());
    const std::string_view member = TrimSpace(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    const size_t equals = member.find('=');
    if (equals != std::string_view::npos && TrimSpace(member.substr(0, equals)) == name) {
      return Number(member.substr(equals + 1));
    }
  }
  return std::nullopt;
}

std::optional<QuotaNews> Left(std::optional<int64_t> remaining, std::optional<int64_t> reset,
                              int64_t now_us) {
  if (!remaining || !reset) return std::nullopt;
  int64_t seconds = *reset;
  if (seconds > kYearSeconds) seconds = std::max<int64_t>(0, seconds - now_us / kSecond);
  if (seconds == 0) return std::nullopt;
  return QuotaNews{*remaining, Seconds(seconds), false};
}

}  // namespace

std::optional<int64_t> RetryAfter(const Headers& headers, int64_t now_us) {
  const auto field = headers.Get("Retry-After");
  if (!field) return std::nullopt;
  const std::string_view text = TrimSpace(*field);
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    return Seconds(Number(text).value_or(INT64_MAX));
  }
  const std::optional<int64_t> date = ParseHttpDate(text, now_us);
  if (!date) return std::nullopt;
  return std::clamp<int64_t>(*date - now_us, 0, kLongest);
}

std::optional<QuotaNews> ReadQuota(int32_t status, const Headers& headers, int64_t now_us) {
  if (status == 429 || status == 503) {
    const std::optional<int64_t> wait = RetryAfter(headers, now_us);
    if (wait && *wait > 0) return QuotaNews{0, *wait, status == 503};
  }
  std::optional<QuotaNews> news;
  if (const auto field = headers.Get("RateLimit")) {
    news = Left(Member(*field, "r"), Member(*field, "t"), now_us);
    if (!news) news = Left(Member(*field, "remaining"), Member(*field, "reset"), now_us);
  }
  for (const char* prefix : {"RateLimit-", "X-RateLimit-"}) {
    if (news) break;
    const auto remaining = headers.Get(std::string(prefix) + "Remaining");
    const auto reset = headers.Get(std::string(prefix) + "Reset");
    if (remaining && reset) news = Left(Number(*remaining), Number(*reset), now_us);
  }
  if (news && status == 429) news->calls = 0;
  return news;
}

}  // namespace tapps::http
