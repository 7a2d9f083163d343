#include "http/transport.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <memory>
#include <new>
#include <string>

#include "http/await.h"
#include "support/http_server.h"
#include "support/process_state.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

using test::Collector;
using test::RawServer;

class TransportTest : public testing::Test {
 protected:
  static TransferRequest Get(const std::string& url) {
    TransferRequest request;
    request.url = *ParseUrl(url);
    return request;
  }
  TransferResult Run(TransferRequest request) {
    Collector<TransferResult> results;
    Transport::Id id = 0;
    const Status status = transport_->Submit(std::move(request), results.Callback(), &id);
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_TRUE(results.Await(1));
    return std::move(results[0]);
  }
  // What comes of asking a server that behaves so.
  TransferResult Meet(RawServer::Script script,
                      const std::function<void(TransferRequest&)>& change = nullptr) {
    RawServer server(std::move(script));
    TransferRequest request = Get(server.Url("/x?token=hush"));
    if (change) change(request);
    TransferResult result = Run(std::move(request));
    if (!result.status.ok()) {
      const std::string message(result.status.message());
      EXPECT_TRUE(message.starts_with("127.0.0.1:")) << message;
      EXPECT_EQ(message.find("hush"), std::string::npos) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
    transport_ = std::make_unique<Transport>(NetworkOptions());
    return result;
  }

  std::unique_ptr<Transport> transport_ = std::make_unique<Transport>(NetworkOptions());
};

#define EXPECT_FAILS(result, expected, text)                                                     \
  do {                                                                                           \
    const TransferResult& failed = (result);                                                     \
    EXPECT_EQ(failed.status.code(), expected) << failed.status.message();                        \
    EXPECT_NE(failed.status.message().find(text), std::string::npos) << failed.status.message(); \
  } while (false)

void Answer(RawServer::Connection& peer, std::string_view answer) {
  peer.ReadRequest();
  peer.Write(answer);
}

TEST_F(TransportTest, AnAnswerComesWithStatusFieldsAndBody) {
  RawServer server([](RawServer::Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Write(
          "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
          "HTTP/1.1 299 Odd\r\nA: 1\r\nContent-Length: 5\r\na:2\r\n folded\r\n\r\nhello");
    }
  });
  TransferResult result = Run(Get(server.Url("/")));
  ASSERT_TRUE(result.status.ok()) << result.status.message();
  EXPECT_EQ(result.response.status, 299);
  EXPECT_EQ(result.response.headers.text(), "A: 1\r\nContent-Length: 5\r\na: 2 folded\r\n");
  EXPECT_EQ(result.response.body->bytes(), "hello");
  EXPECT_GT(result.response.response_time_us, 0);
  EXPECT_GE(result.response.response_time_us, result.response.request_time_us);

  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Run(Get(server.Url("/"))).status.ok());
  EXPECT_EQ(server.connections(), 1) << "connections are used again";
}

