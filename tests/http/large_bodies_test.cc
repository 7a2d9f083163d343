// Bodies that are too large to be held in memory while they come in.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/await.h"
#include "http/cache_store.h"
#include "http/fetch.h"
#include "http/full_disk.h"
#include "support/process_state.h"
#include "support/raw_server.h"
#include "support/temp_dir.h"

namespace tapps::http {
namespace {

using test::RawServer;
using Connection = RawServer::Connection;

constexpr size_t kMiB = size_t{1} << 20;

// The most anonymous memory that this process had since it was made.
class MemoryWatch {
 public:
  ~MemoryWatch() { Stop(); }
  int64_t Grown() {
    Stop();
    return peak_ - before_;
  }

 private:
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  const int64_t before_ = test::AnonymousMemory();
  std::atomic<bool> stop_ = false;
  int64_t peak_ = before_;
  std::thread thread_{[this] {
    while (!stop_) {
      peak_ = std::max(peak_, test::AnonymousMemory());
      std::this_thread::yield();
    }
  }};
};

class LargeBodiesTest : public testing::Test {
 protected:
  ~LargeBodiesTest() override { engine_.reset(); }

  // 1 MiB that does not compress, other than that of another seed.
  static std::string Noise(uint32_t seed = 1) {
    std::mt19937 random(seed);
    std::string bytes(kMiB, '\0');
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
    return bytes;
  }
  // 1 MiB of text that does.
  static std::string Prose() {
    std::string text;
    for (int64_t line = 0; text.size() < kMiB; ++line) {
      text += "line " + std::to_string(line * 7919) + " says what line " +
              std::to_string(line * 104729) + " said\n";
    }
    text.resize(kMiB);
    return text;
  }
  // An answer whose body is the block so many times.
  static void Answer(Connection& peer, const std::string& block, size_t times,
                     const std::string& fields = "Cache-Control: max-age=600\r\n") {
    peer.Write("HTTP/1.1 200 OK\r\n" + fields +
               "Content-Length: " + std::to_string(block.size() * times) + "\r\n\r\n");
    for (size_t i = 0; i < times; ++i) peer.Write(block);
  }
  static bool IsRepeated(std::string_view body, const std::string& block, size_t times) {
    bool same = body.size() == block.size() * times;
    for (; same && !body.empty(); body.remove_prefix(block.size())) same = body.starts_with(block);
    return same;
  }

  std::shared_ptr<Cache> Open() {
    Result<std::shared_ptr<Cache>> cache = Cache::Open(dir_.File("cache-1.db"), CacheOptions());
    EXPECT_TRUE(cache.ok()) << cache.status().message();
    return cache.ok() ? *cache : nullptr;
  }
  std::unique_ptr<FetchEngine> Engine(BodyOptions bodies) {
    FetchOptions options;
    options.bodies = std::move(bodies);
    return std::make_unique<FetchEngine>(*store_, breakers_, std::move(options));
  }
  BodyOptions InFolder() const {
    BodyOptions bodies;
    bodies.folder = dir_.path();
    return bodies;
  }
  // As another process would: nothing in memory, all from the file.
  void Restart() {
    engine_.reset();
    store_.reset();
    EXPECT_TRUE(cache_->Close(30 * kSecond).ok());
    cache_.reset();
    cache_ = Open();
    store_ = std::make_unique<CacheStore>(cache_);
    engine_ = Engine(InFolder());
  }
  static FetchRequest Get(const std::string& url) {
    FetchRequest request;
    request.url = url;
    return request;
  }
  bool Stored(const std::string& url) {
    return store_->Find(url, Headers(), ResponseStore::Look::kFirst).response != nullptr;
  }
  // Files without a name, of this folder, that are open here.
  int Spills() const {
    int count = 0;
    for (const auto& file : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(file.path(), gone);
      if (target.starts_with(dir_.path()) && target.ends_with(" (deleted)")) ++count;
    }
    return count;
  }

  bool IsSpillMapped() const {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find(dir_.path()) != std::string::npos && line.ends_with(" (deleted)")) return true;
    }
    return false;
  }

  const test::TempDir dir_;
  std::shared_ptr<Cache> cache_ = Open();
  std::unique_ptr<CacheStore> store_ = std::make_unique<CacheStore>(cache_);
  BreakerRegistry breakers_{BreakerSettings(), Clock::Real(), 1};
  std::unique_ptr<FetchEngine> engine_ = Engine(InFolder());
};

