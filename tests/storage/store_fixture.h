#ifndef TAPPS_TESTS_STORAGE_STORE_FIXTURE_H_
#define TAPPS_TESTS_STORAGE_STORE_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "storage/store.h"
#include "support/temp_dir.h"

namespace tapps::storage {

// A store on a file of its own, with verbs that wait for the writer.
class StoreFixture : public ::testing::Test {
 protected:
  using Group = std::shared_ptr<WriteGroup>;

  ~StoreFixture() override { Close(); }

  void Open() {
    Close();
    options_.path = path_;
    options_.clock = &clock_;
    auto store = Store::Open(options_);
    ASSERT_TRUE(store.ok()) << store.status().message();
    store_ = *std::move(store);
  }
  void Close() {
    if (!store_) return;
    EXPECT_TRUE(store_->Close(30 * kSecond).ok());
    store_.reset();
  }

  Record MakeRecord(std::string_view key, std::string_view bytes, ValueInfo info = {},
                    std::string_view tags = {}) {
    Record record;
    record.space = "default";
    record.key = key;
    record.hash = KeyHash(record.space, key);
    if (info.version == 0) info.version = ++version_;
    record.value = Value::Make(bytes, info, {{TAPPS_TEXT_TAGS, tags}});
    return record;
  }
  static Group Of(Record record) {
    auto group = std::make_shared<WriteGroup>();
    group->records.push_back(std::move(record));
    return group;
  }
  // Writes a group at once and returns its answer.
  Status Write(const Group& group, int64_t timeout_us = 30 * kSecond) {
    struct Answer {
      std::mutex mu;
      std::condition_variable cv;
      bool done = false;
      Status status;
    };
    auto answer = std::make_shared<Answer>();
    group->urgent = true;
    group->done = [answer](Status status) {
      std::lock_guard lock(answer->mu);
      answer->done = true;
      answer->status = std::move(status);
      answer->cv.notify_all();
    };
    TAPPS_RETURN_IF_ERROR(store_->Write(group, timeout_us, nullptr));
    std::unique_lock lock(answer->mu);
    const auto limit = std::chrono::microseconds(timeout_us);
    if (!answer->cv.wait_for(lock, limit, [&] { return answer->done; })) {
      return Status(TAPPS_E_TIMEOUT, "not answered");
    }
    return std::move(answer->status);
  }
  Status Put(std::string_view key, std::string_view bytes, ValueInfo info = {},
             std::string_view tags = {}) {
    return Write(Of(MakeRecord(key, bytes, info, tags)));
  }
  Status Flush() { return Write(std::make_shared<WriteGroup>()); }

  // The value in the file, or "<CODE>".
  std::string Get(std::string_view key) {
    auto reader = store_->readers().Take();
    if (!reader.ok()) return "<" + std::string(CodeName(reader.code())) + ">";
    auto found = (*reader)->Find(KeyHash("default", key), "default", key);
    if (!found.ok()) return "<" + std::string(CodeName(found.code())) + ">";
    return std::string((*found)->bytes());
  }
  int64_t VersionOf(std::string_view key) {
    auto reader = store_->readers().Take();
    auto found = (*reader)->Head(KeyHash("default", key), "default", key);
    return found.ok() ? found->version : 0;
  }
  // Waits until something is so, for half a minute at most.
  static bool Eventually(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }
  int64_t FileBytes(const char* suffix) const {
    std::error_code error;
    const auto size = std::filesystem::file_size(path_ + suffix, error);
    return error ? 0 : static_cast<int64_t>(size);
  }
  int64_t FileSetBytes() const { return FileBytes("") + FileBytes("-wal") + FileBytes("-shm"); }
  // Bytes that no compression makes smaller, different for every seed.
  static std::string Noise(size_t size, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }

  // Runs SQL on a connection of its own, as another program would.
  void Sql(const std::string& sql) {
    auto connection = Connection::Open(path_, Connection::Mode::kReadWrite);
    ASSERT_TRUE(connection.ok()) << connection.status().message();
    connection->SetBusyHandler([] { return true; });
    ASSERT_EQ(connection->Exec(sql.c_str()), SQLITE_OK) << sqlite3_errmsg(connection->handle());
  }
  int64_t SqlInt(const std::string& sql) {
    auto connection = Connection::Open(path_, Connection::Mode::kReadOnly);
    if (!connection.ok()) return -1;
    connection->SetBusyHandler([] { return true; });
    auto found = connection->QueryInt(sql, -2);
    return found.ok() ? *found : -3;
  }

  test::TempDir dir_;
  std::string path_ = dir_.File("cache-1.db");
  FakeClock clock_;
  StoreOptions options_{.disk_bytes = int64_t{1} << 30,
                        .queue_bytes = int64_t{32} << 20,
                        .commit_interval_us = 1 * kMillisecond,
                        .open_timeout_us = 5 * kSecond};
  std::shared_ptr<Store> store_;
  int64_t version_ = 0;
};

}  // namespace tapps::storage

#endif  // TAPPS_TESTS_STORAGE_STORE_FIXTURE_H_
