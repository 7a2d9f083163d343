#ifndef TAPPS_DOCS_TEMPLATE_SOURCE_H_
#define TAPPS_DOCS_TEMPLATE_SOURCE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "docs/source.h"

namespace tapps {

// What a fetch of a page is asked for and gives. A page of any status is a success of the fetch.
struct PageRequest {
  std::string url;
  int64_t timeout_us = 0;
  int64_t max_bytes = 0;  // of the body; more is TOO_LARGE
  bool reload = false;    // ask the origin whatever is stored
};
struct Page {
  int32_t status = 0;
  std::string body;
  std::string content_type;  // empty: not said
  bool stale = false;        // the origin failed; this is an old copy
  int64_t age_us = 0;        // since its origin made it
};
// Gets one page. Any threads; blocks until the timeout at most.
using PageFetcher = std::function<Result<Page>(const PageRequest&)>;

// The URL of a library's documentation: {ecosystem}, {library} and {version} in the template are
// replaced by their percent-encoded values (RFC 3986: all but unreserved characters), "latest"
// stands for a version that is not known. INVALID when the template is not http or https, or does
// not say {library}, since one page would then answer for all of them.
Result<std::string> ExpandTemplate(std::string_view url_template, std::string_view ecosystem,
                                   std::string_view library, std::string_view version);

// A URL for a key of the cache: without what may be a secret, which a hash stands for. With
// credentials in it, `secret`, the hash is of no use outside this process, and DocsStore keeps
// what has the key in memory.
std::string StorableUrl(std::string_view url, bool secret);
constexpr char kSecretMark = '\x02';  // in such a key

// Documentation from a URL template. Takes Markdown, reStructuredText and plain text, which is read
// as Markdown. Returns NOT_FOUND for 404 and 410; PROTOCOL for other statuses, for HTML (a page
// made for people, a login form) and for empty pages; QUOTA for 429; NETWORK for 5xx; OFFLINE
// without a fetcher; QUOTA when no request is left to the caller; and what the fetch returns.
class TemplateSource : public Source {
 public:
  TemplateSource(PageFetcher fetch, const Clock* clock) : fetch_(std::move(fetch)), clock_(clock) {}
  const char* name() const override { return "template"; }
  Result<Document> Lookup(const SourceQuery& query) override;

 private:
  const PageFetcher fetch_;
  const Clock* const clock_;
};

}  // namespace tapps

#endif  // TAPPS_DOCS_TEMPLATE_SOURCE_H_
