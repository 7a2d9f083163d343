#ifndef TAPPS_STORAGE_ENTRY_TABLE_H_
#define TAPPS_STORAGE_ENTRY_TABLE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "storage/sqlite.h"
#include "storage/value_codec.h"
#include "storage/write_queue.h"

namespace tapps::storage {

// Hashes of the keys a transaction has changed, for its rows of the change feed.
struct Changes {
  std::vector<uint64_t> own;   // this process's memory has the new value already
  std::vector<uint64_t> told;  // it has not: it is told as others are
  // A bulk removal: some process may remember an entry that it takes and that the file has evicted,
  // so that its hash is not known here. All forget everything.
  bool everything = false;
  size_t size() const { return own.size() + told.size(); }
};

// The entries and their tags, as the writer changes them; on its connection, inside of its
// transaction. Functions return SQLite result codes.
class EntryTable {
 public:
  // `clock` tells wall time, for expiry.
  explicit EntryTable(const Clock* clock) : clock_(clock) {}
  // On a connection that outlives this object or the next Reset.
  Status Prepare(Connection& connection);
  void Reset() { sql_ = {}; }

  // Whether the conditions of a group's records hold; else its refusal is set.
  int CheckConditions(WriteGroup& group);
  // Stores a group's records.
  int Apply(WriteGroup& group, Changes* changes);
  int Erase(int64_t id);

  // Adds what the transaction has changed to the table of totals; before its COMMIT.
  int StoreTotals();
  // Forgets it: the transaction is rolled back.
  void DropTotals() { totals_.clear(); }
  // Counts all entries anew: older releases do not keep the totals.
  int CountTotals();

 private:
  enum Sql {
    kFind,
    kInsert,
    kUpdate,
    kTouch,
    kDelete,
    kDeleteTags,
    kInsertTag,
    kAddTotals,
    kDropTotals,
    kInsertChunk,
    kSqlCount
  };
  struct Total {
    int64_t entries = 0;
    int64_t bytes = 0;
  };
  struct Found {
    int64_t id = 0;  // 0: there is none
    int64_t version = 0;
    int64_t expires_us = 0;
    int64_t dead_us = 0;
    uint32_t flags = 0;
    int64_t bytes = 0;  // of key and value as stored
  };

  // What goes into the file for a value (storage/value_codec.h); valid until the next call.
  struct Stored {
    int64_t flags = 0;
    std::string_view bytes;
  };

  int Find(const Record& record, Found* found);
  int ApplyRecord(const Record& record);
  int Upsert(const Record& record, const Found& found);
  void Count(std::string_view space, int64_t entries, int64_t bytes);
  Stored Encode(const Value& value);
  int StoreChunks(int64_t id, std::string_view bytes);
  int SetTags(int64_t id, std::string_view tags, bool fresh);

  const Clock* const clock_;
  Connection* connection_ = nullptr;
  std::array<Statement, kSqlCount> sql_;
  Compressor compressor_;
  std::map<std::string, Total, std::less<>> totals_;  // changes of this transaction, by namespace
};

// The condition of a filter, to follow WHERE, and its parameters ?1 to ?3.
std::string FilterSql(const Filter& filter);
void BindFilter(Statement& statement, const Filter& filter);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_ENTRY_TABLE_H_
