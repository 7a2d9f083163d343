// Many fetches in one call, and the offline switch, through the ABI.
#include <atomic>
#include <set>

#include "capi/records.h"
#include "support/http_server.h"

namespace tapps::capi {
namespace {

class FetchManyTest : public CacheTest {
 protected:
  FetchManyTest() {
    origin_.handlers().Get("/(.*)",
                           [this](const httplib::Request& request, httplib::Response& response) {
                             ++requests_;
                             response.set_header("Cache-Control", "max-age=600");
                             response.set_content(request.path, "text/plain");
                           });
    serving_ = origin_.Start();
    EXPECT_EQ(tapps_queue_open(cache(), &queue_, nullptr), TAPPS_OK);
  }
  ~FetchManyTest() override { tapps_queue_release(queue_); }

  std::string Lines(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += origin_.Url("/" + std::to_string(i)) + "\n";
    return lines;
  }

  test::HttpServer origin_;
  std::atomic<int> requests_ = 0;
  tapps_queue* queue_ = nullptr;
  test::HttpServer::Serving serving_;
};

TEST_F(FetchManyTest, ARecordComesForEveryLine) {
  std::vector<int64_t> ops(20);
  size_t count = 0;
  tapps_error* error = nullptr;
  ASSERT_EQ(tapps_queue_fetch_many(queue_, Lines(20).c_str(), nullptr, 3, 100, ops.data(),
                                   ops.size(), &count, &error),
            TAPPS_OK)
      << tapps_error_message(error);
  EXPECT_EQ(count, 20u);
  std::set<uint64_t> seen;
  for (const Record& record : Await(queue_, 20)) {
    EXPECT_EQ(record.code, TAPPS_OK) << record.error;
    EXPECT_EQ(record.kind, TAPPS_RECORD_FETCH);
    ASSERT_GE(record.user_data, 100u);
    const uint64_t place = record.user_data - 100;
    EXPECT_EQ(record.bytes, "/" + std::to_string(place));
    EXPECT_EQ(record.op, ops.at(place));
    seen.insert(place);
  }
  EXPECT_EQ(seen.size(), 20u);
  EXPECT_EQ(requests_, 20);
}

TEST_F(FetchManyTest, InOrderOnRequest) {
  tapps_fetch_options options{};
  options.struct_size = sizeof options;
  options.flags = TAPPS_FETCH_IN_ORDER;
  ASSERT_EQ(tapps_queue_fetch_many(queue_, Lines(30).c_str(), &options, 0, 0, nullptr, 0, nullptr,
                                   nullptr),
            TAPPS_OK);
  const std::vector<Record> records = Await(queue_, 30);
  for (size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].user_data, i);
}

TEST_F(FetchManyTest, WhatIsWrongIsSaidBeforeAnythingStarts) {
  const auto refused = [&](const char* urls, int64_t parallel, size_t capacity) {
    int64_t op = 0;
    tapps_error* error = nullptr;
    const int32_t code =
        tapps_queue_fetch_many(queue_, urls, nullptr, parallel, 0, &op, capacity, nullptr, &error);
    const std::string message = tapps_error_message(error);
    tapps_error_release(error);
    return std::string(tapps_code_name(code)) + ": " + message;
  };
  EXPECT_EQ(refused("http://h/\nftp://h/\n", 0, 2).substr(0, 24), "INVALID: line 2 of urls:");
  EXPECT_EQ(refused("http://h/\nhttp://h/", 0, 1),
            "INVALID: urls has 2 lines, and ops has room for 1");
  EXPECT_EQ(refused(nullptr, 0, 1).substr(0, 7), "INVALID");
  EXPECT_EQ(refused("http://h/", -3, 1).substr(0, 7), "INVALID");
  EXPECT_EQ(refused("", 0, 1).substr(0, 2), "OK");
  EXPECT_FALSE(Readable(queue_));
  EXPECT_EQ(requests_, 0);
}

TEST_F(FetchManyTest, OfflineAnswersWhatIsStoredUntilItIsSwitchedBack) {
  ASSERT_EQ(
      tapps_queue_fetch_many(queue_, Lines(1).c_str(), nullptr, 0, 0, nullptr, 0, nullptr, nullptr),
      TAPPS_OK);
  Await(queue_, 1);
  ASSERT_EQ(tapps_cache_set_offline(cache(), 1, nullptr), TAPPS_OK);
  ASSERT_EQ(
      tapps_queue_fetch_many(queue_, Lines(2).c_str(), nullptr, 1, 0, nullptr, 0, nullptr, nullptr),
      TAPPS_OK);
  std::vector<Record> records = Await(queue_, 2);
  EXPECT_EQ(records.at(0).bytes, "/0");
  EXPECT_EQ(records.at(1).code, TAPPS_E_OFFLINE);
  EXPECT_EQ(tapps_cache_set_offline(cache(), 2, nullptr), TAPPS_E_INVALID);
  ASSERT_EQ(tapps_cache_set_offline(cache(), 0, nullptr), TAPPS_OK);
  ASSERT_EQ(
      tapps_queue_fetch_many(queue_, Lines(2).c_str(), nullptr, 1, 0, nullptr, 0, nullptr, nullptr),
      TAPPS_OK);
  records = Await(queue_, 2);
  EXPECT_EQ(records.at(1).bytes, "/1");
}

}  // namespace
}  // namespace tapps::capi
