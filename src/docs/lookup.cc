#include "docs/lookup.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "base/text.h"
#include "docs/names.h"
#include "docs/pick.h"
#include "docs/staleness.h"
#include "docs/text.h"
#include "project/names.h"
#include "project/text.h"

namespace tapps {
namespace {

constexpr int64_t kDefaultTimeout = 10 * kSecond;
constexpr int64_t kDefaultTokens = 8000;
// How long a look at a project's manifests is good for: they only say which library is meant.
constexpr int64_t kProjectLook = 100 * kMillisecond;
constexpr size_t kMaxSeen = 4096;
constexpr size_t kMaxTopic = 512;
constexpr size_t kMaxSuggestions = 5;
constexpr size_t kMaxHeadings = 12;
constexpr size_t kMaxCachedNames = 10000;

// What a query may mean: one library of one ecosystem.
struct Candidate {
  std::string ecosystem;
  std::string library;
  std::string alias;
  std::string version;  // given or locked; else empty
  bool known = false;   // the query or the project says that the library is of this ecosystem
};

std::string Joined(const std::vector<std::string>& words, size_t limit, std::string_view between) {
  std::string out;
  for (size_t i = 0; i < words.size() && i < limit; ++i) {
    if (i > 0) out += between;
    out += words[i];
  }
  return out + (words.size() > limit ? ", ..." : "");
}

std::string Age(int64_t age_us) {
  const int64_t days = std::max<int64_t>(age_us, 0) / kDay;
  if (days > 0) return std::to_string(days) + (days == 1 ? " day" : " days") + " old";
  return std::to_string(std::max<int64_t>(age_us, 0) / kHour) + " hours old";
}

void Append(std::string* warning, std::string_view more) {
  if (more.empty()) return;
  if (!warning->empty()) *warning += "; ";
  *warning += more;
}

bool AllHold(const std::vector<Witness>& witnesses) {
  return std::all_of(witnesses.begin(), witnesses.end(),
                     [](const Witness& witness) { return witness.Holds(); });
}

Passage Pick(const Document& document, std::string_view topic, int64_t max_tokens) {
  const std::vector<Section> sections = SplitSections(document.text, document.markup);
  return IsOverview(topic) ? PickOverview(sections, max_tokens)
                           : PickTopic(sections, topic, max_tokens);
}

// The headings of a document, those that resemble the topic first.
Status NothingOnTopic(const Document& document, std::string_view topic) {
  std::vector<std::string> headings;
  for (const Section& section : SplitSections(document.text, document.markup)) {
    if (!section.title.empty()) headings.push_back(section.title);
  }
  std::vector<std::string> listed = NearNames(topic, headings, kMaxHeadings);
  for (const std::string& heading : headings) {
    if (listed.size() > kMaxHeadings) break;  // more are not shown
    if (std::find(listed.begin(), listed.end(), heading) == listed.end()) listed.push_back(heading);
  }
  std::string message =
      document.library + ": nothing on '" + Printable(topic) + "' in " + document.source;
  if (!listed.empty()) message += "; its headings: " + Joined(listed, kMaxHeadings, ", ");
  return Status(TAPPS_E_NOT_FOUND, std::move(message));
}

// The parts of an answer that are not in its stored bytes.
struct AnswerTexts {
  std::string headings;
  std::string warning;
  bool cut = false;
};

std::vector<ValueText> TextsOf(const DocsRecord& record, AnswerTexts& texts) {
  if (texts.cut) Append(&texts.warning, "the last section did not fit and was cut");
  return {{TAPPS_TEXT_CONTENT_TYPE, record.content_type},
          {TAPPS_TEXT_SOURCE, record.source},
          {TAPPS_TEXT_WARNING, texts.warning},
          {TAPPS_TEXT_LIBRARY, record.library},
          {TAPPS_TEXT_LIBRARY_VERSION, record.version},
          {TAPPS_TEXT_ECOSYSTEM, record.ecosystem},
          {TAPPS_TEXT_TOPIC, texts.headings}};
}

}  // namespace

struct DocsLookup::Request {
  DocsQuery query;
  std::string key;          // of the record
  std::string root;         // absolute, as given; empty: none
  int64_t deadline_us = 0;  // monotonic
  int64_t start_us = 0;     // the machine's wall clock, as in the stamps of files
  bool online = false;
  bool secret = false;  // the template has credentials in it

