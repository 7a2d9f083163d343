#include "http/http_date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/clock.h"
#include "http/text.h"

namespace tapps::http {
namespace {

using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

// Reads pieces off the front of a text; after a mismatch everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void Literal(std::string_view literal) {
    if (!rest_.starts_with(literal)) return Fail();
    rest_.remove_prefix(literal.size());
  }
  int Digits(size_t count) {
    const auto value = ParseDigits(rest_.substr(0, count), 9999);
    if (!value || rest_.size() < count) return Fail(), 0;
    rest_.remove_prefix(count);
    return static_cast<int>(*value);
  }
  // One of the names, or of their first `prefix` characters; returns its index.
  template <size_t N>
  int Name(const std::array<std::string_view, N>& names, size_t prefix) {
    for (size_t i = 0; i < N; ++i) {
      const std::string_view name = names[i].substr(0, prefix);
      if (EqualsIgnoreCase(rest_.substr(0, name.size()), name)) {
        rest_.remove_prefix(name.size());
        return static_cast<int>(i);
      }
    }
    return Fail(), 0;
  }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool Done() const { return ok_ && rest_.empty(); }

 private:
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

void ReadTime(Reader& reader, Parts* parts) {
  parts->hour = reader.Digits(2);
  reader.Literal(":");
  parts->minute = reader.Digits(2);
  reader.Literal(":");
  parts->second = reader.Digits(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
bool ReadImfFixdate(std::string_view text, Parts* parts) {
  Reader reader(text);
  reader.Name(kDays, 3);
  reader.Literal(", ");
  parts->day = reader.Digits(2);
  reader.Literal(" ");
  parts->month = reader.Name(kMonths, 3) + 1;
  reader.Literal(" ");
  parts->year = reader.Digits(4);
  reader.Literal(" ");
  ReadTime(reader, parts);
  reader.Literal(" GMT");
  return reader.Done();
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
bool ReadRfc850(std::string_view text, int this_year, Parts* parts) {
  Reader reader(text);
  reader.Name(kDays, std::string_view::npos);
  reader.Literal(", ");
  parts->day = reader.Digits(2);
  reader.Literal("-");
  parts->month = reader.Name(kMonths, 3) + 1;
  reader.Literal("-");
  parts->year = this_year / 100 * 100 + reader.Digits(2);
  if (parts->year > this_year + 50) parts->year -= 100;
  reader.Literal(" ");
  ReadTime(reader, parts);
  reader.Literal(" GMT");
  return reader.Done();
}

// "Sun Nov  6 08:49:37 1994"
bool ReadAsctime(std::string_view text, Parts* parts) {
  Reader reader(text);
  reader.Name(kDays, 3);
  reader.Literal(" ");
  parts->month = reader.Name(kMonths, 3) + 1;
  reader.Literal(" ");
  if (reader.Peek() == ' ') {
    reader.Literal(" ");
    parts->day = reader.Digits(1);
  } else {
    parts->day = reader.Digits(2);
  }
  reader.Literal(" ");
  ReadTime(reader, parts);
  reader.Literal(" ");
  parts->year = reader.Digits(4);
  return reader.Done();
}

int YearOf(int64_t time_us) {
  const auto days = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(time_us)));
  return static_cast<int>(year_month_day(days).year());
}

}  // namespace

std::optional<int64_t> ParseHttpDate(std::string_view text, int64_t now_us) {
  text = TrimSpace(text);
  Parts parts;
  if (!ReadImfFixdate(text, &parts) && !ReadRfc850(text, YearOf(now_us), &parts) &&
      !ReadAsctime(text, &parts)) {
    return std::nullopt;
  }
  const year_month_day date(year(parts.year),
                            std::chrono::month(static_cast<unsigned>(parts.month)),
                            std::chrono::day(static_cast<unsigned>(parts.day)));
  // 60 is a leap second (RFC 9110 5.6.7).
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  const int64_t days = sys_days(date).time_since_epoch().count();
  return days * kDay + parts.hour * kHour + parts.minute * kMinute + parts.second * kSecond;
}

std::string FormatHttpDate(int64_t time_us) {
  constexpr int64_t kYear0 = -62'167'219'200 * kSecond;
  constexpr int64_t kYear9999 = 253'402'300'799 * kSecond;
  const std::chrono::sys_time<std::chrono::microseconds> time{
      std::chrono::microseconds(std::clamp(time_us, kYear0, kYear9999))};
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date(days);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - days));
  char text[64];
  std::snprintf(
      text, sizeof text, "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
      kDays[std::chrono::weekday(days).c_encoding()].data(), static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace tapps::http