TEST_F(TransportTest, TheRequestIsWhatWasAskedForAndNoMore) {
  Collector<std::string> seen;
  RawServer server([&](RawServer::Connection& peer) {
    seen.Add(peer.ReadRequest());
    peer.Write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  });
  TransferRequest request = Get(server.Url("/a%2Fb/..c?x=1"));
  ASSERT_TRUE(request.headers.Add("X-Empty", "").ok());
  ASSERT_TRUE(request.headers.Add("X-One", "1").ok());
  EXPECT_EQ(Run(std::move(request)).response.status, 204);
  ASSERT_TRUE(seen.Await(1));
  EXPECT_TRUE(seen[0].starts_with("GET /a%2Fb/..c?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_NE(seen[0].find("\r\nUser-Agent: tapps/0.1.0\r\n"), std::string::npos) << seen[0];
  EXPECT_NE(seen[0].find("\r\nX-Empty:\r\nX-One: 1\r\n"), std::string::npos) << seen[0];
  EXPECT_NE(seen[0].find("gzip"), std::string::npos) << seen[0];
  EXPECT_EQ(seen[0].find("Content-Type"), std::string::npos) << seen[0];

  request = Get(server.Url("/"));
  request.method = "PATCH";
  request.body = Value::Make("data", ValueInfo());
  EXPECT_EQ(Run(std::move(request)).response.status, 204);
  ASSERT_TRUE(seen.Await(2));
  EXPECT_TRUE(seen[1].starts_with("PATCH / HTTP/1.1\r\n")) << seen[1];
  EXPECT_NE(seen[1].find("\r\nContent-Length: 4\r\n"), std::string::npos) << seen[1];
  EXPECT_EQ(seen[1].find("Expect"), std::string::npos) << seen[1];
  EXPECT_EQ(seen[1].find("Content-Type"), std::string::npos) << seen[1];
}

TEST_F(TransportTest, ProxiesOfTheEnvironmentAreNotUsed) {
  setenv("http_proxy", "http://127.0.0.1:1/", 1);
  RawServer server([](RawServer::Connection& peer) {
    Answer(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_TRUE(Run(Get(server.Url())).status.ok());
  unsetenv("http_proxy");
}

TEST_F(TransportTest, EncodedBodiesAreDecodedUpToTheLimit) {
  test::HttpServer server;
  server.handlers().Get("/", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(1'000'000, 'x'), "text/plain");
  });
  const auto serving = server.Start();
  TransferResult result = Run(Get(server.Url()));
  ASSERT_TRUE(result.status.ok()) << result.status.message();
  EXPECT_TRUE(result.response.headers.Has("Content-Encoding"));
  EXPECT_EQ(result.response.body->bytes(), std::string(1'000'000, 'x'));

  TransferRequest bomb = Get(server.Url());
  bomb.limits.max_body_bytes = 100'000;
  result = Run(std::move(bomb));
  EXPECT_FAILS(result, TAPPS_E_TOO_LARGE, "a body of more than 100000 bytes");
  EXPECT_EQ(result.fault, Fault::kCaller);
  transport_.reset();
}

TEST_F(TransportTest, AServerThatNeverAnswersIsATimeout) {
  const auto silent = [](RawServer::Connection& peer) { peer.WaitForClose(); };
  TransferResult result =
      Meet(silent, [](TransferRequest& r) { r.limits.total_timeout_us = 100 * kMillisecond; });
  EXPECT_FAILS(result, TAPPS_E_TIMEOUT, "no answer before the deadline");
  EXPECT_EQ(result.fault, Fault::kOrigin);
  result =
      Meet(silent, [](TransferRequest& r) { r.limits.first_byte_timeout_us = 100 * kMillisecond; });
  EXPECT_FAILS(result, TAPPS_E_TIMEOUT, "no first byte");
  EXPECT_EQ(result.fault, Fault::kOrigin);
  EXPECT_TRUE(result.sent) << "so it is the origin's, and others are told";
}

TEST_F(TransportTest, BehindAProxyNoPrivateAddressCanBeDenied) {
  RawServer proxy([](RawServer::Connection& peer) {
    Answer(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto ask = [&](const std::string& url, const std::string& no_proxy) {
    NetworkOptions network;
    network.proxy = proxy.Url("");
    network.no_proxy = no_proxy;
    transport_ = std::make_unique<Transport>(network);
    TransferRequest request = Get(url);
    request.deny_private_addresses = true;
    return Run(std::move(request));
  };
  EXPECT_FAILS(ask("http://169.254.169.254/", ""), TAPPS_E_INVALID, "a proxy would choose");
  EXPECT_FAILS(ask("http://b.test/", "a.test, xb.test"), TAPPS_E_INVALID, "a proxy would choose");
  for (const char* direct : {"127.0.0.1", "*", "x, 127.0.0.1", ".0.0.1"}) {
    EXPECT_FAILS(ask("http://127.0.0.1:9/", direct), TAPPS_E_DENIED, "not public");
  }
  EXPECT_EQ(proxy.connections(), 0);
  transport_.reset();
}

TEST_F(TransportTest, ACallbackThatRunsOutOfMemoryHarmsNobodyElse) {
  RawServer server([](RawServer::Connection& peer) {
    Answer(peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  Transport::Id id = 0;
  ASSERT_TRUE(transport_
                  ->Submit(
                      Get(server.Url()), [](TransferResult) { throw std::bad_alloc(); }, &id)
                  .ok());
  transport_->After(0, [] { throw std::bad_alloc(); });
  EXPECT_TRUE(Run(Get(server.Url())).status.ok());
  transport_.reset();
}

TEST_F(TransportTest, AnAnswerThatDripsEndsAtTheDeadline) {
  const auto drip = [](RawServer::Connection& peer) {
    Answer(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (peer.Write("x")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  EXPECT_FAILS(Meet(drip,
                    [](TransferRequest& r) {
                      r.limits.total_timeout_us = 150 * kMillisecond;
                      r.limits.first_byte_timeout_us = 100 * kMillisecond;
                    }),
               TAPPS_E_TIMEOUT, "not complete");
  EXPECT_FAILS(Meet(drip,
                    [](TransferRequest& r) {
                      r.limits.low_speed_time_us = kSecond;
                      r.limits.low_speed_bytes = 1'000'000;
                    }),
               TAPPS_E_TIMEOUT, "not complete");
}

TEST_F(TransportTest, BrokenConnectionsAreNamed) {
  EXPECT_FAILS(Meet([](RawServer::Connection&) {}), TAPPS_E_NETWORK, "");
  EXPECT_FAILS(Meet([](RawServer::Connection& peer) { peer.ReadRequest(); }), TAPPS_E_NETWORK,
               "closed without an answer");
  EXPECT_FAILS(Meet([](RawServer::Connection& peer) {
                 Answer(peer, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
               }),
               TAPPS_E_NETWORK, "closed after 3 bytes");
  EXPECT_FAILS(Meet([](RawServer::Connection& peer) {
                 Answer(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
               }),
               TAPPS_E_NETWORK, "closed after 3 bytes");
  EXPECT_FAILS(Meet([](RawServer::Connection& peer) {
                 peer.ReadRequest();
                 peer.Reset();
               }),
               TAPPS_E_NETWORK, "broke before the answer");
}

TEST_F(TransportTest, NothingIsSentTwiceSilently) {
  std::atomic<int> requests = 0;
  RawServer server([&](RawServer::Connection& peer) {
    if (peer.ReadRequest().empty()) return;
    ++requests;
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (!peer.ReadRequest().empty()) ++requests;  // and closes
  });
  EXPECT_TRUE(Run(Get(server.Url())).status.ok());
  EXPECT_FAILS(Run(Get(server.Url())), TAPPS_E_NETWORK, "a reused connection was closed");
  EXPECT_EQ(requests, 2);
}

TEST_F(TransportTest, AResetInTheMiddleOfABodyIsAFailure) {
  TransferResult result = Meet([&](RawServer::Connection& peer) {
    Answer(peer, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    std::this_thread::sleep_for(
        std::chrono::milliseconds(50));  // else the reset drops what was sent
    peer.Reset();
  });
  EXPECT_FAILS(result, TAPPS_E_NETWORK, "");
  EXPECT_EQ(result.fault, Fault::kOrigin);
}

TEST_F(TransportTest, NothingListeningIsAFailureToConnect) {
  int port = 0;
  {
    RawServer gone([](RawServer::Connection&) {});
    port = gone.port();
  }
  TransferResult result = Run(Get("http://127.0.0.1:" + std::to_string(port)));
  EXPECT_FAILS(result, TAPPS_E_NETWORK, "cannot connect");
}

TEST_F(TransportTest, WhatIsNotHttpIsAProtocolError) {
  EXPECT_FAILS(Meet([](RawServer::Connection& peer) { Answer(peer, "SSH-2.0-x\r\n\r\nhello"); }),
               TAPPS_E_PROTOCOL, "not HTTP");
  EXPECT_FAILS(Meet([](RawServer::Connection& peer) { Answer(peer, "HTTP/1.1 abc\r\n\r\n"); }),
               TAPPS_E_PROTOCOL, "not HTTP");
  EXPECT_FAILS(
      Meet([](RawServer::Connection& peer) {
        Answer(peer, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd");
      }),
      TAPPS_E_PROTOCOL, "decoded");
}

TEST_F(TransportTest, EndlessHeadersAreRefused) {
  const auto endless = [](std::string line, std::string start = "HTTP/1.1 200 OK\r\n") {
    return [line, start](RawServer::Connection& peer) {
      Answer(peer, start);
      while (peer.Write(line)) {
      }
    };
  };
  EXPECT_FAILS(Meet(endless("X-Field: " + std::string(1000, 'x') + "\r\n")), TAPPS_E_TOO_LARGE,
               "headers of more than 262144 bytes");
  EXPECT_FAILS(Meet(endless("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n", "")), TAPPS_E_TOO_LARGE,
               "headers of more than");
  EXPECT_FAILS(Meet(endless(std::string(1000, 'x'))), TAPPS_E_TOO_LARGE, "header line is too long");
}

TEST_F(TransportTest, PrivateAddressesAreRefusedOnRequest) {
  RawServer server([](RawServer::Connection& peer) {
    while (!peer.ReadRequest().empty()) peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  // Not by name, and not through a connection that an earlier request left open.
  EXPECT_TRUE(Run(Get(server.Url())).status.ok());
  const std::string port = std::to_string(server.port());
  for (const std::string host :
       {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]",
        "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.1.", "[::ffff:7f00:1]", "0x7f000001"}) {
    TransferRequest request = Get("http://" + host + ":" + port + "/");
    request.deny_private_addresses = true;
    const TransferResult result = Run(std::move(request));
    EXPECT_FALSE(result.status.ok()) << host;
    if (result.status.code() != TAPPS_E_NETWORK) {  // a name that does not resolve
      EXPECT_FAILS(result, TAPPS_E_DENIED, "not public");
    }
  }
  EXPECT_EQ(server.connections(), 1);
  transport_.reset();
}

TEST_F(TransportTest, CancelFreesTheCallerAtOnceAndOnce) {
  RawServer server([](RawServer::Connection& peer) { peer.WaitForClose(); });
  Collector<TransferResult> results;
  Transport::Id id = 0;
  ASSERT_TRUE(transport_->Submit(Get(server.Url()), results.Callback(), &id).ok());
  ASSERT_TRUE(server.AwaitConnections(1));
  transport_->Cancel(id);
  ASSERT_EQ(results.count(), 1u);
  EXPECT_EQ(results[0].status.code(), TAPPS_E_CANCELLED);
  transport_->Cancel(id);
  transport_->Cancel(4711);

  // At any time: also at once after Submit.
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(transport_->Submit(Get(server.Url()), results.Callback(), &id).ok());
    if (i % 2 == 0) std::this_thread::yield();
    transport_->Cancel(id);
  }
  transport_->Close();
  EXPECT_EQ(results.count(), 51u);
}

TEST_F(TransportTest, CloseEndsAllAndLeavesNothingBehind) {
  ASSERT_TRUE(transport_->Start().ok());
  transport_->Close();  // what libcurl and TLS keep for ever is there now
  const int descriptors = test::CountDescriptors();
  const int threads = test::CountThreads();
  Collector<TransferResult> results;
  {
    RawServer server([](RawServer::Connection& peer) { peer.WaitForClose(); });
    Transport transport{NetworkOptions()};
    Transport::Id id = 0;
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(transport.Submit(Get(server.Url()), results.Callback(), &id).ok());
    }
    ASSERT_TRUE(server.AwaitConnections(10));
    EXPECT_EQ(test::CountThreads("tapps-net"), 1);
    transport.Close();
    EXPECT_EQ(results.count(), 10u);
    for (size_t i = 0; i < 10; ++i) EXPECT_EQ(results[i].status.code(), TAPPS_E_CANCELLED);
    EXPECT_EQ(transport.Submit(Get(server.Url()), results.Callback(), &id).code(), TAPPS_E_CLOSED);
  }
  EXPECT_EQ(results.count(), 10u);
  EXPECT_TRUE(test::Eventually([&] { return test::CountThreads() == threads; }));
  EXPECT_TRUE(test::Eventually([&] { return test::CountDescriptors() == descriptors; }));
}

TEST_F(TransportTest, TimersRunInOrderUnlessCancelled) {
  ASSERT_TRUE(transport_->Start().ok());
  Collector<int> ran;
  transport_->After(30 * kMillisecond, [&] { ran.Add(2); });
  const Transport::Id dropped = transport_->After(20 * kMillisecond, [&] { ran.Add(99); });
  transport_->After(10 * kMillisecond, [&] { ran.Add(1); });
  transport_->After(kHour, [&] { ran.Add(99); });
  transport_->CancelTimer(dropped);
  ASSERT_TRUE(ran.Await(2));
  EXPECT_EQ(ran[0], 1);
  EXPECT_EQ(ran[1], 2);
  transport_->Close();
  EXPECT_EQ(ran.count(), 2u);
}

TEST_F(TransportTest, TheThreadBlocksAllSignals) {
  ASSERT_TRUE(transport_->Start().ok());
  Collector<int> blocked;
  transport_->After(0, [&] {
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, nullptr, &set);
    blocked.Add(sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGPIPE) == 1 &&
                sigismember(&set, SIGCHLD) == 1);
  });
  ASSERT_TRUE(blocked.Await(1));
  EXPECT_TRUE(blocked[0]);
}

}  // namespace
}  // namespace tapps::http
