#include "storage/upkeep.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "storage/value_codec.h"

namespace tapps::storage {
namespace {

constexpr int64_t kExpirySlice = 256;  // entries
constexpr int64_t kSampleSize = 256;   // entries, of which a quarter goes
constexpr size_t kUseSlice = 512;
constexpr int64_t kSpareFreePages = 1024;

constexpr const char* kSqlText[] = {
    "SELECT id FROM entries WHERE dead > 0 AND dead <= ?1 LIMIT ?2",
    "SELECT id, last_used, hits, " TAPPS_STORED_BYTES_SQL
    " FROM entries WHERE id > ?1 "
    "ORDER BY id LIMIT ?2",
    "UPDATE entries SET last_used = ?2, hits = hits + ?3 WHERE hash = ?1 AND "
    "(last_used < ?4 OR last_used > ?2)",
    "SELECT total(entries) FROM totals",
    "PRAGMA page_count",
    "PRAGMA freelist_count",
};

// How long an entry was not used. Where its time of use is far ahead, the clock was wrong once:
// what was noted then says nothing, and must not keep the entry until that time comes.
int64_t IdleFor(int64_t now, int64_t last_used) {
  if (last_used - now > kDay) return last_used - now;
  return std::max<int64_t>(0, now - last_used);
}

}  // namespace

Status Upkeep::Prepare(Connection& writer) {
  writer_ = &writer;
  hand_ = 0;
  for (size_t i = 0; i < sql_.size(); ++i) {
    Result<Statement> statement = writer.Prepare(kSqlText[i]);
    if (!statement.ok()) return std::move(statement).status();
    sql_[i] = *std::move(statement);
  }
  const Result<int64_t> page_size = writer.QueryInt("PRAGMA page_size", 4096);
  if (!page_size.ok()) return page_size.status();
  page_size_ = *page_size;
  const Result<int64_t> vacuum = writer.QueryInt("PRAGMA auto_vacuum");
  can_vacuum_ = vacuum.ok() && *vacuum == 2;
  if (next_flush_us_ == 0) next_flush_us_ = MonotonicNow() + kFlushEvery;
  return {};
}

Result<int64_t> Upkeep::Int(Sql which) {
  const ScopedReset reset(sql_[which]);
  const int rc = sql_[which].Step();
  if (rc != SQLITE_ROW) return writer_->Error(rc, "cannot read the size of the file");
  return sql_[which].Int(0);
}

Result<Upkeep::Excess> Upkeep::Measure(int64_t bytes) {
  const Result<int64_t> pages = Int(kPageCount);
  const Result<int64_t> free = Int(kFreePages);
  const Result<int64_t> entries = Int(kEntries);
  for (const Result<int64_t>* read : {&pages, &free, &entries}) {
    if (!read->ok()) return read->status();
  }
  Excess excess;
  // Half as much again for indexes and pages filled in part.
  excess.bytes = (*pages - *free) * page_size_ +
                 std::max(bytes + bytes / 2 - limits_.Database(), -limits_.Used());
  if (limits_.entries > 0) excess.entries = *entries - limits_.entries;
  excess.pages = can_vacuum_ && *free > 0 &&
                 (*pages * page_size_ > limits_.Database() || *free > *pages / 4 + kSpareFreePages);
  return excess;
}

Result<bool> Upkeep::Slice() {
  const Result<Excess> measured = Measure(0);
  if (!measured.ok()) return measured.status();
  const Excess& excess = *measured;
  const bool flush = uses_.any() && MonotonicNow() >= next_flush_us_;
  {
    Statement& dead = sql_[kSelectDead];
    const ScopedReset reset(dead);
    const bool expired = dead.Bind(1, clock_->WallNow()).Bind(2, 1).Step() == SQLITE_ROW;
    if (!expired && !excess.any() && !excess.pages && !flush) return false;
  }
  int rc = writer_->Exec("BEGIN IMMEDIATE");
  int64_t expired = 0;
  int64_t noted = 0;
  Evicted evicted;
  if (rc == SQLITE_OK) rc = Expire(&expired);
  if (rc == SQLITE_OK && excess.any() && expired == 0) rc = EvictOrMoveOn(excess, &evicted);
  if (rc == SQLITE_OK && flush) rc = NoteUses(&noted);
  if (rc == SQLITE_OK && excess.pages) {
    rc = writer_->Exec(
        ("PRAGMA incremental_vacuum(" + std::to_string(limits_.VacuumPages(page_size_)) + ")")
            .c_str());
  }
  if (rc == SQLITE_OK) rc = entries_.StoreTotals();
  if (rc == SQLITE_OK) rc = writer_->Exec("COMMIT");
  if (rc != SQLITE_OK) {
    const Status failure = writer_->Error(rc, "cannot remove old entries");
    writer_->Rollback();
    entries_.DropTotals();
    return failure;
  }
  expirations_.fetch_add(expired, std::memory_order_relaxed);
  if (excess.pages) vacuumed_ = true;
  evictions_.fetch_add(evicted.count, std::memory_order_relaxed);
  if (flush && noted < static_cast<int64_t>(kUseSlice)) {
    next_flush_us_ = MonotonicNow() + kFlushEvery;
  }
  // Else nothing is left that could go, though the bound is still passed.
  return expired > 0 || evicted.looked > 0 || noted > 0 || excess.pages;
}

int Upkeep::Expire(int64_t* count) {
  std::vector<int64_t> ids;
  Statement& dead = sql_[kSelectDead];
  dead.Bind(1, clock_->WallNow()).Bind(2, kExpirySlice);
  int rc = SQLITE_ROW;
  while ((rc = dead.Step()) == SQLITE_ROW) ids.push_back(dead.Int(0));
  dead.Reset();
  if (rc != SQLITE_DONE) return rc;
  for (const int64_t id : ids) {
    if (rc = entries_.Erase(id); rc != SQLITE_OK) return rc;
  }
  *count = static_cast<int64_t>(ids.size());
  return SQLITE_OK;
}

int Upkeep::Sample(std::vector<Candidate>* sample) {
  const int64_t now = clock_->WallNow();
  Statement& rows = sql_[kSample];
  const ScopedReset reset(rows);
  rows.Bind(1, hand_).Bind(2, kSampleSize);
  int64_t seen = 0;
  int rc = SQLITE_ROW;
  for (; (rc = rows.Step()) == SQLITE_ROW; ++seen) {
    hand_ = rows.Int(0);
    const int64_t idle = IdleFor(now, rows.Int(1));
    const auto uses = static_cast<uint64_t>(std::max<int64_t>(0, rows.Int(2)));
    sample->push_back({idle / static_cast<int64_t>(std::bit_width(uses + 1)), rows.Int(0),
                       rows.Int(3), rows.Int(1)});
  }
  if (seen < kSampleSize) hand_ = 0;
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int Upkeep::Evict(const Excess& excess, bool spare_used, Evicted* evicted) {
  std::vector<Candidate> sample;
  if (const int rc = Sample(&sample); rc != SQLITE_OK) return rc;
  evicted->looked += static_cast<int64_t>(sample.size());
  const size_t quarter = (sample.size() + 3) / 4;
  std::sort(sample.begin(), sample.end(),
            [](const Candidate& a, const Candidate& b) { return a.idle_us > b.idle_us; });
  sample.resize(quarter);
  const int64_t now = clock_->WallNow();
  int64_t bytes = 0;
  int64_t count = 0;
  for (const Candidate& victim : sample) {
    if (bytes >= excess.bytes && count >= excess.entries) break;
    const int64_t idle = IdleFor(now, victim.last_used_us);
    if (idle < kJustUsed) {
      if (spare_used) continue;
      evicted->just_used = true;
    }
    if (const int rc = entries_.Erase(victim.id); rc != SQLITE_OK) return rc;
    bytes += victim.bytes;
    ++count;
    idle_us_.store(std::clamp<int64_t>(idle, 0, kMaxIdle), std::memory_order_relaxed);
  }
  evicted->bytes += bytes;
  evicted->count += count;
  return SQLITE_OK;
}

int Upkeep::EvictOrMoveOn(const Excess& excess, Evicted* evicted) {
  const bool from_first = hand_ == 0;
  if (const int rc = Evict(excess, spare_used_, evicted); rc != SQLITE_OK) return rc;
  // A round that found nothing but what was just used: the bound goes before.
  fruitless_ = evicted->count == 0 ? fruitless_ + 1 : 0;
  if (evicted->count > 0) {
    spare_used_ = !evicted->just_used;
  } else if (hand_ == 0 || fruitless_ >= 64) {
    spare_used_ = false;
  }
  if (evicted->looked > 0 || !from_first || excess.entries <= 0) return SQLITE_OK;
  // There are no entries, whatever the totals say: an older release has removed them.
  return writer_->Exec("DELETE FROM totals");
}

Status Upkeep::MakeRoom(int64_t bytes, int64_t entries) {
  Evicted evicted;
  int rounds_left = 2;  // of the hand
  while (rounds_left > 0 && (evicted.bytes <= 2 * bytes || evicted.count <= 2 * entries)) {
    const Result<Excess> excess = Measure(bytes);
    if (!excess.ok()) return excess.status();
    if (!excess->any()) break;
    int rc = Evict(*excess, false, &evicted);
    if (rc == SQLITE_OK) rc = entries_.StoreTotals();  // which Measure reads
    if (rc != SQLITE_OK) return writer_->Error(rc, "cannot remove old entries");
    if (hand_ == 0) --rounds_left;
  }
  evictions_.fetch_add(evicted.count, std::memory_order_relaxed);
  return {};
}

int Upkeep::NoteUses(int64_t* count) {
  const int64_t now = clock_->WallNow();
  // A time of use that is younger than an eighth of what decides about eviction need not be written
  // again.
  const int64_t fresh = std::clamp<int64_t>(eviction_idle_us() / 8, 0, 10 * kMinute);
  Statement& note = sql_[kNoteUse];
  for (const UseLog::Use& use : uses_.Take(kUseSlice)) {
    note.Bind(1, static_cast<int64_t>(use.hash)).Bind(2, now);
    note.Bind(3, static_cast<int64_t>(use.count)).Bind(4, now - fresh);
    if (const int rc = note.Run(); rc != SQLITE_OK) return rc;
    ++*count;
  }
  return SQLITE_OK;
}

}  // namespace tapps::storage
