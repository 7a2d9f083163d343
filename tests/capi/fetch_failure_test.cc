// Fetches through the ABI from origins that fail: fast answers, stale copies, recovery, bounds.
#include <atomic>

#include "capi/records.h"
#include "support/process.h"
#include "support/process_state.h"
#include "support/raw_server.h"

namespace tapps::capi {
namespace {

using Connection = test::RawServer::Connection;

class FetchFailureTest : public ::testing::Test {
 protected:
  ~FetchFailureTest() override { tapps_cache_close(cache_.get(), 0, nullptr); }

  void OpenWith(int64_t break_failures, int64_t break_us) {
    tapps_open_options options = OpenOptions();
    options.break_failures = break_failures;
    options.break_us = break_us;
    cache_ = Open(dir_.File("cache.db"), &options);
    ASSERT_NE(cache_, nullptr);
  }
  Answer Fetch(const std::string& url, int64_t timeout_us = 5'000'000) {
    tapps_fetch_options options{};
    options.struct_size = sizeof options;
    options.timeout_us = timeout_us;
    return Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_fetch(cache_.get(), url.c_str(), &options, value, data, size, err);
    });
  }

  test::TempDir dir_;
  CacheHandle cache_;
};

// An origin that can be switched off; then it resets every connection.
class SwitchedOrigin {
 public:
  std::string Url(const std::string& path) const { return server_.Url(path); }
  int connections() const { return server_.connections(); }
  std::atomic<bool> up = true;

 private:
  void Serve(Connection& connection) {
    while (true) {
      if (!up) return connection.Reset();
      if (connection.ReadRequest().empty()) return;
      if (!up) return connection.Reset();
      if (!connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
                            "Cache-Control: max-age=0, stale-if-error=600\r\n\r\nbody")) {
        return;
      }
    }
  }
  test::RawServer server_{[this](Connection& connection) { Serve(connection); }};
};

