#include "http/rules.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "http/http_date.h"

namespace tapps::http {
namespace {

constexpr int64_t kThen = 1'750'000'000 * kSecond;  // when the stored response came

Headers Fields(const std::vector<std::string>& lines) {
  Headers headers;
  for (const std::string& line : lines) headers.AddLine(line);
  return headers;
}

std::string At(const char* name, int64_t seconds) {
  return std::string(name) + ": " + FormatHttpDate(kThen + seconds * kSecond);
}

StoredResponse Stored(const std::vector<std::string>& lines, int32_t status = 200) {
  StoredResponse stored;
  stored.status = status;
  stored.headers = Fields(lines);
  stored.request_time_us = stored.response_time_us = kThen;
  return stored;
}

TEST(RulesTest, FreshnessLifetime) {
  const struct {
    const char* why;
    std::vector<std::string> headers;
    int64_t seconds;
    int32_t status = 200;
  } kCases[] = {
      {"4.2.1 max-age", {"Cache-Control: max-age=60"}, 60},
      {"5.3 max-age overrides Expires", {"Cache-Control: max-age=60", At("Expires", 999)}, 60},
      {"5.3 max-age=0 overrides Expires", {"Cache-Control: max-age=0", At("Expires", 999)}, 0},
      {"5.2.2.10 s-maxage is not for us", {"Cache-Control: s-maxage=99, max-age=60"}, 60},
      {"5.2.2.10 s-maxage alone", {"Cache-Control: s-maxage=99"}, 0},
      {"5.3 Expires - Date", {At("Date", -10), At("Expires", 50)}, 60},
      {"5.3 Expires without Date", {At("Expires", 50)}, 50},
      {"5.3 Expires with a bad Date", {"Date: foo", At("Expires", 50)}, 50},
      {"5.3 Expires in the past", {At("Date", 0), At("Expires", -50)}, 0},
      {"5.3 an Expires that is no date", {"Expires: 0"}, 0},
      {"5.3 a bad Expires forbids heuristics", {"Expires: 0", At("Last-Modified", -1000)}, 0},
      {"4.2.2 a tenth since Last-Modified", {At("Date", 0), At("Last-Modified", -1000)}, 100},
      {"4.2.2 bounded", {At("Last-Modified", -100'000'000)}, 86'400},
      {"4.2.2 Last-Modified in the future", {At("Last-Modified", 1000)}, 0},
      {"4.2.2 no validator, no guess", {At("Date", 0)}, 0},
      {"4.2.2 status 404", {At("Last-Modified", -1000)}, 100, 404},
      {"4.2.2 status 500 is not heuristic", {At("Last-Modified", -1000)}, 0, 500},
      {"4.2.2 but public makes it so",
       {"Cache-Control: public", At("Last-Modified", -1000)},
       100,
       500},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(FreshnessLifetime(Stored(one.headers, one.status), RuleOptions()),
              one.seconds * kSecond)
        << one.why;
  }
}

TEST(RulesTest, CurrentAge) {
  constexpr int64_t kOld = CacheControl::kMaxDelta / kSecond;
  const struct {
    const char* why;
    std::vector<std::string> headers;
    int64_t later;
    int64_t seconds;
  } kCases[] = {
      {"4.2.3 time spent here", {}, 30, 30},
      {"4.2.3 Age of other caches", {"Age: 100"}, 30, 130},
      {"4.2.3 apparent age", {At("Date", -200), "Age: 100"}, 30, 230},
      {"4.2.3 a Date in the future", {At("Date", 200)}, 30, 30},
      {"5.1 the first of a list counts", {"Age: 100,7"}, 0, 100},
      {"5.1 several lines: old", {"Age: 0", "Age: 100"}, 0, kOld},
      {"5.1 several lines joined: old", {"Age: 0, 0"}, 0, kOld},
      {"5.1 no number: old", {"Age: foo"}, 0, kOld},
      {"5.1 negative: old", {"Age: -100"}, 0, kOld},
      {"5.1 a fraction: old", {"Age: 100.0"}, 0, kOld},
      {"clock set back a little", {}, -30, 0},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(CurrentAge(Stored(one.headers), kThen + one.later * kSecond), one.seconds * kSecond)
        << one.why;
  }
  StoredResponse slow = Stored({"Age: 10"});
  slow.request_time_us = kThen - 5 * kSecond;
  EXPECT_EQ(CurrentAge(slow, kThen), 15 * kSecond) << "4.2.3 the exchange itself took time";
  EXPECT_EQ(CurrentAge(Stored({}), kThen - kHour), CacheControl::kMaxDelta) << "clock set back";
}

TEST(RulesTest, Judgement) {
  const Use F = Use::kFresh, M = Use::kMaxStale, W = Use::kStaleWhileRevalidate,
            R = Use::kRevalidate;
  const struct {
    const char* why;
    const char* request;   // Cache-Control
    const char* response;  // Cache-Control
    int64_t later;
    Use use;
    bool on_error;
    bool offline;
  } kCases[] = {
      {"4.2 fresh", "", "max-age=60", 59, F, true, true},
      {"4.2 stale at its lifetime", "", "max-age=60", 60, R, true, true},
      {"5861-4 a day if nobody says", "", "max-age=60", 60 + 86'400, R, true, true},
      {"5861-4 and no more", "", "max-age=60", 61 + 86'400, R, false, true},
      {"5861-4 response's window", "", "max-age=60, stale-if-error=10", 70, R, true, true},
      {"5861-4 past it", "", "max-age=60, stale-if-error=10", 71, R, false, true},
      {"5861-4 request's window wins", "stale-if-error=5", "max-age=60, stale-if-error=10", 66, R,
       false, true},
      {"5861-3 window", "", "max-age=60, stale-while-revalidate=10", 70, W, true, true},
      {"5861-3 past it", "", "max-age=60, stale-while-revalidate=10", 71, R, true, true},
      {"5.2.2.4 no-cache", "", "max-age=60, no-cache", 1, R, false, false},
      {"5.2.2.4 no-cache beats windows", "",
       "max-age=60, no-cache, stale-while-revalidate=99, stale-if-error=99", 61, R, false, false},
      {"5.2.2.2 must-revalidate while fresh", "", "max-age=60, must-revalidate", 59, F, true, true},
      {"5.2.2.2 must-revalidate stale", "",
       "max-age=60, must-revalidate, stale-while-revalidate=99", 61, R, false, false},
      {"5.2.2.2 nor max-stale", "max-stale", "max-age=60, must-revalidate", 61, R, false, false},
      {"5.2.1.4 request no-cache", "no-cache", "max-age=60", 1, R, false, true},
      {"5.2.1.1 request max-age", "max-age=10", "max-age=60", 10, F, true, true},
      {"5.2.1.1 request max-age passed", "max-age=10", "max-age=60", 11, R, true, true},
      {"5.2.1.1 request max-age takes no window", "max-age=90",
       "max-age=60, stale-while-revalidate=99", 61, R, true, true},
      {"5.2.1.2 max-stale", "max-stale=10", "max-age=60", 70, M, true, true},
      {"5.2.1.2 max-stale passed", "max-stale=10", "max-age=60", 71, R, true, true},
      {"5.2.1.2 any", "max-stale", "max-age=60", 9999, M, true, true},
      {"5.2.1.3 min-fresh", "min-fresh=10", "max-age=60", 50, F, true, true},
      {"5.2.1.3 min-fresh missed", "min-fresh=10", "max-age=60", 51, R, true, true},
      {"8246 immutable goes stale too", "", "max-age=60, immutable", 61, R, true, true},
      {"nothing said", "", "", 0, R, true, true},
  };
  for (const auto& one : kCases) {
    const auto request = CacheControl::Of(Fields({std::string("Cache-Control: ") + one.request}));
    const StoredResponse stored = Stored({std::string("Cache-Control: ") + one.response});
    const Verdict verdict = Judge(request, stored, kThen + one.later * kSecond, RuleOptions());
    EXPECT_EQ(static_cast<int>(verdict.use), static_cast<int>(one.use)) << one.why;
    EXPECT_EQ(verdict.usable_on_error, one.on_error) << one.why;
    EXPECT_EQ(verdict.usable_offline, one.offline) << one.why;
  }
}

TEST(RulesTest, AnImposedLifetimeCountsFromTheLastValidation) {
  RuleOptions options;
  options.ttl_us = 10 * kSecond;
  const StoredResponse stored = Stored({"Cache-Control: max-age=1, no-cache", "Age: 500"});
  EXPECT_EQ(Judge({}, stored, kThen + 9 * kSecond, options).use, Use::kFresh);
  EXPECT_EQ(Judge({}, stored, kThen + 10 * kSecond, options).use, Use::kRevalidate);
}

TEST(RulesTest, WhatMayBeStored) {
  const Storage No = Storage::kNone, Yes = Storage::kAnywhere, Memory = Storage::kMemory;
  const struct {
    const char* why;
    const char* method;
    std::vector<std::string> request;
    bool credentials;
    int32_t status;
    std::vector<std::string> response;
    Storage storage;
  } kCases[] = {
      {"3 heuristic status", "GET", {}, false, 200, {}, Yes},
      {"3 explicit lifetime", "GET", {}, false, 299, {"Cache-Control: max-age=1"}, Yes},
      {"3 Expires", "GET", {}, false, 500, {"Expires: 0"}, Yes},
      {"3 private", "GET", {}, false, 302, {"Cache-Control: private"}, Yes},
      {"3 s-maxage is not explicit here", "GET", {}, false, 302, {"Cache-Control: s-maxage=9"}, No},
      {"3 other status", "GET", {}, false, 302, {}, No},
      {"3 201 without a lifetime", "GET", {}, false, 201, {}, No},
      {"3 503 without a lifetime", "GET", {}, false, 503, {}, No},
      {"5.2.2.5 no-store", "GET", {}, false, 200, {"Cache-Control: no-store, max-age=9"}, No},
      {"5.2.1.5 request no-store", "GET", {"Cache-Control: no-store"}, false, 200, {}, No},
      {"5.2.2.3 must-understand, understood",
       "GET",
       {},
       false,
       200,
       {"Cache-Control: must-understand, no-store, max-age=9"},
       Yes},
      {"5.2.2.3 must-understand, not understood",
       "GET",
       {},
       false,
       599,
       {"Cache-Control: must-understand, max-age=9"},
       No},
      {"3.3 partial", "GET", {}, false, 206, {"Cache-Control: max-age=9"}, No},
      {"3.3 the whole in place of a part", "GET", {"Range: bytes=0-1"}, false, 200, {}, Yes},
      {"3.3 the part that was asked for",
       "GET",
       {"Range: bytes=0-1"},
       false,
       206,
       {"Content-Range: bytes 0-1/9"},
       Yes},
      {"3.3 a part without saying which", "GET", {"Range: bytes=0-1"}, false, 206, {}, No},
      {"9110-9.3.3 POST that names itself",
       "POST",
       {},
       false,
       200,
       {"Content-Location: /", "Cache-Control: max-age=9"},
       Yes},
      {"4.3.4 304 is no response of its own",
       "GET",
       {},
       false,
       304,
       {"Cache-Control: max-age=9"},
       No},
      {"3 interim", "GET", {}, false, 103, {"Cache-Control: max-age=9"}, No},
      {"3 method", "POST", {}, false, 200, {"Cache-Control: max-age=9"}, No},
      {"3 method HEAD", "HEAD", {}, false, 200, {"Cache-Control: max-age=9"}, No},
      {"4.1 Vary: *", "GET", {}, false, 200, {"Vary: a, *", "Cache-Control: max-age=9"}, No},
      {"credentials stay in memory", "GET", {}, true, 200, {"Cache-Control: max-age=9"}, Memory},
      {"credentials and no-store", "GET", {}, true, 200, {"Cache-Control: no-store"}, No},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(static_cast<int>(MayStore(one.method, Fields(one.request), one.credentials,
                                        one.status, Fields(one.response))),
              static_cast<int>(one.storage))
        << one.why;
  }
}

TEST(RulesTest, FieldsOfTheConnectionAreNotStored) {
  const Headers response = Fields({"A: 1", "Connection: close, X-Hop", "Keep-Alive: 5", "X-Hop: 1",
                                   "Transfer-Encoding: x", "Set-Cookie: s=1", "a: 2",
                                   "Proxy-Authenticate: x", "Upgrade: h2c"});
  EXPECT_EQ(StoredFields(response).text(), "A: 1\r\nSet-Cookie: s=1\r\na: 2\r\n");
}

// Reading the list of Connection anew for each field took minutes for this one.
TEST(RulesTest, ALongListOfConnectionFieldsIsReadOnce) {
  std::vector<std::string> lines = {"Connection: "};
  for (int i = 0; i < 50'000; ++i) {
    lines.front() += "x" + std::to_string(i) + ",";
    lines.push_back("x" + std::to_string(i) + ": 1");
  }
  lines.emplace_back("Kept: 1");
  EXPECT_EQ(StoredFields(Fields(lines)).text(), "Kept: 1\r\n");
}

TEST(RulesTest, ASharedCacheObeysWhatIsForIt) {
  RuleOptions shared;
  shared.shared = true;
  const auto store = [&](const std::vector<std::string>& request,
                         const std::vector<std::string>& response) {
    return MayStore("GET", Fields(request), false, 200, Fields(response), shared) != Storage::kNone;
  };
  EXPECT_EQ(FreshnessLifetime(Stored({"Cache-Control: max-age=60, s-maxage=99"}), shared),
            99 * kSecond);
  EXPECT_FALSE(store({}, {"Cache-Control: private, max-age=60"})) << "5.2.2.7";
  EXPECT_FALSE(store({}, {"Cache-Control: private=\"X-User\", max-age=60"})) << "5.2.2.7";
  EXPECT_TRUE(store({}, {"Cache-Control: s-maxage=60"})) << "5.2.2.10";
  EXPECT_FALSE(store({"Authorization: x"}, {"Cache-Control: max-age=60"})) << "3.5";
  for (const char* permits : {"public", "must-revalidate", "s-maxage=60"}) {
    EXPECT_TRUE(store({"Authorization: x"}, {std::string("Cache-Control: max-age=60, ") + permits}))
        << permits;
  }
  for (const char* forbids : {"proxy-revalidate", "s-maxage=60"}) {
    const StoredResponse stored = Stored({std::string("Cache-Control: max-age=60, ") + forbids});
    EXPECT_FALSE(Judge({}, stored, kThen + 61 * kSecond, shared).usable_on_error) << forbids;
    EXPECT_TRUE(Judge({}, stored, kThen + 61 * kSecond, RuleOptions()).usable_on_error) << forbids;
  }
}

TEST(RulesTest, AFreshImmutableResponseIsNotReloaded) {
  CacheControl reload;
  reload.max_age = 0;
  const StoredResponse stored = Stored({"Cache-Control: max-age=60, immutable"});
  EXPECT_EQ(Judge(reload, stored, kThen + 59 * kSecond, {}).use, Use::kFresh) << "8246-2";
  EXPECT_EQ(Judge(reload, stored, kThen + 61 * kSecond, {}).use, Use::kRevalidate);
  reload.no_cache = true;
  EXPECT_EQ(Judge(reload, stored, kThen + 59 * kSecond, {}).use, Use::kRevalidate);
}

// Whatever comes in fields, the rules come to an answer that keeps their promises.
TEST(RulesTest, FieldsAtRandomNeverServeWhatIsForbidden) {
  const std::vector<std::string> parts = {
      "max-age",         "=",      "60",      ",",  "no-cache",
      "must-revalidate", " ",      "\"",      "-1", "9999999999999",
      "no-store",        "public", "private", ";",  "stale-if-error",
      "immutable",       "\\",     "\xff"};
  std::mt19937_64 random(20260101);
  for (int round = 0; round < 20'000; ++round) {
    std::string value;
    for (uint64_t i = random() % 9; i > 0; --i) value += parts[random() % parts.size()];
    const std::string other = parts[random() % parts.size()] + parts[random() % parts.size()];
    const StoredResponse stored =
        Stored({"Cache-Control: " + value, "Age: " + other, "Expires: " + other, "Vary: " + other});
    const CacheControl cc = CacheControl::Of(stored.headers);
    const int64_t later = static_cast<int64_t>(random() % 200'000) * kSecond;
    const Verdict verdict = Judge({}, stored, kThen + later, {});
    ASSERT_GE(verdict.age_us, later) << value;
    ASSERT_LE(verdict.lifetime_us, CacheControl::kMaxDelta) << value;
    ASSERT_GE(verdict.lifetime_us, 0) << value;
    if (cc.no_cache) {
      ASSERT_EQ(verdict.use, Use::kRevalidate) << value;
    }
    if (verdict.use == Use::kFresh) {
      ASSERT_GT(verdict.lifetime_us, verdict.age_us) << value;
    }
    if (cc.must_revalidate && !verdict.fresh()) {
      ASSERT_FALSE(verdict.usable_on_error) << value;
    }
    if (cc.no_store && !cc.must_understand) {
      ASSERT_EQ(MayStore("GET", {}, false, 200, stored.headers), Storage::kNone) << value;
    }
  }
}

TEST(RulesTest, KindsOfMethodsAndStatuses) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE"}) EXPECT_TRUE(IsSafeMethod(method));
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "get"}) {
    EXPECT_FALSE(IsSafeMethod(method)) << method;
  }
  for (const int status : {301, 302, 303, 307, 308}) EXPECT_TRUE(IsRedirect(status)) << status;
  for (const int status : {200, 300, 304, 305, 306, 309})
    EXPECT_FALSE(IsRedirect(status)) << status;
  for (const int status : {500, 502, 503, 504}) EXPECT_TRUE(IsOriginFailure(status)) << status;
  for (const int status : {200, 404, 429, 501, 505})
    EXPECT_FALSE(IsOriginFailure(status)) << status;
}

}  // namespace
}  // namespace tapps::http