  // The key of the same query with another text for its ecosystem.
  std::string KeyFor(std::string_view ecosystem) const {
    return DocsKey('q', {root, query.paths, ecosystem, query.library, query.version,
                         StorableUrl(query.url_template, secret)});
  }

  // By Prepare:
  bool one_ecosystem = false;  // the project has a library of this name in the ecosystem alone
  std::vector<Folder> projects;
  std::vector<Folder> paths;
  std::vector<Candidate> candidates;
  std::vector<Witness> witnesses;  // of what decided about the candidates
};

std::shared_ptr<DocsLookup> DocsLookup::Make(std::shared_ptr<Cache> cache, PageFetcher fetch,
                                             Background background, const Clock* clock,
                                             SecretUrl secret) {
  return std::shared_ptr<DocsLookup>(new DocsLookup(
      std::move(cache), std::move(fetch), std::move(background), clock, std::move(secret)));
}

DocsLookup::DocsLookup(std::shared_ptr<Cache> cache, PageFetcher fetch, Background background,
                       const Clock* clock, SecretUrl secret)
    : background_(std::move(background)),
      secret_(std::move(secret)),
      clock_(clock),
      store_(std::move(cache), clock),
      template_(fetch, clock),
      online_(fetch != nullptr) {}

Result<ValueRef> DocsLookup::Lookup(const DocsQuery& query) {
  counts_.lookups.Add();
  Result<Request> request = Check(query);
  Result<ValueRef> value =
      request.ok() ? Answer(*request) : Result<ValueRef>(std::move(request).status());
  if (value.ok()) {
    if ((*value)->info().flags & TAPPS_VALUE_STALE) counts_.stale.Add();
  } else if (value.code() == TAPPS_E_NOT_FOUND) {
    counts_.not_found.Add();
  } else {
    counts_.failed.Add();
  }
  return value;
}

Result<DocsLookup::Request> DocsLookup::Check(const DocsQuery& query) const {
  const auto invalid = [](std::string message) {
    return Status(TAPPS_E_INVALID, std::move(message));
  };
  Request request;
  request.query = query;
  if (!query.ecosystem.empty()) {
    if (!IsEcosystemText(query.ecosystem)) {
      return invalid("ecosystem: '" + Printable(query.ecosystem) + "' is none");
    }
    if (Result<std::string> name = LibraryName(query.ecosystem, query.library); !name.ok()) {
      return std::move(name).status();
    }
  } else if (!LibraryName(kNpm, query.library).ok() && !LibraryName(kPypi, query.library).ok()) {
    return invalid("library: '" + Printable(query.library) + "' cannot be the name of one");
  }
  if (!query.version.empty() && !IsVersionText(query.version)) {
    return invalid("version: '" + Printable(query.version) + "' is none");
  }
  if (query.topic.size() > kMaxTopic || !IsUtf8(query.topic)) {
    return invalid("topic: more than 512 bytes, or not UTF-8");
  }
  if (query.max_tokens < 0 && query.max_tokens != TAPPS_UNLIMITED) {
    return invalid("max_tokens: below 0");
  }
  if (query.timeout_us < 0) return invalid("timeout_us: below 0");
  if (!query.url_template.empty()) {
    Result<std::string> url = ExpandTemplate(query.url_template, "", "x", "");
    if (!url.ok()) return std::move(url).status();
    request.secret = secret_ && secret_(*url);
  }
  if (query.max_tokens == 0) request.query.max_tokens = kDefaultTokens;
  request.root = query.project_root;
  if (!request.root.empty() && request.root[0] != '/') {
    char folder[PATH_MAX];
    if (::getcwd(folder, sizeof folder) == nullptr) return invalid("project_root: not absolute");
    request.root = std::string(folder) + "/" + request.root;
  }
  const int64_t timeout_us = query.timeout_us == 0 ? kDefaultTimeout : query.timeout_us;
  request.deadline_us = clock_->MonotonicNow() + timeout_us;
  request.online = online_ && !query.offline && !query.url_template.empty();
  request.key = request.KeyFor(query.ecosystem);
  return request;
}

Result<ValueRef> DocsLookup::Answer(Request& request) {
  const std::optional<DocsStore::Found> found = store_.GetRecord(request.key);
  if (found && !found->stale && !request.query.refresh && Holds(request, found->record)) {
    if (auto value = FromRecord(request, *found, "")) {
      counts_.from_cache.Add();
      return *std::move(value);
    }
  }
  request.start_us = Clock::Real().WallNow();
  TAPPS_RETURN_IF_ERROR(Prepare(request));
  Result<Document> installed = FromInstalled(request, false);
  if (installed.ok()) {
    counts_.from_installed.Add();
    return FromDocument(request, *std::move(installed));
  }
  Result<Document> page = FromTemplate(request);
  if (page.ok()) {
    (page->stale ? counts_.from_stale : counts_.from_template).Add();
    return FromDocument(request, *std::move(page));
  }
  if (Result<Document> other = FromInstalled(request, true); other.ok()) {
    counts_.from_installed.Add();
    return FromDocument(request, *std::move(other));
  }
  Status reason = NothingFound(request, installed.status(), page.status());
  return found ? FromStale(request, *found, reason) : Result<ValueRef>(std::move(reason));
}

std::optional<Result<ValueRef>> DocsLookup::FromRecord(const Request& request,
                                                       const DocsStore::Found& found,
                                                       std::string warning) {
  const DocsRecord& record = found.record;
  const DocsQuery& query = request.query;
  std::optional<DocsStore::Answer> answer = store_.GetAnswer(record, query.topic, query.max_tokens);
  AnswerTexts texts;
  ValueInfo info;
  if (answer) {
    info = answer->value->info();
    texts.headings = std::move(answer->headings);
    texts.cut = answer->cut;
  } else {
    const std::optional<Document> document =
        store_.GetDocument(record.ecosystem, record.library, record.place, record.stamp);
    if (!document) return std::nullopt;
    const Passage passage = Pick(*document, query.topic, query.max_tokens);
    if (passage.text.empty()) return NothingOnTopic(*document, query.topic);
    store_.PutAnswer(record, query.topic, query.max_tokens, passage);
    texts.headings = Joined(passage.headings, passage.headings.size(), "\n");
    texts.cut = passage.cut;
    info.served_from = document->served_from;
    answer = DocsStore::Answer{Value::Make(passage.text, info), "", false};
  }
  texts.warning = record.warning;
  Append(&texts.warning, warning);
  info.created_us = record.created_us;
  info.expires_us = found.value->info().expires_us;
  info.stale_until_us = found.value->info().stale_until_us;
  info.age_us = -1;
  info.sliding_us = 0;
  info.tokens = EstimateTokens(answer->value->bytes().size());
  info.flags = warning.empty() ? 0 : TAPPS_VALUE_STALE;
  return Result<ValueRef>(Value::Wrap(std::move(answer->value), info, TextsOf(record, texts)));
}

Result<ValueRef> DocsLookup::FromStale(const Request& request, const DocsStore::Found& found,
                                       const Status& reason) {
  std::string warning = found.record.version.empty() ? "" : found.record.version + ", ";
  warning += StaleWarning(found.record.created_us, reason);
  if (auto value = FromRecord(request, found, std::move(warning))) {
    counts_.from_stale.Add();
    return *std::move(value);
  }
  return reason;
}

Result<ValueRef> DocsLookup::FromDocument(const Request& request, Document document) {
  if (document.created_us == 0) document.created_us = clock_->WallNow();
  DocsRecord record = DocsRecord::Of(document);
  record.project = request.witnesses;
  const Passage passage = Pick(document, request.query.topic, request.query.max_tokens);
  // Files that are being written, and what stands in for a source that failed, are not kept.
  const auto moving = [&](const Witness& witness) {
    return witness.ModifiedSince(request.start_us);
  };
  const bool keep =
      document.keep && std::none_of(document.witnesses.begin(), document.witnesses.end(), moving);
  const bool keep_record =
      keep && std::none_of(request.witnesses.begin(), request.witnesses.end(), moving);
  if (keep) {
    store_.PutDocument(document);
    if (!passage.text.empty())
      store_.PutAnswer(record, request.query.topic, request.query.max_tokens, passage);
  }
  if (keep_record) {
    // Who names the ecosystem and who does not asks for the same, as far as that is sure.
    const bool unnamed = request.query.ecosystem.empty();
    if (unnamed && !record.ecosystem.empty()) {
      store_.PutRecord(request.KeyFor(record.ecosystem), record);
    } else if (!unnamed && request.one_ecosystem) {
      store_.PutRecord(request.KeyFor(""), record);
    }
    // Last: it makes the lookup fresh, and a process that dies before it leaves work to be done.
    store_.PutRecord(request.key, record);
  }
  if (passage.text.empty()) return NothingOnTopic(document, request.query.topic);
  ValueInfo info;
  info.created_us = document.created_us;
  info.served_from = document.served_from;
  info.tokens = EstimateTokens(passage.text.size());
  info.flags = document.stale ? TAPPS_VALUE_STALE : 0;
  info.expires_us = document.created_us + FreshFor(document.library);
  info.stale_until_us = info.expires_us + kStaleFor;
  AnswerTexts texts;
  texts.headings = Joined(passage.headings, passage.headings.size(), "\n");
  texts.warning = record.warning;
  texts.cut = passage.cut;
  return Value::Make(passage.text, info, TextsOf(record, texts));
}

bool DocsLookup::Holds(const Request& request, const DocsRecord& record) {
  if (!AllHold(record.witnesses)) return false;
  const int64_t now_us = clock_->MonotonicNow();
  {
    MutexLock lock(mu_);
    const auto seen = seen_us_.find(request.key);
    if (seen != seen_us_.end() && now_us - seen->second < kProjectLook) return true;
  }
  if (!AllHold(record.project)) return false;
  MutexLock lock(mu_);
  if (seen_us_.size() >= kMaxSeen) seen_us_.clear();
  seen_us_[request.key] = now_us;
  return true;
}

bool DocsLookup::IsFresh(const DocsQuery& query) {
  const Result<Request> request = Check(query);
  if (!request.ok()) return false;
  const std::optional<DocsStore::Found> found = store_.GetRecord(request->key);
  return found && !found->stale && AllHold(found->record.witnesses) &&
         AllHold(found->record.project) && store_.HasDocument(found->record);
}

bool DocsLookup::IsInstalled(const DocsQuery& query) {
  Result<Request> request = Check(query);
  return request.ok() && Prepare(*request).ok() && FromInstalled(*request, false).ok();
}

Status DocsLookup::Prepare(Request& request) {
  const DocsQuery& query = request.query;
  std::vector<const Dependency*> declared;
  std::shared_ptr<const ProjectFacts> facts;
  if (!request.root.empty()) {
    Result<Folder> root = Folder::Open(request.root);
    if (!root.ok()) {
      return Status(TAPPS_E_INVALID, "project_root: " + std::string(root.status().message()));
    }
    if (Result<std::shared_ptr<const ProjectFacts>> read = facts_.Get(request.root); read.ok()) {
      facts = *std::move(read);
      declared = facts->Find(query.ecosystem, query.library);
      request.one_ecosystem =
          !declared.empty() && facts->Find("", query.library).size() == declared.size();
      request.witnesses = facts->root;
    }
    request.projects.push_back(*std::move(root));
  }
  for (const Dependency* dependency : declared) {
    // A part of a monorepo has packages of its own.
    const std::string part = DirectoryOf(dependency->manifest);
    if (!part.empty()) {
      request.witnesses.push_back(Witness::Of(request.root + "/" + dependency->manifest));
      Result<Folder> folder = request.projects[0].Enter(part);
      if (folder.ok()) request.projects.push_back(*std::move(folder));
    }
    request.candidates.push_back(
        {std::string(EcosystemName(dependency->ecosystem)), dependency->normalized,
         dependency->alias,
         query.version.empty() ? dependency->locked_version : std::string(query.version), true});
  }
  if (request.candidates.empty()) {
    const std::vector<std::string_view> ecosystems =
        query.ecosystem.empty() ? std::vector{kNpm, kPypi} : std::vector{query.ecosystem};
    for (const std::string_view ecosystem : ecosystems) {
      Result<std::string> name = LibraryName(ecosystem, query.library);
      if (!name.ok()) continue;
      request.candidates.push_back({std::string(ecosystem), *std::move(name), "",
                                    std::string(query.version), !query.ecosystem.empty()});
    }
  }
  Status status;
  ForEachLine(query.paths, [&](std::string_view line) {
    const std::string path(Trim(line));
    if (path.empty()) return;
    if (path[0] != '/') {
      status = Status(TAPPS_E_INVALID, "paths: '" + Printable(path) + "' is not absolute");
      return;
    }
    Result<Folder> folder = Folder::Open(path);
    if (folder.ok()) {
      request.paths.push_back(*std::move(folder));
    } else {
      request.witnesses.push_back(Witness::Of(path));
    }
  });
  return status;
}

Result<Document> DocsLookup::FromInstalled(const Request& request, bool any_version) {
  std::string reasons;
  for (const Candidate& candidate : request.candidates) {
    const bool locked = request.query.version.empty() && !candidate.version.empty();
    if (any_version && !locked) continue;
    InstalledSource* source = candidate.ecosystem == kNpm    ? static_cast<InstalledSource*>(&npm_)
                              : candidate.ecosystem == kPypi ? &python_
                                                             : nullptr;
    if (source == nullptr) continue;
    SourceQuery query;
    query.ecosystem = candidate.ecosystem;
    query.library = candidate.library;
    query.alias = candidate.alias;
    if (!any_version) query.version = candidate.version;
    query.projects = &request.projects;
    query.paths = &request.paths;
    Result<Document> document = source->Lookup(query);
    if (document.ok()) {
      if (any_version) {
        document->warning = "the project locks " + candidate.version + ", but this version is " +
                            "the one installed";
        // Another answer may come from the template any time.
        document->keep = !request.online;
      }
      return document;
    }
    Append(&reasons, document.status().message());
  }
  return Status(TAPPS_E_NOT_FOUND, reasons);
}

Result<Document> DocsLookup::FromTemplate(const Request& request) {
  if (!request.online) return Status::Bare(TAPPS_E_NOT_FOUND);
  const bool by_ecosystem =
      request.query.url_template.find("{ecosystem}") != std::string_view::npos;
  Status failure = Status::Bare(TAPPS_E_NOT_FOUND);
  for (const Candidate& candidate : request.candidates) {
    SourceQuery query;
    // One page for all ecosystems does not say which one it is about.
    if (by_ecosystem || candidate.known) query.ecosystem = candidate.ecosystem;
    query.library = candidate.library;
    query.version = candidate.version;
    query.url_template = request.query.url_template;
    query.reload = request.query.refresh;
    query.requests = request.query.requests;
    Result<Document> document = OnePage(request, query);
    if (document.ok()) return document;
    failure = std::move(document).status();
    if (failure.code() != TAPPS_E_NOT_FOUND || !by_ecosystem) break;
  }
  return failure;
}

Result<Document> DocsLookup::OnePage(const Request& request, const SourceQuery& query) {
  const Result<std::string> url =
      ExpandTemplate(query.url_template, query.ecosystem, query.library, query.version);
  if (!url.ok()) return url.status();
  const std::string place = "template\n" + StorableUrl(*url, request.secret);
  std::optional<Document> known = store_.GetDocument(query.ecosystem, query.library, place, "");
  if (!query.reload) {
    if (known && known->created_us + FreshFor(query.library) > clock_->WallNow()) {
      return *std::move(known);
    }
    if (known && background_ && !request.query.wait) {
      known->keep = false;
      RefreshLater(request, place);
      known->stale = true;
      Append(&known->warning, Age(clock_->WallNow() - known->created_us) + ", being refreshed");
      return *std::move(known);
    }
    if (store_.IsKnownMissing(place)) {
      return Status(TAPPS_E_NOT_FOUND, WithoutSecrets(*url) + ": it was not there a moment ago");
    }
  }
  SourceQuery timed = query;
  timed.timeout_us = request.deadline_us - clock_->MonotonicNow();
  Result<Document> document =
      timed.timeout_us > 0
          ? template_.Lookup(timed)
          : Status(TAPPS_E_TIMEOUT, WithoutSecrets(*url) + ": no time was left to ask for it");
  if (document.ok()) {
    document->place = place;
    return document;
  }
  if (document.code() == TAPPS_E_NOT_FOUND) store_.PutMissing(place);
  if (!known) return document;
  known->stale = true;
  known->keep = false;
  Append(&known->warning, StaleWarning(known->created_us, document.status()));
  return *std::move(known);
}

std::string DocsLookup::StaleWarning(int64_t created_us, const Status& reason) const {
  return Age(clock_->WallNow() - created_us) +
         ", kept because the sources failed: " + std::string(reason.message());
}

Status DocsLookup::NothingFound(const Request& request, const Status& installed,
                                const Status& page) {
  // A source that failed may have the library: its failure is the answer.
  if (page.code() != TAPPS_E_NOT_FOUND) return page;
  std::string message = "no documentation of '" + Printable(request.query.library) + "'";
  std::string reasons(installed.message());
  if (request.online) Append(&reasons, page.message());
  if (!reasons.empty()) message += ": " + reasons;
  if (!request.query.url_template.empty() && !request.online) {
    message += "; the network was left out";
  }
  std::vector<std::string> names;
  SourceQuery query;
  query.projects = &request.projects;
  query.paths = &request.paths;
  for (const Candidate& candidate : request.candidates) {
    std::vector<std::string> more;
    if (candidate.ecosystem == kNpm) more = npm_.Names(query);
    if (candidate.ecosystem == kPypi) more = python_.Names(query);
    names.insert(names.end(), more.begin(), more.end());
    more = store_.Libraries(candidate.ecosystem, kMaxCachedNames);
    names.insert(names.end(), more.begin(), more.end());
  }
  const std::vector<std::string> near = NearNames(request.query.library, names, kMaxSuggestions);
  if (!near.empty()) message += "; near names: " + Joined(near, kMaxSuggestions, ", ");
  return Status(TAPPS_E_NOT_FOUND, std::move(message));
}

void DocsLookup::RefreshLater(const Request& request, const std::string& place) {
  if (!store_.MayRefresh(place)) return;
  store_.NoteRefresh(place);
  struct Texts {
    std::string library, version, ecosystem, root, paths, url_template;
  };
  const DocsQuery& query = request.query;
  Texts texts{std::string(query.library),   std::string(query.version),
              std::string(query.ecosystem), request.root,
              std::string(query.paths),     std::string(query.url_template)};
  background_([self = shared_from_this(), texts = std::move(texts)] {
    DocsQuery again;
    again.library = texts.library;
    again.version = texts.version;
    again.ecosystem = texts.ecosystem;
    again.project_root = texts.root;
    again.paths = texts.paths;
    again.url_template = texts.url_template;
    again.refresh = true;
    Result<Request> checked = self->Check(again);
    if (!checked.ok()) return;
    const Result<ValueRef> value = self->Answer(*checked);
    if (value.ok() && ((*value)->info().flags & TAPPS_VALUE_STALE) == 0) {
      self->counts_.refreshed.Add();
    }
  });
}

Json DocsLookup::Stats() const {
  const int64_t from_cache = counts_.from_cache.Read();
  return {{"lookups", counts_.lookups.Read()},
          {"hits", from_cache},
          {"stale", counts_.stale.Read()},
          {"not_found", counts_.not_found.Read()},
          {"failed", counts_.failed.Read()},
          {"refreshed", counts_.refreshed.Read()},
          {"sources",
           {{"cache", from_cache},
            {"installed", counts_.from_installed.Read()},
            {"template", counts_.from_template.Read()},
            {"stale", counts_.from_stale.Read()}}}};
}

}  // namespace tapps
