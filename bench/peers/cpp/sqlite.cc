// SQLite without anything around it: WAL, synchronous=NORMAL, a transaction for a single put and
// one for 1,024 where many are persisted.

#include "../raw_sqlite.h"
#include "contender.h"

namespace {

class Store {
 public:
  enum Use { kInMemory, kOnDisk, kWrites };
  Store(const std::string& path, Use) : db_(path) {}

  template <typename F>
  bool Get(std::string_view key, F&& use) {
    return db_.Get(key, bench::RawSqlite::HashOf(key), use);
  }
  bool Put(std::string_view key, std::string_view value) {
    db_.Begin();
    db_.Put(key, value);
    db_.Commit();
    return true;
  }
  void Fill(const bench::Data& data) { db_.Fill(data); }
  bool Flush() { return true; }

 private:
  bench::RawSqlite db_;
};

}  // namespace

int main(int argc, char** argv) { return bench::Serve<Store>(argc, argv); }
