#ifndef TAPPS_STORAGE_READER_H_
#define TAPPS_STORAGE_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/value.h"
#include "storage/lease.h"
#include "storage/sqlite.h"
#include "storage/value_codec.h"
#include "storage/write_queue.h"

namespace tapps::storage {

// An entry without its value, as a listing shows it.
struct Listed {
  int64_t id = 0;
  std::string space;
  std::string key;
  std::string content_type;
  int64_t size = 0;
  int64_t created_us = 0;
  int64_t expires_us = 0;
  int64_t last_used_us = 0;
  int64_t hits = 0;
  uint32_t flags = 0;
};

// A reading connection with its statements. One thread at a time.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> Open(const std::string& path);

  // The stored entry, expired or not; NOT_FOUND; CORRUPT when its checksum is wrong. Copies the
  // value once, from SQLite's page cache into the block returned.
  Result<ValueRef> Find(uint64_t hash, std::string_view space, std::string_view key);

  // As Find, by the entry's id, without its index; tells what else names it.
  Result<ValueRef> FindById(int64_t id, uint64_t* hash, std::string* space, std::string* key);

  // What Find would say of an entry's times, version and flags, without reading its value; not
  // whether that is intact. NOT_FOUND.
  Result<ValueInfo> Head(uint64_t hash, std::string_view space, std::string_view key);

  // Gives several calls one view of the file. End it soon: an open view keeps checkpoints from
  // finishing.
  Status BeginView();
  void EndView();
  bool InView() const;

  // Up to `limit` entries with id above `after_id`, in the order of ids, that are in `space`
  // (empty: any), begin with `prefix`, have the tag if one is given, and are not dead at `now_us`.
  // Reads every entry of the file unless a tag is given.
  Result<std::vector<Listed>> List(std::string_view space, std::string_view prefix,
                                   int64_t after_id, int64_t now_us, size_t limit,
                                   std::string_view tag = {});

  struct Count {
    int64_t entries = 0;
    int64_t bytes = 0;  // of keys and values as stored
  };
  // Of the entries a filter takes that are not dead at `now_us`. Reads every entry of the file
  // unless the filter has a tag.
  Result<Count> CountEntries(const Filter& filter, int64_t now_us);

  // The row of a lease, whether it still binds or not; NOT_FOUND.
  Result<Lease> FindLease(const std::string& name);

  struct Totals {
    int64_t entries = 0;
    int64_t page_bytes = 0;  // of the database file
    int64_t free_bytes = 0;  // of pages not in use
  };
  Result<Totals> ReadTotals();

 private:
  Reader() = default;
  Status PrepareOnce(const char* sql, Statement* statement);
  Result<ValueRef> Build(Statement& row, std::string_view space);
  Status Decode(Statement& row, int64_t flags, char* out, size_t size);

  std::unique_ptr<Connection> connection_;
  Statement find_;
  Statement head_;
  Statement find_lease_;
  Statement find_by_id_;
  Statement chunks_;
  Decompressor decompressor_;
};

// Readers for any thread, opened when needed and kept for the next caller.
class ReaderPool {
 public:
  explicit ReaderPool(std::string path) : path_(std::move(path)) {}

  // A reader that returns to the pool at the end of its scope.
  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<Reader> reader, int64_t generation)
        : pool_(pool), reader_(std::move(reader)), generation_(generation) {}
    Lease(Lease&&) = default;
    ~Lease() {
      if (reader_) pool_.Return(std::move(reader_), generation_);
    }
    Reader* operator->() { return reader_.get(); }
    Reader& operator*() { return *reader_; }

   private:
    ReaderPool& pool_;
    std::unique_ptr<Reader> reader_;
    int64_t generation_;
  };
  Result<Lease> Take();
  // Closes all readers, those on lease when they come back: the path now names another file.
  void Renew();

 private:
  static constexpr size_t kMaxIdle = 8;
  void Return(std::unique_ptr<Reader> reader, int64_t generation);

  const std::string path_;
  Mutex mu_;
  std::vector<std::unique_ptr<Reader>> idle_ GUARDED_BY(mu_);
  int64_t generation_ GUARDED_BY(mu_) = 0;  // of the file
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_READER_H_
