#include "storage/check.h"

#include <utility>

#include "base/hash.h"
#include "storage/reader.h"

namespace tapps::storage {
namespace {

constexpr int64_t kPage = 256;       // entries listed at once
constexpr int64_t kSamplePages = 8;  // of those, spread over the table

Status ReadProblems(Connection& connection, bool deep, CheckReport* report) {
  const std::string sql = std::string("PRAGMA ") + (deep ? "integrity_check(" : "quick_check(") +
                          std::to_string(CheckReport::kMaxProblems) + ")";
  Result<Statement> check = connection.Prepare(sql);
  int rc = SQLITE_ROW;
  while (check.ok() && (rc = check->Step()) == SQLITE_ROW) {
    if (check->Bytes(0) != "ok") report->problems.emplace_back(check->Bytes(0));
  }
  const Status failure =
      check.ok() ? connection.Error(rc, "cannot check the file") : std::move(check).status();
  if (rc == SQLITE_DONE && failure.code() == TAPPS_OK) return {};
  if (failure.code() != TAPPS_E_CORRUPT) return failure;
  report->problems.emplace_back(failure.message());
  return {};
}

// Verifies the entries of a listing; `after` becomes the id of the last one.
Status VerifyPage(Reader& reader, int64_t* after, CheckReport* report) {
  // Dead entries too: they are part of the file until they are removed.
  const Result<std::vector<Listed>> page = reader.List("", "", *after, 0, kPage);
  if (!page.ok()) return page.status();
  for (const Listed& entry : *page) {
    const auto found = reader.Find(KeyHash(entry.space, entry.key), entry.space, entry.key);
    ++report->entries;
    if (found.code() == TAPPS_E_CORRUPT) ++report->damaged;
    *after = entry.id;
  }
  if (page->size() < kPage) *after = -1;
  return {};
}

Status VerifyEntries(const std::string& path, int64_t last_id, bool deep, CheckReport* report) {
  Result<std::unique_ptr<Reader>> reader = Reader::Open(path);
  if (!reader.ok()) return std::move(reader).status();
  const int64_t step = deep ? 0 : last_id / kSamplePages;
  int64_t after = 0;
  for (int64_t page = 0; after >= 0; ++page) {
    if (!deep && page == kSamplePages) break;
    if (step > kPage) after = page * step;
    TAPPS_RETURN_IF_ERROR(VerifyPage(**reader, &after, report));
  }
  return {};
}

}  // namespace

Result<CheckReport> CheckDatabase(const std::string& path, bool deep) {
  Result<Connection> connection = Connection::Open(path, Connection::Mode::kReadOnly);
  if (!connection.ok()) return std::move(connection).status();
  CheckReport report;
  TAPPS_RETURN_IF_ERROR(ReadProblems(*connection, deep, &report));
  const Result<int64_t> last = connection->QueryInt("SELECT max(id) FROM entries");
  Status verified = last.ok() ? VerifyEntries(path, *last, deep, &report) : last.status();
  if (verified.code() == TAPPS_E_CORRUPT) {
    report.problems.emplace_back(verified.message());
  } else if (!verified.ok()) {
    return verified;
  }
  return report;
}

}  // namespace tapps::storage
