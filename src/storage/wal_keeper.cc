#include "storage/wal_keeper.h"

#include <sys/stat.h>

#include <algorithm>

namespace tapps::storage {

Status WalKeeper::Prepare(const std::string& path, Connection& writer, Connection& checkpointer) {
  wal_path_ = path + "-wal";
  writer_ = &writer;
  checkpointer_ = &checkpointer;
  frames_ = 0;
  due_at_ = 0;  // what others left behind is looked at once
  const Result<int64_t> page_size = writer.QueryInt("PRAGMA page_size", 4096);
  if (!page_size.ok()) return page_size.status();
  page_size_ = *page_size;
  // A WAL that has grown beyond is cut to this when it begins anew.
  writer.Exec(("PRAGMA journal_size_limit=" + std::to_string(limits_.WalSoft())).c_str());
  checkpointer.Exec("PRAGMA synchronous=NORMAL");
  sqlite3_wal_hook(
      writer.handle(),
      [](void* self, sqlite3*, const char*, int frames) {
        static_cast<WalKeeper*>(self)->frames_ = frames;
        return SQLITE_OK;
      },
      this);
  return {};
}

int64_t WalKeeper::FileBytes() const {
  struct stat st {};
  return stat(wal_path_.c_str(), &st) == 0 ? static_cast<int64_t>(st.st_size) : 0;
}

Result<CheckpointResult> WalKeeper::CheckpointNow() {
  Result<CheckpointResult> result = Checkpoint(*writer_, *checkpointer_);
  if (result.ok()) checkpoints_.fetch_add(1, std::memory_order_relaxed);
  return result;
}

Status WalKeeper::CheckpointIfDue() {
  // Half of the soft cap, so that the commits until the WAL begins anew stay below it.
  const int step = std::max(16, static_cast<int>(limits_.WalSoft() / page_size_ / 2));
  if (frames_ < due_at_) {
    if (frames_ < step) due_at_ = step;  // the WAL began anew, or is short
    return {};
  }
  const Result<CheckpointResult> result = CheckpointNow();
  if (!result.ok()) return result.status();
  // Frames that a reader pins are tried again when as many new ones have come, not after every
  // commit.
  due_at_ = frames_ + step;
  return {};
}

Result<bool> WalKeeper::MakeRoom() {
  // The file may be larger than what is in use of it: a look that costs little says "yes" nearly
  // always.
  room_at_ = FileBytes();
  if (room_at_ < limits_.WalStop()) return true;
  const Result<CheckpointResult> result = CheckpointNow();
  if (!result.ok()) return result.status();
  const int64_t used = result->frames * (page_size_ + 24);
  if (used < limits_.WalStop()) return true;
  return result->copied == result->frames && WalIsUnused(*checkpointer_);
}

bool WalKeeper::StillHasRoom() const {
  // Where it is larger than the stop, it has no unused end: it is cut when it begins anew.
  const int64_t bytes = FileBytes();
  return bytes < limits_.WalStop() || bytes <= room_at_;
}

}  // namespace tapps::storage
