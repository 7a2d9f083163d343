#include "storage/lease.h"

#include <cstdio>
#include <utility>

#include "base/random.h"

namespace tapps::storage {
namespace {

// Rows whose holders never came back are removed after this.
constexpr int64_t kKeepDead = 1 * kMinute;
// Clocks of two processors may differ by less than this.
constexpr int64_t kClockSlack = 1 * kSecond;

}  // namespace

int64_t NewLeaseToken() { return static_cast<int64_t>(RandomBits() >> 2) + 1; }

std::string LeaseName(const char* kind, uint64_t hash) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return std::string(kind) + ':' + digits;
}

bool Lease::Live(int64_t now_us) const {
  if (now_us >= deadline_us || now_us < since_us - kClockSlack) return false;
  return !owner.Dead();
}

Lease ReadLease(const Statement& row) {
  Lease lease;
  lease.token = row.Int(0);
  lease.since_us = row.Int(1);
  lease.deadline_us = row.Int(2);
  lease.owner = {row.Int(3), row.Int(4), row.Int(5), row.Int(6)};
  return lease;
}

Status LeaseTable::Prepare(Connection& connection) {
  const std::pair<Statement*, const char*> all[] = {
      {&find_, kFindLease},
      {&store_, "INSERT OR REPLACE INTO leases VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
      {&remove_, "DELETE FROM leases WHERE name = ?1 AND token = ?2"},
      {&remove_old_, "DELETE FROM leases WHERE deadline < ?1 OR since > ?2"},
  };
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = connection.Prepare(sql);
    if (!prepared.ok()) return std::move(prepared).status();
    *statement = *std::move(prepared);
  }
  return {};
}

int LeaseTable::Find(const std::string& name, Lease* lease, bool* found) {
  const ScopedReset reset(find_);
  const int rc = find_.BindText(1, name).Step();
  *found = rc == SQLITE_ROW;
  if (*found) *lease = ReadLease(find_);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int LeaseTable::Store(const LeaseRequest& request, int64_t now_us) {
  const ProcessId& self = ProcessId::Self();
  store_.BindText(1, request.name).Bind(2, request.token).Bind(3, now_us);
  store_.Bind(4, now_us + request.duration_us).Bind(5, self.boot).Bind(6, self.pids);
  return store_.Bind(7, self.pid).Bind(8, self.started).Run();
}

int LeaseTable::Apply(const LeaseRequest& request, int64_t now_us, Status* refusal,
                      int64_t* until_us) {
  if (request.op == LeaseRequest::Op::kRelease) {
    return remove_.BindText(1, request.name).Bind(2, request.token).Run();
  }
  Lease lease;
  bool found = false;
  if (const int rc = Find(request.name, &lease, &found); rc != SQLITE_OK) return rc;
  const bool own = found && lease.token == request.token;
  if (request.op == LeaseRequest::Op::kRenew && !own) {
    *refusal = Status::Bare(TAPPS_E_NOT_FOUND);
    return SQLITE_OK;
  }
  if (found && !own && lease.Live(now_us)) {
    *until_us = lease.deadline_us;
    *refusal = Status::Bare(TAPPS_E_EXISTS);
    return SQLITE_OK;
  }
  *until_us = now_us + request.duration_us;
  if (!found) {
    remove_old_.Bind(1, now_us - kKeepDead).Bind(2, now_us + kKeepDead);
    if (const int rc = remove_old_.Run(); rc != SQLITE_OK) return rc;
  }
  return Store(request, now_us);
}

}  // namespace tapps::storage
