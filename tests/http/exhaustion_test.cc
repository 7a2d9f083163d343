// Memory runs out while an answer comes in.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "http/fetch_fixture.h"
#include "support/raw_server.h"

namespace {
constexpr std::size_t kLarge = 256 * 1024;
std::atomic<int> larges_left = -1;  // large allocations until one fails; < 0: none does
}  // namespace

// g++ sees free() behind the sanitizers' own operator new and takes it for a mistake.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
  if (size >= kLarge && larges_left >= 0 && larges_left-- == 0) throw std::bad_alloc();
  if (void* p = std::malloc(size != 0 ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace tapps::http {
namespace {

class ExhaustionTest : public FetchFixture {};

TEST_F(ExhaustionTest, AnAnswerThatFindsNoMemoryFailsItsFetchAlone) {
  const std::string body(900'000, 'x');
  test::RawServer server([&](test::RawServer::Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
      peer.Write(body);
    }
  });
  int failed = 0;
  for (int after = 0; after < 4; ++after) {
    larges_left = after;
    const Result<FetchResult> result = Fetch(server.Url());
    larges_left = -1;
    if (!result.ok()) {
      ++failed;
      EXPECT_EQ(result.code(), TAPPS_E_NOMEM) << result.status().message();
      EXPECT_NE(result.status().message().find("no memory for its answer"), std::string::npos);
    }
    EXPECT_EQ(MustFetch(server.Url()).body().size(), body.size());
  }
  EXPECT_GE(failed, 2) << "taking it in, and making a result of it";
  engine_.reset();
}

}  // namespace
}  // namespace tapps::http
