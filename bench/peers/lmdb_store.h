#ifndef TAPPS_BENCH_PEERS_LMDB_STORE_H_
#define TAPPS_BENCH_PEERS_LMDB_STORE_H_

#include <lmdb.h>

#include <string>
#include <string_view>

#include "harness.h"
#include "workload.h"

namespace bench {

// LMDB in one file. MDB_NOSYNC: never waits for the disk, and a power cut may cost the file.
// MDB_NOMETASYNC: one sync a transaction; a power cut may cost the last transaction.
class LmdbStore {
 public:
  LmdbStore(const std::string& path, unsigned int flags) {
    Must(mdb_env_create(&env_));
    Must(mdb_env_set_mapsize(env_, size_t{4} << 30));
    Must(mdb_env_open(env_, path.c_str(), MDB_NOSUBDIR | flags, 0600));
    MDB_txn* txn = nullptr;
    Must(mdb_txn_begin(env_, nullptr, 0, &txn));
    Must(mdb_dbi_open(txn, nullptr, 0, &dbi_));
    Must(mdb_txn_commit(txn));
    Must(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &read_));
    mdb_txn_reset(read_);
  }
  ~LmdbStore() {
    mdb_txn_abort(read_);
    mdb_env_close(env_);
  }
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;

  // One read transaction, renewed as LMDB's documentation advises; zero copy.
  bool Hit(std::string_view key) {
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    MDB_val v{};
    if (mdb_txn_renew(read_) != MDB_SUCCESS) return false;
    const int rc = mdb_get(read_, dbi_, &k, &v);
    Keep(v.mv_data);
    mdb_txn_reset(read_);
    return rc == MDB_SUCCESS;
  }

  void Begin() { Must(mdb_txn_begin(env_, nullptr, 0, &write_)); }
  void Put(std::string_view key, std::string_view value) {
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    MDB_val v{value.size(), const_cast<char*>(value.data())};
    Must(mdb_put(write_, dbi_, &k, &v, 0));
  }
  void Commit() { Must(mdb_txn_commit(write_)); }

  void Fill(const Data& data, size_t per_transaction = 1024) {
    for (size_t i = 0; i < data.count(); ++i) {
      if (i % per_transaction == 0) Begin();
      Put(data.key(i), data.value(i));
      if (i % per_transaction == per_transaction - 1 || i + 1 == data.count()) Commit();
    }
  }

 private:
  static void Must(int rc) {
    if (rc != MDB_SUCCESS) Fail(std::string("LMDB: ") + mdb_strerror(rc));
  }
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  MDB_txn* read_ = nullptr;
  MDB_txn* write_ = nullptr;
};

}  // namespace bench

#endif  // TAPPS_BENCH_PEERS_LMDB_STORE_H_
