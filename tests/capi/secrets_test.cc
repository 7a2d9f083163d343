// Secrets go in by every door there is; then all that outlives the requests, and all that tells of
// them, is searched: database, WAL, copies, keys, events, errors, warnings, statistics.
#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "capi/records.h"
#include "support/raw_server.h"

namespace tapps::capi {
namespace {

constexpr char kSecret[] = "Xyzzy7";
// As user info, and as what that becomes in a field: "user:Xyzzy7", and "Xyzzy7:".
constexpr const char* kEncoded[] = {"dXNlcjpYeXp6eTc", "WHl6enk3", "%58yzzy7"};

std::string Around(std::string before, std::string_view after = "") {
  return before.append(kSecret).append(after);
}

class SecretsTest : public CacheTest {
 protected:
  SecretsTest() : events_(OpenQueue()) {
    EXPECT_EQ(tapps_queue_subscribe(events_.get(), 2 | 4, nullptr), TAPPS_OK);
  }

  static std::string AnswerTo(const std::string& request) {
    if (request.find("/limited") != std::string::npos) {
      return Around("HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nX-Echo: ",
                    "\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n");
    }
    if (request.find("/moved") != std::string::npos) {
      return Around("HTTP/1.1 301 Moved\r\nCache-Control: max-age=60\r\nLocation: /to?token=",
                    "\r\nContent-Length: 0\r\n\r\n");
    }
    return Around(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"1\"\r\n"
        "Vary: Cookie, Authorization, X-Api-Key\r\nSet-Cookie: s=",
        "; HttpOnly\r\nContent-Length: 4\r\n\r\nbody");
  }

  void Tell(const Answer& answer) {
    told_ += answer.error + "\n" + answer.text(TAPPS_TEXT_WARNING) + "\n" +
             answer.text(TAPPS_TEXT_CACHE_STATUS) + "\n";
    answered_ += answer.code == TAPPS_OK ? 1 : 0;
  }
  // By both ways there are.
  void Ask(const std::string& url, const std::string& header = "") {
    tapps_fetch_options options{};
    options.struct_size = sizeof options;
    options.headers = header.c_str();
    options.timeout_us = 5'000'000;
    Tell(capi::Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_fetch(cache(), url.c_str(), &options, value, data, size, err);
    }));
    const QueueHandle queue = OpenQueue();
    ASSERT_EQ(tapps_queue_fetch(queue.get(), url.c_str(), &options, 0, nullptr, nullptr), TAPPS_OK);
    for (const Record& record : Await(queue.get(), 1)) told_ += record.error + "\n";
  }
  void AskByAllDoors(const std::string& base, const std::string& authority) {
    for (const char* field : {"Authorization: Bearer ", "Cookie: sid=", "Proxy-Authorization: ",
                              "X-Api-Key: ", "X-Auth-Token: ", "X-Amz-Signature: "}) {
      Ask(base + "/", field + std::string(kSecret));
    }
    Ask(Around("http://user:", "@" + authority + "/"));
    Ask(Around("http://", "@" + authority + "/"));
    Ask("http://user:%58yzzy7@" + authority + "/");
    for (const char* query :
         {"?token=", "?a=1&api_key=", "?X-Amz-Signature=", "?sig=", "?TOKEN="}) {
      Ask(base + "/" + query + kSecret);
    }
  }

  void TellJson(int32_t (*call)(tapps_cache*, tapps_value**, const void**, size_t*,
                                tapps_error**)) {
    const Answer answer = capi::Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return call(cache(), value, data, size, err);
    });
    EXPECT_EQ(answer.code, TAPPS_OK) << answer.error;
    told_ += answer.bytes + "\n";
  }
  // All keys and texts of the library's own namespaces.
  void TellEntries() {
    for (const char* space : {"tapps.http", "tapps.breakers", "tapps.docs"}) {
      tapps_cursor* opened = nullptr;
      ASSERT_EQ(tapps_cursor_open(cache(), space, nullptr, 0, &opened, nullptr), TAPPS_OK);
      const CursorHandle cursor(opened);
      tapps_entry entry;
      while (tapps_cursor_next(cursor.get(), &entry, nullptr) == TAPPS_OK) {
        told_ += std::string(static_cast<const char*>(entry.key), entry.key_size) + "\n";
      }
    }
  }
  std::string Files() {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(dir_.path())) {
      all += file.path().filename().string() + test::ReadFile(file.path());
    }
    return all;
  }
  void ExpectNoSecret() {
    EXPECT_EQ(tapps_cache_flush(cache(), 0, nullptr), TAPPS_OK);
    EXPECT_EQ(tapps_cache_backup(cache(), dir_.File("copy.db").c_str(), nullptr), TAPPS_OK);
    TellJson(tapps_cache_stats);
    TellJson(tapps_cache_survey);
    TellEntries();
    for (const Record& record : Drain(events_.get(), 4096)) {
      events_seen_ += record.kind == TAPPS_EVENT_BREAKER ? 1 : 0;
      told_ += record.bytes + record.error + "\n";
    }
    std::vector<std::string> secrets(std::begin(kEncoded), std::end(kEncoded));
    secrets.emplace_back(kSecret);
    const std::string files = Files();  // with the WAL, as the cache is open
    for (const std::string& secret : secrets) {
      EXPECT_EQ(files.find(secret), std::string::npos) << secret << " is in a file";
      EXPECT_EQ(told_.find(secret), std::string::npos) << told_;
    }
    // Closed, all of it is in the database.
    EXPECT_EQ(tapps_cache_close(cache(), 0, nullptr), TAPPS_OK);
    EXPECT_EQ(Files().find(kSecret), std::string::npos);
  }

  const QueueHandle events_;
  std::string told_;
  int answered_ = 0;
  int events_seen_ = 0;
};