#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)  // which add memory of their own
constexpr int64_t kMayGrow = 24 << 20;
#else
constexpr int64_t kMayGrow = int64_t{1} << 40;
#endif

TEST_F(LargeBodiesTest, MemoryStaysBoundedWhileSeveralComeInAndAreStored) {
  const std::string block = Noise();
  for (const char* fields : {"Cache-Control: max-age=600\r\n", "Vary: *\r\n"}) {  // not stored
    RawServer server([&](Connection& peer) {
      if (!peer.ReadRequest().empty()) Answer(peer, block, 32, fields);
      peer.WaitForClose();
    });
    test::Collector<Result<FetchResult>> results;
    MemoryWatch watch;
    for (const char* path : {"/a", "/b", "/c", "/d"}) {
      engine_->Fetch(Get(server.Url(path)), results.Callback());
    }
    ASSERT_TRUE(results.Await(4));
    EXPECT_TRUE(cache_->Flush(30 * kSecond).ok());
    EXPECT_LT(watch.Grown(), kMayGrow) << "of 128 MiB";
    for (size_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(results[i].ok()) << results[i].status().message();
      EXPECT_TRUE(IsRepeated(results[i]->body(), block, 32));
    }
  }
}

TEST_F(LargeBodiesTest, OneIsStoredWholeAndServedFromTheFile) {
  const std::string block = Noise();
  RawServer server([&](Connection& peer) {
    while (!peer.ReadRequest().empty()) Answer(peer, block, 6);
  });
  {
    const Result<FetchResult> fetched = engine_->FetchAndWait(Get(server.Url()));
    ASSERT_TRUE(fetched.ok()) << fetched.status().message();
    EXPECT_TRUE(IsRepeated(fetched->body(), block, 6));
    EXPECT_TRUE(IsSpillMapped());
  }
  Restart();
  EXPECT_FALSE(IsSpillMapped()) << "nobody has it any more";
  const Result<FetchResult> stored = engine_->FetchAndWait(Get(server.Url()));
  ASSERT_TRUE(stored.ok()) << stored.status().message();
  EXPECT_EQ(stored->served_from, TAPPS_FROM_DISK);
  EXPECT_TRUE(IsRepeated(stored->body(), block, 6));
}

TEST_F(LargeBodiesTest, CompressedOnesAreDecodedIntoTheFile) {
  const std::string block = Prose();
  z_stream stream = {};
  ASSERT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(20 * kMiB, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  for (int i = 0; i < 20; ++i) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream.avail_in = static_cast<uInt>(block.size());
    deflate(&stream, i == 19 ? Z_FINISH : Z_NO_FLUSH);
  }
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  RawServer server([&](Connection& peer) {
    while (!peer.ReadRequest().empty()) {
      Answer(peer, packed, 1, "Content-Encoding: gzip\r\nCache-Control: max-age=600\r\n");
    }
  });
  FetchRequest narrow = Get(server.Url("/narrow"));
  narrow.limits.max_body_bytes = 20 * kMiB - 1;
  const Result<FetchResult> refused = engine_->FetchAndWait(std::move(narrow));
  EXPECT_EQ(refused.code(), TAPPS_E_TOO_LARGE);
  EXPECT_FALSE(Stored(server.Url("/narrow")));
  EXPECT_TRUE(test::Eventually([this] { return Spills() == 0; }));
  MemoryWatch watch;
  FetchRequest wide = Get(server.Url("/wide"));
  wide.limits.max_body_bytes = 20 * kMiB;
  const Result<FetchResult> fetched = engine_->FetchAndWait(std::move(wide));
  EXPECT_LT(watch.Grown(), kMayGrow / 2) << "of 20 MiB";
  ASSERT_TRUE(fetched.ok()) << fetched.status().message();
  EXPECT_TRUE(IsRepeated(fetched->body(), block, 20));
}

TEST_F(LargeBodiesTest, ACancelledOneLeavesNothingBehind) {
  const std::string block = Noise();
  RawServer server([&](Connection& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 8388608\r\n\r\n");
    for (int i = 0; i < 4; ++i) peer.Write(block);
    peer.WaitForClose();
  });
  test::Collector<Result<FetchResult>> results;
  const FetchEngine::Id id = engine_->Fetch(Get(server.Url()), results.Callback());
  ASSERT_TRUE(test::Eventually([this] { return Spills() == 1; }));
  engine_->Cancel(id);
  ASSERT_TRUE(results.Await(1));
  EXPECT_EQ(results[0].code(), TAPPS_E_CANCELLED);
  EXPECT_TRUE(test::Eventually([this] { return Spills() == 0; }));
  EXPECT_FALSE(Stored(server.Url()));
}

