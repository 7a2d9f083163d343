#ifndef TAPPS_DOCS_LOOKUP_H_
#define TAPPS_DOCS_LOOKUP_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/counter.h"
#include "base/json.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/value.h"
#include "cache/cache.h"
#include "docs/installed.h"
#include "docs/project_facts.h"
#include "docs/store.h"
#include "docs/template_source.h"

namespace tapps {

// As tapps_docs_options in tapps.h, 0 meaning the default in numbers. Borrowed for the call.
struct DocsQuery {
  std::string_view library;
  std::string_view topic;
  std::string_view version;
  std::string_view ecosystem;
  std::string_view project_root;  // absolute, or relative to the working folder
  std::string_view paths;         // one a line
  std::string_view url_template;
  bool refresh = false;
  bool offline = false;
  bool wait = false;       // refreshes a stale page first, instead of serving it meanwhile
  int64_t timeout_us = 0;  // = 10 s
  int64_t max_tokens = 0;  // = 8,000; TAPPS_UNLIMITED: the whole document
  // Network requests that may still be made; each takes one. NULL: any number.
  std::atomic<int64_t>* requests = nullptr;
};

// Answers what the documentation of a library says; contract: tapps_docs_lookup in tapps.h.
//
// The version is the one given, else the one the project locks, else the one installed in it, else
// the one the template's server takes for "latest". Sources are asked in this order:
//
//   the cache -> packages installed here -> the URL template -> a stale copy, with a warning
//
// A repeated query reads two entries of the cache and the stamps of the package's files, so that a
// package installed anew is seen at once; a change of the project's manifests within 100 ms.
// Answers hold for the folders they were found in. A name that is installed as something else, or
// only nearly, is never answered: the error names what is near.
//
// Stale answers of the template are served, and refreshed in the background when there is one. The
// objects given to the constructor outlive this one. Any threads.
class DocsLookup : public std::enable_shared_from_this<DocsLookup> {
 public:
  // Runs a job some time, on another thread; may be empty.
  using Background = std::function<void(std::function<void()>)>;

  // Whether a URL has credentials in it: what it answers is not written to the file. Any threads.
  using SecretUrl = std::function<bool(const std::string& url)>;

  // fetch may be empty: no network then.
  static std::shared_ptr<DocsLookup> Make(std::shared_ptr<Cache> cache, PageFetcher fetch,
                                          Background background,
                                          const Clock* clock = &Clock::Real(),
                                          SecretUrl secret = {});

  // The sections as Markdown, reStructuredText or plain text (TAPPS_TEXT_CONTENT_TYPE), with
  // info.tokens and the texts LIBRARY, LIBRARY_VERSION, ECOSYSTEM, SOURCE, TOPIC, WARNING.
  // Blocks for files and, up to the timeout, the network. Returns INVALID, NOT_FOUND (library,
  // version or topic; the message names what is near), and the codes of a fetch.
  Result<ValueRef> Lookup(const DocsQuery& query);

  // Whether Lookup would be answered without asking any source: neither stale, nor from other
  // files than those there now. Writes nothing.
  bool IsFresh(const DocsQuery& query);

  // Whether Lookup would find an installed package; reads files, writes nothing.
  bool IsInstalled(const DocsQuery& query);

  // The scan of a project, shared with the lookups in it. Errors as for ScanProject.
  Result<std::shared_ptr<const ProjectFacts>> Facts(const std::string& root) {
    return facts_.Get(root);
  }
  const Clock& clock() const { return *clock_; }

  // {"lookups","hits","stale","not_found","failed","refreshed",
  //  "sources":{"cache","installed","template","stale"}}
  Json Stats() const;

 private:
  struct Request;  // a query that was checked, with what belongs to it

  DocsLookup(std::shared_ptr<Cache> cache, PageFetcher fetch, Background background,
             const Clock* clock, SecretUrl secret);

  Result<Request> Check(const DocsQuery& query) const;
  Result<ValueRef> Answer(Request& request);
  // What the record's document says; nothing when that is no longer stored.
  std::optional<Result<ValueRef>> FromRecord(const Request& request, const DocsStore::Found& found,
                                             std::string warning);
  Result<ValueRef> FromDocument(const Request& request, Document document);
  Result<ValueRef> FromStale(const Request& request, const DocsStore::Found& found,
                             const Status& reason);

  // Whether the files that a record was made from are as they were.
  bool Holds(const Request& request, const DocsRecord& record);
  Status Prepare(Request& request);
  // any_version: also another one than the project locks, with a warning.
  Result<Document> FromInstalled(const Request& request, bool any_version);
  Result<Document> FromTemplate(const Request& request);
  Result<Document> OnePage(const Request& request, const SourceQuery& query);
  std::string StaleWarning(int64_t created_us, const Status& reason) const;
  Status NothingFound(const Request& request, const Status& installed, const Status& page);
  // At most one refresh of a page at a time; see DocsStore::MayRefresh.
  void RefreshLater(const Request& request, const std::string& place);

  const Background background_;
  const SecretUrl secret_;
  const Clock* const clock_;
  const DocsStore store_;
  InstalledNpm npm_;
  InstalledPython python_;
  TemplateSource template_;
  const bool online_;
  ProjectFactsCache facts_;

  // When the project of a query was last seen to be as its record says, in monotonic time.
  Mutex mu_;
  std::unordered_map<std::string, int64_t> seen_us_ GUARDED_BY(mu_);

  struct Counts {
    Counter lookups, stale, not_found, failed, refreshed;
    Counter from_cache, from_installed, from_template, from_stale;
  };
  Counts counts_;
};

}  // namespace tapps

#endif  // TAPPS_DOCS_LOOKUP_H_