TEST_F(SecretsTest, NoneIsFoundAnywhere) {
  std::atomic<bool> up = true;
  test::RawServer origin([&](test::RawServer::Connection& peer) {
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      if (!up) return peer.Reset();
      peer.Write(AnswerTo(request));
    }
  });
  const std::string authority = "127.0.0.1:" + std::to_string(origin.port());
  AskByAllDoors("http://" + authority, authority);
  Ask("http://" + authority + "/moved");
  EXPECT_GE(answered_, 14);
  // Quotas are of a credential, and are shared with other processes.
  Ask("http://" + authority + "/limited", Around("Authorization: Bearer "));
  Ask("http://" + authority + "/limited?token=" + kSecret);
  EXPECT_HAS(told_, "takes no more requests for now");
  // An outage is an event, and is shared too.
  up = false;
  for (int i = 0; i < 8; ++i) {
    Ask("http://" + authority + "/fails" + std::to_string(i), Around("Authorization: Basic "));
    Ask(Around("http://user:", "@" + authority + "/down?token=") + kSecret);
  }
  EXPECT_HAS(told_, "circuit breaker is open");
  ExpectNoSecret();
  EXPECT_GE(events_seen_, 1);
  EXPECT_HAS(told_, "\"name\":\"http://" + authority + "\"") << "the statistics tell of the origin";
  EXPECT_HAS(told_, "tapps");
}

// Answers to requests with credentials, which the host wants kept: their senders find them in
// another process, and nobody finds the credentials.
TEST_F(SecretsTest, NoneIsFoundWhereAnswersToThemAreKept) {
  std::atomic<int> requests = 0;
  test::RawServer origin([&](test::RawServer::Connection& peer) {
    for (std::string request = peer.ReadRequest(); !request.empty(); request = peer.ReadRequest()) {
      ++requests;
      peer.Write(AnswerTo(request));
    }
  });
  const std::string authority = "127.0.0.1:" + std::to_string(origin.port());
  tapps_open_options options = OpenOptions();
  options.flags = TAPPS_OPEN_KEEP_CREDENTIALED;
  const auto reopen = [&] {
    tapps_cache_close(cache(), 0, nullptr);
    cache_ = Open(path_, &options);
    ASSERT_NE(cache_, nullptr);
  };
  reopen();
  AskByAllDoors("http://" + authority, authority);
  const int asked = requests;
  EXPECT_GE(asked, 13);
  reopen();
  AskByAllDoors("http://" + authority, authority);
  EXPECT_EQ(requests, asked) << "all were kept";
  Ask("http://" + authority + "/", "Authorization: Bearer other");
  EXPECT_EQ(requests, asked + 1) << "others get nothing of it";
  ExpectNoSecret();

  options.flags = 0;
  cache_ = Open(path_, &options);
  Ask("http://" + authority + "/", Around("Authorization: Bearer "));
  EXPECT_EQ(requests, asked + 2) << "who does not ask for it looks in memory alone";
}

// What names no host at all, or not one that can be reached.
TEST_F(SecretsTest, NoneIsInErrorsAboutTheRequest) {
  for (const std::string& url :
       {Around("http://user:", "@127.0.0.1:99999/"), Around("http://user:", "@/"),
        Around("ftp://user:", "@a.test/"), Around("http://a.test/?token=", " "),
        Around("http://127.0.0.1:1/?token="), Around("http://nowhere.invalid/?api_key=")}) {
    tapps_fetch_options options{};
    options.struct_size = sizeof options;
    Tell(capi::Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_fetch(cache(), url.c_str(), &options, value, data, size, err);
    }));
  }
  for (const std::string& line :
       {Around("Authorization: a\rb"), Around("X-Api-Key\x01: "), Around("Cookie ")}) {
    tapps_fetch_options options{};
    options.struct_size = sizeof options;
    options.headers = line.c_str();
    Tell(capi::Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_fetch(cache(), "http://127.0.0.1:1/", &options, value, data, size, err);
    }));
  }
  EXPECT_EQ(answered_, 0);
  ExpectNoSecret();
}

}  // namespace
}  // namespace tapps::capi
