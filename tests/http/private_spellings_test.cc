// The ways to write an address that is not of the public internet, against the option that denies
// those: the check is of the address a connection is made to, so that no spelling passes.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/fetch.h"
#include "http/memory_store.h"
#include "support/raw_server.h"

namespace tapps::http {
namespace {

constexpr const char* kSpellings[] = {
    // This machine.
    "127.0.0.1", "127.0.0.1.", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1",
    "127.000.000.001", "0x7f.0.0.1", "0x7f.1", "0x7F.0x0.0x0.0x1", "0177.0.0.1", "0177.1",
    "00000177.0.0.1", "2130706433", "0x7f000001", "0x7F000001", "017700000001", "127.0x1",
    "127.0.01", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "%6cocalhost", "localhost", "LOCALHOST",
    "LocalHost.", "0", "0.0.0.0", "0x0", "00.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]",
    "[0000::0001]", "[::ffff:127.0.0.1]", "[::FFFF:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]",
    // The local network.
    "10.0.0.1", "10.1", "0xa.1", "012.0.0.1", "167772161", "0x0a000001", "172.16.0.1",
    "172.31.255.255", "172.1048577", "0xac100001", "2886729729", "192.168.0.1", "192.168.1",
    "192.11010049", "0xc0a80001", "3232235521", "030052000001", "100.64.0.1", "[fc00::1]",
    "[fd12:3456:789a::1]", "[fec0::1]", "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]",
    "[::ffff:172.16.0.1]", "[2002:c0a8:1::1]", "[2002:a00:1::]",
    // Link-local addresses, also those of cloud metadata.
    "169.254.0.1", "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
    "169.16689662", "[fe80::1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
    "[fd00:ec2::254]",
    // Nobody's.
    "0.0.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "0xffffffff", "[ff02::1]", "[2001:db8::1]", "[2001::1]", "[100::1]",
    // Hosts that only look like another one.
    "example.test@127.0.0.1", "example.test:80@127.0.0.1", "example.test%40@127.1", "a:b@[::1]",
    "127.0.0.1?@example.test", "127.0.0.1#@example.test"};

class PrivateSpellingsTest : public testing::Test {
 protected:
  PrivateSpellingsTest() {
    settings_.failure_threshold = 1 << 20;
    breakers_ = std::make_unique<BreakerRegistry>(settings_, Clock::Real(), 1);
    engine_ = std::make_unique<FetchEngine>(store_, *breakers_, FetchOptions());
  }
  ~PrivateSpellingsTest() override { engine_.reset(); }

  // The host with the server's port, where that leaves a URL.
  Result<FetchResult> Fetch(const std::string& host, bool deny) {
    const std::string port = ":" + std::to_string(server_.port());
    const size_t cut = host.find_first_of("?#");
    FetchRequest request;
    request.url = "http://" +
                  (cut == std::string::npos ? host + port
                                            : host.substr(0, cut) + port + "/" + host.substr(cut)) +
                  "/";
    request.deny_private_addresses = deny;
    request.limits.total_timeout_us = 5 * kSecond;
    return engine_->FetchAndWait(std::move(request));
  }

  test::RawServer server_{[](test::RawServer::Connection& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }};
  MemoryStore store_;
  BreakerSettings settings_;
  std::unique_ptr<BreakerRegistry> breakers_;
  std::unique_ptr<FetchEngine> engine_;
};

TEST_F(PrivateSpellingsTest, NoneGetsThrough) {
  static_assert(std::size(kSpellings) >= 60);
  for (const char* host : kSpellings) {
    const Result<FetchResult> result = Fetch(host, true);
    ASSERT_FALSE(result.ok()) << host;
    const int32_t code = result.code();
    EXPECT_TRUE(code == TAPPS_E_DENIED || code == TAPPS_E_INVALID || code == TAPPS_E_NETWORK)
        << host << ": " << result.status().message();
  }
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(PrivateSpellingsTest, ManyOfThemMeanThisMachineWhereThatIsAllowed) {
  int through = 0;
  for (const char* host : {"127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001",
                           "[::ffff:127.0.0.1]", "example.test@127.0.0.1", "%31%32%37.0.0.1"}) {
    through += Fetch(host, false).ok() ? 1 : 0;
  }
  EXPECT_GE(through, 4) << "else the test above shows nothing";
}

}  // namespace
}  // namespace tapps::http