TEST_F(FetchFailureTest, FiveFailuresOpenTheBreakerAndCallersFailFast) {
  OpenWith(0, 0);
  SwitchedOrigin origin;
  origin.up = false;
  int failed = 0;
  Answer answer = Fetch(origin.Url("/0"));
  while (answer.code == TAPPS_E_NETWORK && failed < 10) {
    ++failed;
    answer = Fetch(origin.Url("/" + std::to_string(failed)));
  }
  EXPECT_EQ(answer.code, TAPPS_E_OPEN_CIRCUIT) << answer.error;
  EXPECT_LE(failed, 5);
  EXPECT_GT(answer.retry_after_us, 0);
  EXPECT_LE(answer.retry_after_us, 60'000'000) << "30 s and some jitter";
  // The server may not have accepted yet what the library has given up.
  EXPECT_TRUE(Eventually([&] { return origin.connections() >= 5; })) << origin.connections();
  const int connections = origin.connections();
  EXPECT_LT(MillisecondsOf([&] {
              for (int i = 0; i < 200; ++i) {
                EXPECT_EQ(Fetch(origin.Url("/" + std::to_string(i))).code, TAPPS_E_OPEN_CIRCUIT);
              }
            }),
            5'000);
  EXPECT_EQ(origin.connections(), connections) << "nobody asked the origin";
}

TEST_F(FetchFailureTest, StaleContentIsMarkedWhileTheOriginIsDown) {
  OpenWith(0, 0);
  SwitchedOrigin origin;
  ASSERT_EQ(Fetch(origin.Url("/page")).str(), "body");
  origin.up = false;
  for (int i = 0; i < 10; ++i) {  // also when the breaker has opened
    const Answer answer = Fetch(origin.Url("/page"));
    ASSERT_EQ(answer.str(), "body");
    EXPECT_TRUE(answer.stale());
    EXPECT_NE(answer.text(TAPPS_TEXT_WARNING), "");
  }
  EXPECT_NE(Fetch(origin.Url("/unknown")).code, TAPPS_OK);
}

TEST_F(FetchFailureTest, AnOriginThatComesBackIsUsedAgainByItself) {
  OpenWith(2, 50'000);
  SwitchedOrigin origin;
  ASSERT_EQ(Fetch(origin.Url("/page")).str(), "body");
  origin.up = false;
  ASSERT_TRUE(Eventually([&] { return Fetch(origin.Url("/new")).code == TAPPS_E_OPEN_CIRCUIT; }));
  origin.up = true;
  ASSERT_TRUE(Eventually([&] { return Fetch(origin.Url("/new")).str() == "body"; }));
  EXPECT_TRUE(Eventually([&] { return !Fetch(origin.Url("/page")).stale(); }));
  EXPECT_TRUE(Eventually([&] {
    int good = 0;
    for (int i = 0; i < 5; ++i) good += Fetch(origin.Url("/" + std::to_string(i))).str() == "body";
    return good == 5;
  })) << "the breaker closes";
}

TEST_F(FetchFailureTest, AnOriginThatHangsIsATimeout) {
  OpenWith(1000, 0);
  const std::vector<test::RawServer::Script> scripts = {
      [](Connection& c) { c.WaitForClose(); },
      [](Connection& c) {
        c.ReadRequest();
        c.Write("HTTP/1.1 200 OK\r\nContent-Le");
        c.WaitForClose();
      },
      [](Connection& c) {
        c.ReadRequest();
        c.Write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome");
        c.WaitForClose();
      },
  };
  for (size_t i = 0; i < scripts.size(); ++i) {
    test::RawServer server(scripts[i]);
    Answer answer;
    const int64_t took =
        MillisecondsOf([&] { answer = Fetch(server.Url("/" + std::to_string(i)), 300'000); });
    EXPECT_EQ(answer.code, TAPPS_E_TIMEOUT) << i << ": " << answer.str();
    EXPECT_GE(took, 290);
    EXPECT_LT(took, 2'000);
  }
}

TEST_F(FetchFailureTest, AnOriginThatTalksNonsenseIsAnError) {
  OpenWith(1000, 0);
  const std::vector<std::string> answers = {
      "",
      "\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
      std::string(100'000, 'x'),
      "HTTP/1.1 200 OK\r\nContent-Length: banana\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
      "HTTP/1.1 9 OK\r\n\r\n",
      "HTTP/9.9 200 OK\r\n\r\n",
  };
  for (size_t i = 0; i < answers.size(); ++i) {
    test::RawServer server([&](Connection& connection) {
      connection.ReadRequest();
      connection.Write(answers[i]);
    });
    const Answer answer = Fetch(server.Url("/" + std::to_string(i)));
    EXPECT_TRUE(answer.code == TAPPS_E_PROTOCOL || answer.code == TAPPS_E_NETWORK)
        << i << ": " << answer.str();
    EXPECT_NE(answer.error, "") << i;
  }
}

TEST_F(FetchFailureTest, BodiesAndHeadersAreBounded) {
  OpenWith(1000, 0);
  test::RawServer endless([](Connection& connection) {
    const bool headers = connection.ReadRequest().find("/headers") != std::string::npos;
    const std::string block(8192, 'x');
    connection.Write("HTTP/1.1 200 OK\r\n");
    if (!headers) connection.Write("\r\n");
    int line = 0;
    while (connection.Write(
        headers ? "X-" + std::to_string(++line) + ": " + block.substr(0, 1000) + "\r\n" : block)) {
    }
  });
  tapps_fetch_options options{};
  options.struct_size = sizeof options;
  options.max_body_bytes = 1 << 20;
  for (const char* path : {"/body", "/headers"}) {
    const Answer answer = Ask([&](auto value, auto data, auto size, tapps_error** err) {
      return tapps_cache_fetch(cache_.get(), endless.Url(path).c_str(), &options, value, data, size,
                               err);
    });
    EXPECT_EQ(answer.code, TAPPS_E_TOO_LARGE) << path << ": " << answer.str();
  }
}

// The rude server is a process of its own, so that what is counted here is the library's.
TEST_F(FetchFailureTest, FailuresLeaveNoThreadsAndDescriptorsBehind) {
  const test::Pipe ports;
  const test::Pipe done;
  const test::Process server([&] {
    std::atomic<int> number = 0;
    test::RawServer rude([&](Connection& connection) {
      const int kind = ++number % 3;
      if (kind == 0) return connection.Reset();
      connection.ReadRequest();
      if (kind == 1) connection.Write("nonsense\r\n");
      if (kind == 2) connection.WaitForClose();
    });
    ports.Send(rude.port());
    return done.Receive() == 1 ? 0 : 1;
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(ports.Receive()) + "/";
  OpenWith(1 << 20, 1000);
  const auto fail = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      EXPECT_NE(Fetch(url + std::to_string(i), 30'000).code, TAPPS_OK);
    }
  };
  fail(0, 20);
  const int threads = test::CountThreads();
  const int descriptors = test::CountDescriptors();
  fail(20, 220);
  EXPECT_LE(test::CountThreads(), threads + 1);
  EXPECT_TRUE(Eventually([&] { return test::CountDescriptors() <= descriptors + 2; }))
      << descriptors << " descriptors became " << test::CountDescriptors();
  EXPECT_EQ(test::CountThreads("tapps-net"), 1);
  done.Send(1);
  tapps_cache_close(cache_.get(), 0, nullptr);
  // A thread that was joined is still listed for a moment.
  EXPECT_TRUE(Eventually([] { return test::CountThreads() == 1; }));
}

// Bodies that break off, that are nonsense, that never end: what was read of them is let go.
TEST_F(FetchFailureTest, FailuresLeaveNoMemoryBehind) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer keeps what was freed";
#endif
  const test::Pipe ports;
  const test::Pipe done;
  const test::Process server([&] {
    std::atomic<int> number = 0;
    test::RawServer rude([&](Connection& connection) {
      const int kind = ++number % 3;
      connection.ReadRequest();
      const std::string mebibyte(1 << 20, 'x');
      if (kind == 0)
        connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + mebibyte);
      if (kind == 1) connection.Write("HTTP/1.1 200 OK\r\nX: " + mebibyte);
      if (kind == 2) {
        connection.Write("HTTP/1.1 200 OK\r\n\r\n");
        while (connection.Write(mebibyte)) {
        }
      }
    });
    ports.Send(rude.port());
    return done.Receive() == 1 ? 0 : 1;
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(ports.Receive()) + "/";
  OpenWith(1 << 20, 1000);
  const auto fail = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      tapps_fetch_options options{};
      options.struct_size = sizeof options;
      options.max_body_bytes = 1 << 20;
      options.timeout_us = 10'000'000;
      const Answer answer = Ask([&](auto value, auto data, auto size, tapps_error** err) {
        return tapps_cache_fetch(cache_.get(), (url + std::to_string(i)).c_str(), &options, value,
                                 data, size, err);
      });
      EXPECT_NE(answer.code, TAPPS_OK);
    }
  };
  fail(0, 30);
  test::ResetPeakMemory();
  const int64_t before = test::PeakMemory();
  fail(30, 330);
  EXPECT_LE(test::PeakMemory() - before, 16 << 20) << "300 failures read some 200 MiB";
  done.Send(1);
}

}  // namespace
}  // namespace tapps::capi
