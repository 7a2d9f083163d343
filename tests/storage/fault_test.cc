// Every call of the file layer fails once: an error code or a miss each time, never a wrong value,
// and the store works afterwards.
#include <cstdlib>

#include "storage/store_fixture.h"
#include "support/shim_vfs.h"

namespace tapps::storage {
namespace {

class FaultTest : public StoreFixture, public ::testing::WithParamInterface<int> {
 protected:
  // The store must be gone before the file layer is.
  ~FaultTest() override { store_.reset(); }

  // Lets call number `nth` fail, counted from now; returns how many there have been through
  // Calls().
  void FailOnce(int nth) {
    calls_ = 0;
    vfs_.SetHook([this, nth](test::ShimVfs::Op op) {
      if (op == test::ShimVfs::Op::kCheckpointHasHeader) return SQLITE_OK;
      if (++calls_ != nth) return SQLITE_OK;
      using Op = test::ShimVfs::Op;
      const int code = GetParam();
      if (code == SQLITE_IOERR_SHORT_READ && op != Op::kRead) return SQLITE_IOERR;
      if (code == SQLITE_FULL && op != Op::kWrite) return SQLITE_IOERR;
      if (code == SQLITE_CANTOPEN && op != Op::kOpen) return SQLITE_IOERR_ACCESS;
      return code;
    });
  }

  // What a program does with a cache; puts that were acknowledged are noted.
  void UseTheCache() {
    acknowledged_.clear();
    auto store = Store::Open(options_);
    if (!store.ok()) {
      EXPECT_FALSE(store.status().message().empty());
      return;
    }
    store_ = *std::move(store);
    for (const char* key : {"a", "b", "c"}) {
      const Status status = Put(key, Value(key), {}, "tag");
      if (status.ok()) acknowledged_.emplace_back(key);
    }
    for (const char* key : {"a", "b", "c", "old"}) {
      const std::string found = Get(key);
      EXPECT_TRUE(found == Value(key) || found.front() == '<') << key;
    }
    auto reader = store_->readers().Take();
    if (reader.ok()) (void)(*reader)->List("", "", 0, 0, 10);
    store_->NoteUse(KeyHash("default", "old"));
  }
  static std::string Value(std::string_view key) { return Noise(9000, Hash64(key)); }

  test::ShimVfs vfs_;
  std::atomic<int> calls_{0};
  std::vector<std::string> acknowledged_;
};

TEST_P(FaultTest, EveryCallThatFailsOnceIsSurvived) {
  const char* every = std::getenv("TAPPS_FAULT_STEP");
  const int step = every == nullptr ? 23 : std::atoi(every);
  options_.clock = &clock_;
  std::mutex mu;
  std::string why;
  options_.on_state = [&](int32_t, const Status& status) {
    std::lock_guard lock(mu);
    why = status.message();
  };
  int failed_at = 1 + GetParam() % step;
  do {
    path_ = dir_.File("cache " + std::to_string(failed_at) + ".db");
    Open();
    ASSERT_TRUE(Put("old", Value("old")).ok());
    Close();
    FailOnce(failed_at);
    UseTheCache();
    const int calls = calls_;
    FailOnce(0);
    // From here on nothing fails: what was acknowledged is there, and the cache works.
    if (!store_) Open();
    ASSERT_TRUE(store_) << "call " << failed_at;
    EXPECT_TRUE(Eventually([&] { return Put("after", "1").ok(); })) << "call " << failed_at;
    acknowledged_.emplace_back("old");
    for (const std::string& key : acknowledged_) {
      EXPECT_TRUE(Get(key) == Value(key))
          << key << ", call " << failed_at << ": " << Get(key).substr(0, 20);
    }
    EXPECT_TRUE(Eventually([&] { return store_->state() == TAPPS_STATE_OK; }))
        << "call " << failed_at << ": " << [&] {
             std::lock_guard lock(mu);
             return why;
           }();
    const auto report = store_->Check(true);
    EXPECT_TRUE(report.ok() && report->ok()) << "call " << failed_at;
    Close();
    vfs_.SetHook(nullptr);
    if (calls < failed_at) break;  // the one that was to fail never came
    failed_at += step;
  } while (!HasFailure());
  RecordProperty("calls", failed_at);
}

INSTANTIATE_TEST_SUITE_P(Errors, FaultTest,
                         ::testing::Values(SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN,
                                           SQLITE_IOERR_SHORT_READ),
                         [](const auto& param) -> std::string {
                           switch (param.param) {
                             case SQLITE_IOERR:
                               return "Io";
                             case SQLITE_FULL:
                               return "Full";
                             case SQLITE_CANTOPEN:
                               return "Access";
                             default:
                               return "ShortRead";
                           }
                         });

}  // namespace
}  // namespace tapps::storage
