#include "docs/store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.h"
#include "base/json.h"
#include "docs/staleness.h"
#include "docs/template_source.h"
#include "docs/text.h"

namespace tapps {
namespace {

constexpr std::string_view kSpace = "tapps.docs";
// Records are written and read by several releases at once: other first lines are passed over.
constexpr std::string_view kRecordHead = "tapps docs 1";
// The first line of what an answer says of itself; its headings follow, one a line.
constexpr std::string_view kCut = "cut";
constexpr std::string_view kWhole = "whole";

int64_t ToNumber(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// One field a line, "name value"; a value is one line, so newlines in it are written as \x01.
void AddLine(std::string* out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out->append(name).append(" ");
  for (const char c : value) out->push_back(c == '\n' ? '\x01' : c);
  out->push_back('\n');
}

std::string FromLine(std::string_view value) {
  std::string out(value);
  for (char& c : out) {
    if (c == '\x01') c = '\n';
  }
  return out;
}

std::string Encode(const DocsRecord& record) {
  std::string out(kRecordHead);
  out += '\n';
  AddLine(&out, "ecosystem", record.ecosystem);
  AddLine(&out, "library", record.library);
  AddLine(&out, "version", record.version);
  AddLine(&out, "source", record.source);
  AddLine(&out, "warning", record.warning);
  AddLine(&out, "type", record.content_type);
  AddLine(&out, "place", record.place);
  AddLine(&out, "stamp", record.stamp);
  AddLine(&out, "created", std::to_string(record.created_us));
  for (const Witness& witness : record.witnesses) {
    AddLine(&out, "witness", witness.stamp + " " + witness.path);
  }
  for (const Witness& witness : record.project) {
    AddLine(&out, "project", witness.stamp + " " + witness.path);
  }
  return out;
}

bool Decode(std::string_view bytes, DocsRecord* record) {
  bool known = false;
  const std::pair<std::string_view, std::string*> kTexts[] = {
      {"ecosystem", &record->ecosystem}, {"library", &record->library},
      {"version", &record->version},     {"source", &record->source},
      {"warning", &record->warning},     {"type", &record->content_type},
      {"place", &record->place},         {"stamp", &record->stamp},
  };
  ForEachLine(bytes, [&](std::string_view line) {
    if (line == kRecordHead) known = true;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) return;
    const std::string_view name = line.substr(0, space);
    const std::string_view value = line.substr(space + 1);
    if (name == "witness" || name == "project") {
      const size_t end = value.find(' ');
      if (end == std::string_view::npos) return;
      (name == "witness" ? record->witnesses : record->project)
          .push_back({FromLine(value.substr(end + 1)), std::string(value.substr(0, end))});
      return;
    }
    if (name == "created") record->created_us = ToNumber(value);
    for (const auto& [text, field] : kTexts) {
      if (text == name) *field = FromLine(value);
    }
  });
  return known && !record->place.empty();
}

std::string DocumentKey(std::string_view ecosystem, std::string_view library,
                        std::string_view place) {
  return DocsKey('d', {ecosystem, library, place});
}

std::string AnswerKey(const DocsRecord& record, std::string_view topic, int64_t max_tokens) {
  return DocsKey('a', {record.ecosystem, record.library, record.place, record.stamp,
                       std::to_string(max_tokens), topic});
}

PutOptions Lasting(int64_t ttl_us, int64_t stale_us) {
  PutOptions options;
  options.ttl_us = ttl_us;
  options.stale_us = stale_us;
  return options;
}

std::string Tag(std::string_view ecosystem, std::string_view library) {
  return "library:" + std::string(ecosystem) + "/" + std::string(library);
}

}  // namespace

std::string DocsKey(char kind, std::initializer_list<std::string_view> fields) {
  std::string key(1, kind);
  for (const std::string_view field : fields) {
    key += '\0';
    key += field;
  }
  return key;
}

DocsRecord DocsRecord::Of(const Document& document) {
  return {document.ecosystem, document.library, document.version,
          document.source,    document.warning, ContentTypeOf(document.markup),
          document.place,     document.stamp,   document.created_us,
          document.witnesses};
}

Result<ValueRef> DocsStore::Get(const std::string& key) const {
  if (key.size() > kMaxKeyBytes) return Status::Bare(TAPPS_E_NOT_FOUND);
  return cache_->Get({kSpace, key}, {.allow_stale = true});
}

bool DocsStore::IsStale(const Value& value) const {
  return value.info().expires_us != 0 && clock_->WallNow() >= value.info().expires_us;
}

int64_t DocsStore::FreshLeft(std::string_view library, int64_t created_us) const {
  const int64_t age_us = std::max<int64_t>(clock_->WallNow() - created_us, 0);
  return std::max(FreshFor(library) - age_us, kMinute);
}

void DocsStore::Put(const std::string& key, std::string_view bytes, PutOptions options) const {
  if (key.size() > kMaxKeyBytes) return;
  if (key.find(kSecretMark) != std::string::npos) options.durability = TAPPS_DURABILITY_MEMORY;
  (void)cache_->Put({kSpace, key}, bytes, options);
}

std::optional<DocsStore::Found> DocsStore::GetRecord(const std::string& query_key) const {
  Result<ValueRef> value = Get(query_key);
  if (!value.ok()) return std::nullopt;
  Found found;
  if (!Decode((*value)->bytes(), &found.record)) return std::nullopt;
  found.stale = IsStale(**value);
  found.value = *std::move(value);
  return found;
}

void DocsStore::PutRecord(const std::string& query_key, const DocsRecord& record) const {
  const std::string tag = Tag(record.ecosystem, record.library);
  PutOptions options = Lasting(FreshLeft(record.library, record.created_us), kStaleFor);
  options.tags = tag;
  Put(query_key, Encode(record), options);
}

std::optional<Document> DocsStore::GetDocument(std::string_view ecosystem, std::string_view library,
                                               std::string_view place,
                                               std::string_view stamp) const {
  const Result<ValueRef> value = Get(DocumentKey(ecosystem, library, place));
  if (!value.ok()) return std::nullopt;
  const Result<Json> about = ParseJson((*value)->text(TAPPS_TEXT_JSON));
  Document document;
  if (!about.ok() || !MarkupOf((*value)->text(TAPPS_TEXT_CONTENT_TYPE), &document.markup)) {
    return std::nullopt;
  }
  document.stamp = JsonString(*about, "stamp").value_or("");
  if (!stamp.empty() && document.stamp != stamp) return std::nullopt;
  document.ecosystem = ecosystem;
  document.library = library;
  document.place = place;
  document.version = JsonString(*about, "version").value_or("");
  document.warning = JsonString(*about, "warning").value_or("");
  document.created_us = ToNumber(JsonString(*about, "created").value_or("0"));
  document.source = (*value)->text(TAPPS_TEXT_SOURCE);
  document.text = (*value)->bytes();
  document.served_from = (*value)->info().served_from;
  return document;
}

bool DocsStore::HasDocument(const DocsRecord& record) const {
  return Get(DocumentKey(record.ecosystem, record.library, record.place)).ok();
}

void DocsStore::PutDocument(const Document& document) const {
  const std::string json = DumpJson({{"stamp", document.stamp},
                                     {"version", document.version},
                                     {"warning", document.warning},
                                     {"created", std::to_string(document.created_us)}});
  const std::string tag = Tag(document.ecosystem, document.library);
  PutOptions options = Lasting(FreshLeft(document.library, document.created_us), kStaleFor);
  options.content_type = ContentTypeOf(document.markup);
  options.source = document.source;
  options.tags = tag;
  options.json = json;
  Put(DocumentKey(document.ecosystem, document.library, document.place), document.text, options);
}

std::optional<DocsStore::Answer> DocsStore::GetAnswer(const DocsRecord& record,
                                                      std::string_view topic,
                                                      int64_t max_tokens) const {
  Result<ValueRef> value = Get(AnswerKey(record, topic, max_tokens));
  if (!value.ok()) return std::nullopt;
  // Not JSON: this is read at every hit.
  std::string_view about = (*value)->text(TAPPS_TEXT_SOURCE);
  Answer answer;
  answer.cut = about.starts_with(kCut);
  if (const size_t line = about.find('\n'); line != std::string_view::npos) {
    answer.headings = about.substr(line + 1);
  }
  answer.value = *std::move(value);
  return answer;
}

void DocsStore::PutAnswer(const DocsRecord& record, std::string_view topic, int64_t max_tokens,
                          const Passage& passage) const {
  std::string about(passage.cut ? kCut : kWhole);
  for (const std::string& heading : passage.headings) about += "\n" + heading;
  const std::string tag = Tag(record.ecosystem, record.library);
  PutOptions options = Lasting(FreshFor(record.library) + kStaleFor, TAPPS_NONE);
  options.content_type = record.content_type;
  options.source = about;
  options.tags = tag;
  Put(AnswerKey(record, topic, max_tokens), passage.text, options);
}

bool DocsStore::IsKnownMissing(std::string_view place) const {
  const std::string key = DocsKey('n', {place});
  return key.size() <= kMaxKeyBytes && cache_->Get({kSpace, key}, {.show_negative = true}).ok();
}

void DocsStore::PutMissing(std::string_view place) const {
  PutOptions options = Lasting(kNotFoundFor, TAPPS_NONE);
  options.negative = true;
  Put(DocsKey('n', {place}), "", options);
}

bool DocsStore::MayRefresh(std::string_view place) const {
  const Result<ValueRef> note = Get(DocsKey('r', {place}));
  return !note.ok() || IsStale(**note);
}

void DocsStore::NoteRefresh(std::string_view place) const {
  const std::string key = DocsKey('r', {place});
  const Result<ValueRef> note = Get(key);
  const int64_t attempts = note.ok() ? ToNumber((*note)->bytes()) + 1 : 0;
  const int64_t pause = std::min(kMinute << std::min<int64_t>(attempts, 20), kDay);
  // The stale window keeps the count of attempts when the pause is over.
  Put(key, std::to_string(attempts), Lasting(pause, kDay));
}

std::vector<std::string> DocsStore::Libraries(std::string_view ecosystem, size_t limit) const {
  std::vector<std::string> libraries;
  const std::string prefix = DocsKey('d', {ecosystem, ""});
  const auto entries = cache_->List(kSpace, prefix, 0, limit);
  if (!entries.ok()) return libraries;
  for (const storage::Listed& entry : *entries) {
    const std::string_view rest = std::string_view(entry.key).substr(prefix.size());
    libraries.emplace_back(rest.substr(0, rest.find('\0')));
  }
  return libraries;
}

}  // namespace tapps
