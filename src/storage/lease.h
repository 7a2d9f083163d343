#ifndef TAPPS_STORAGE_LEASE_H_
#define TAPPS_STORAGE_LEASE_H_

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "storage/process_id.h"
#include "storage/sqlite.h"

namespace tapps::storage {

// Leases: names that one holder at a time has, among all processes of the file. They are rows of
// the file, so they vanish with it; nobody waits for one in the store. Every lease that begins or
// ends is a commit, so that processes which wait for it see the change counter move
// (ChangeFeed::Current) and look again (Reader::FindLease).

// What a group asks of a lease. The answers, as the group's `done` gets them:
//   kAcquire  OK; EXISTS while another token holds it and neither its time is up nor its process
//             dead. Asked with the token that holds it already: as kRenew.
//   kRenew    OK; NOT_FOUND when it was lost.
//   kRelease  OK, also when it was lost.
struct LeaseRequest {
  enum class Op { kAcquire, kRenew, kRelease };
  Op op = Op::kAcquire;
  std::string name;
  int64_t token = 0;        // of the holder; unique among all processes (random)
  int64_t duration_us = 0;  // from now
};

// A token for a new holder.
int64_t NewLeaseToken();
// The name of the lease on what has this hash, such as "load:0123456789abcdef". `kind` is a word.
std::string LeaseName(const char* kind, uint64_t hash);

struct Lease {
  int64_t token = 0;
  int64_t since_us = 0;     // wall clock
  int64_t deadline_us = 0;  // wall clock
  ProcessId owner;

  // Whether it still binds others at `now_us`: its time is not up, the clock has not been set back
  // to before it began, and its process is not known to be dead.
  bool Live(int64_t now_us) const;
};

// The table behind them, on the writer's connection. Results are SQLite result codes.
class LeaseTable {
 public:
  Status Prepare(Connection& connection);
  void Reset() { *this = {}; }
  // `refusal` is the answer above when it is not OK; `until_us` as WriteGroup::lease_until_us.
  int Apply(const LeaseRequest& request, int64_t now_us, Status* refusal, int64_t* until_us);

 private:
  int Find(const std::string& name, Lease* lease, bool* found);
  int Store(const LeaseRequest& request, int64_t now_us);

  Statement find_;
  Statement store_;
  Statement remove_;
  Statement remove_old_;
};

// Columns of a lease row, in the order ReadLease wants them.
inline constexpr char kFindLease[] =
    "SELECT token, since, deadline, boot, pids, pid, started FROM leases WHERE name = ?1";
Lease ReadLease(const Statement& row);

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_LEASE_H_