TEST_F(LargeBodiesTest, OneThatBreaksOffIsNotStored) {
  const std::string block = Noise();
  RawServer server([&](Connection& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 8388608\r\n\r\n");
    for (int i = 0; i < 4; ++i) peer.Write(block);
  });
  const Result<FetchResult> result = engine_->FetchAndWait(Get(server.Url()));
  EXPECT_EQ(result.code(), TAPPS_E_NETWORK);
  EXPECT_NE(result.status().message().find("after 4194304 bytes of the body"), std::string::npos)
      << result.status().message();
  EXPECT_TRUE(test::Eventually([this] { return Spills() == 0; }));
  EXPECT_FALSE(Stored(server.Url()));
}

TEST_F(LargeBodiesTest, WhatIsForNoDiskIsInNoFile) {
  const std::string block = Noise();
  RawServer server([&](Connection& peer) {
    while (true) {
      const std::string request = peer.ReadRequest();
      if (request.empty()) return;
      std::string fields = "Cache-Control: max-age=600\r\n";
      if (request.find("/no-store") != std::string::npos) fields = "Cache-Control: no-store\r\n";
      if (request.find("/leads") != std::string::npos) {
        fields += "Content-Location: /x?token=hush\r\n";
      }
      Answer(peer, block, 4, fields);
    }
  });
  // Whether what was fetched is a file's.
  const auto spills = [&](const std::string& path, const std::string& field = "") {
    FetchRequest request = Get(server.Url(path));
    if (!field.empty()) request.headers.AddLine(field);
    const Result<FetchResult> result = engine_->FetchAndWait(std::move(request));
    EXPECT_TRUE(result.ok()) << result.status().message();
    EXPECT_EQ(result->body().size(), 4 * kMiB);
    return IsSpillMapped();
  };
  EXPECT_FALSE(spills("/no-store"));
  EXPECT_FALSE(spills("/", "Cache-Control: no-store"));
  EXPECT_FALSE(spills("/", "Authorization: Bearer hush"));
  EXPECT_FALSE(spills("/?token=hush"));
  EXPECT_FALSE(spills("/leads"));
  EXPECT_TRUE(spills("/others"));
}

TEST_F(LargeBodiesTest, AFullDiskIsAClearErrorAndNothingIsStored) {
  BodyOptions bodies = InFolder();
  bodies.memory = 2 * kMiB;
  engine_ = Engine(bodies);
  const std::string block = Noise();
  test::Door door;
  RawServer server([&](Connection& peer) {
    std::string request = peer.ReadRequest();
    for (; request.find("/hoarder") == std::string::npos; request = peer.ReadRequest()) {
      if (request.empty()) return;
      request.find("/small") == std::string::npos ? Answer(peer, block, 8) : Answer(peer, "x", 1);
    }
    peer.Write("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 3145729\r\n\r\n");
    for (int i = 0; i < 3; ++i) peer.Write(block);
    door.Pass();
    peer.Write("!");
    peer.WaitForClose();
  });
  // What may be in no file has taken the memory, so that there is no other place than the disk.
  test::Collector<Result<FetchResult>> hoarder;
  engine_->Fetch(Get(server.Url("/hoarder")), hoarder.Callback());
  FetchRequest small = Get(server.Url("/small"));
  small.headers.AddLine("Cache-Control: no-store");
  ASSERT_TRUE(
      test::Eventually([&] { return engine_->FetchAndWait(small).code() == TAPPS_E_BUSY; }));
  {
    const test::FullDisk full(3 * kMiB);
    const Result<FetchResult> result = engine_->FetchAndWait(Get(server.Url("/large")));
    EXPECT_EQ(result.code(), TAPPS_E_FULL);
    EXPECT_TRUE(result.status().message().starts_with("127.0.0.1:")) << result.status().message();
  }
  EXPECT_FALSE(Stored(server.Url("/large")));
  EXPECT_TRUE(test::Eventually([this] { return Spills() == 0; }));
  const Result<FetchResult> after = engine_->FetchAndWait(Get(server.Url("/large")));
  ASSERT_TRUE(after.ok()) << after.status().message();
  EXPECT_TRUE(IsRepeated(after->body(), block, 8));
  door.Open();
  ASSERT_TRUE(hoarder.Await(1));
  EXPECT_TRUE(hoarder[0].ok()) << hoarder[0].status().message();
}

}  // namespace
}  // namespace tapps::http
