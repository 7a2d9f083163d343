#ifndef TAPPS_DOCS_STORE_H_
#define TAPPS_DOCS_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cache/cache.h"
#include "docs/document.h"
#include "docs/pick.h"

namespace tapps {

// What a query was answered from. As long as its witnesses hold, the same query has the same
// answer, and no source needs to be asked.
struct DocsRecord {
  std::string ecosystem;
  std::string library;
  std::string version;
  std::string source;
  std::string warning;
  std::string content_type;
  std::string place;  // of the document
  std::string stamp;
  int64_t created_us = 0;          // of the document
  std::vector<Witness> witnesses;  // the document's own
  std::vector<Witness> project;    // of what decided which library and version are meant

  static DocsRecord Of(const Document& document);
};

// Documentation in the cache, namespace "tapps.docs". Kinds of entries are told apart by the first
// byte of their keys, whose fields are separated by NUL:
//
//   q  a query             -> a DocsRecord: which document answers it, and how to check that
//   d  library, place      -> the whole document, once, whatever is asked about it
//   a  document, topic, .. -> the sections that answer, so that a repeated lookup only reads
//   n  place               -> a source that does not have a library
//   r  place               -> a note that it is being refreshed
//
// A place that has new content replaces its document; answers name the content they were made from.
// What was had with credentials (kSecretMark) stays in memory. Failures to write are passed over:
// the next lookup asks the source again. Keys longer than a key may be are not stored. Any threads.
class DocsStore {
 public:
  DocsStore(std::shared_ptr<Cache> cache, const Clock* clock)
      : cache_(std::move(cache)), clock_(clock) {}

  struct Found {
    DocsRecord record;
    ValueRef value;
    bool stale = false;
  };
  std::optional<Found> GetRecord(const std::string& query_key) const;
  // Both are fresh for FreshFor(library) from the creation of the document on.
  void PutRecord(const std::string& query_key, const DocsRecord& record) const;

  // The document of a place. With a stamp, only with that content.
  std::optional<Document> GetDocument(std::string_view ecosystem, std::string_view library,
                                      std::string_view place, std::string_view stamp) const;
  void PutDocument(const Document& document) const;
  bool HasDocument(const DocsRecord& record) const;

  struct Answer {
    ValueRef value;
    std::string headings;
    bool cut = false;
  };
  std::optional<Answer> GetAnswer(const DocsRecord& record, std::string_view topic,
                                  int64_t max_tokens) const;
  void PutAnswer(const DocsRecord& record, std::string_view topic, int64_t max_tokens,
                 const Passage& passage) const;

  bool IsKnownMissing(std::string_view place) const;
  void PutMissing(std::string_view place) const;

  // A note that a place is being refreshed keeps everybody from trying again for a minute, and for
  // twice as long each time within a day, at most a day.
  bool MayRefresh(std::string_view place) const;
  void NoteRefresh(std::string_view place) const;

  // Libraries of an ecosystem with a document here; at most `limit`.
  std::vector<std::string> Libraries(std::string_view ecosystem, size_t limit) const;

 private:
  Result<ValueRef> Get(const std::string& key) const;
  void Put(const std::string& key, std::string_view bytes, PutOptions options) const;

  // Whether an entry that was got is past its lifetime.
  bool IsStale(const Value& value) const;
  // What is left of a document's time; never so little that it is written for nothing.
  int64_t FreshLeft(std::string_view library, int64_t created_us) const;

  const std::shared_ptr<Cache> cache_;
  const Clock* const clock_;
};

// Fields joined by NUL after the letter that tells the kind.
std::string DocsKey(char kind, std::initializer_list<std::string_view> fields);

}  // namespace tapps

#endif  // TAPPS_DOCS_STORE_H_
