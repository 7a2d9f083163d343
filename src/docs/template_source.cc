#include "docs/template_source.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "docs/text.h"
#include "project/text.h"

namespace tapps {
namespace {

std::string PercentEncode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Status Failed(int32_t code, const std::string& url, int32_t http_status, std::string_view why) {
  ErrorDetail detail;
  detail.message = WithoutSecrets(url) + ": " + std::string(why);
  detail.http_status = http_status;
  return Status(code, std::move(detail));
}

Status FailureOf(const Page& page, const std::string& url) {
  const int32_t status = page.status;
  int32_t code = TAPPS_E_PROTOCOL;
  if (status == 404 || status == 410) code = TAPPS_E_NOT_FOUND;
  if (status == 429) code = TAPPS_E_QUOTA;
  if (status == 408 || status >= 500) code = TAPPS_E_NETWORK;
  return Failed(code, url, status, "the server answered " + std::to_string(status));
}

bool LooksLikeHtml(std::string_view body) {
  const std::string head = Lower(Trim(body).substr(0, 64));
  return head.starts_with("<!doctype") || head.starts_with("<html") || head.starts_with("<head") ||
         head.starts_with("<?xml");
}

// What a page is written in; false when it is no documentation.
bool MarkupOfPage(const Page& page, std::string_view url, Markup* markup) {
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  *markup = path.ends_with(".rst") ? Markup::kRst : Markup::kMarkdown;
  if (LooksLikeHtml(page.body)) return false;
  if (page.content_type.empty()) return true;
  Markup said;
  if (!MarkupOf(page.content_type, &said)) return false;
  // Servers of raw files call Markdown text/plain.
  if (said != Markup::kPlain) *markup = said;
  return true;
}

// Takes one of the requests left; false when there is none.
bool TakeRequest(std::atomic<int64_t>* requests) {
  if (requests == nullptr) return true;
  int64_t left = requests->load();
  while (left > 0) {
    if (requests->compare_exchange_weak(left, left - 1)) return true;
  }
  return false;
}

}  // namespace

Result<std::string> ExpandTemplate(std::string_view url_template, std::string_view ecosystem,
                                   std::string_view library, std::string_view version) {
  const std::string start = Lower(url_template.substr(0, 8));
  if (!start.starts_with("http://") && !start.starts_with("https://")) {
    return Status(TAPPS_E_INVALID, "url_template: not an http or https URL");
  }
  if (url_template.find("{library}") == std::string_view::npos) {
    return Status(TAPPS_E_INVALID, "url_template: {library} does not occur in it");
  }
  const std::pair<std::string_view, std::string> kFields[] = {
      {"{ecosystem}", PercentEncode(ecosystem)},
      {"{library}", PercentEncode(library)},
      {"{version}", version.empty() ? "latest" : PercentEncode(version)},
  };
  std::string url;
  for (size_t i = 0; i < url_template.size();) {
    const std::string_view rest = url_template.substr(i);
    const auto field = std::find_if(std::begin(kFields), std::end(kFields),
                                    [&](const auto& f) { return rest.starts_with(f.first); });
    if (field == std::end(kFields)) {
      url += rest[0];
      ++i;
    } else {
      url += field->second;
      i += field->first.size();
    }
  }
  return url;
}

std::string StorableUrl(std::string_view url, bool secret) {
  std::string safe = WithoutSecrets(url);
  if (secret) {
    // Never destroyed: lookups may be under way while the process exits.
    static const auto& salt = *new std::string(std::to_string(std::random_device()()) + '\n');
    return safe + kSecretMark + std::to_string(Hash64(salt + std::string(url)));
  }
  if (safe == url) return safe;
  return safe + "#" + std::to_string(Hash64(url));
}

Result<Document> TemplateSource::Lookup(const SourceQuery& query) {
  Result<std::string> url =
      ExpandTemplate(query.url_template, query.ecosystem, query.library, query.version);
  if (!url.ok()) return std::move(url).status();
  if (!fetch_) return Failed(TAPPS_E_OFFLINE, *url, 0, "there is no network");
  if (!TakeRequest(query.requests)) {
    return Failed(TAPPS_E_QUOTA, *url, 0, "no request is left of those allowed");
  }
  Result<Page> page =
      fetch_({*url, query.timeout_us, static_cast<int64_t>(kMaxDocumentBytes), query.reload});
  if (!page.ok()) return std::move(page).status();
  if (page->status != 200 && page->status != 203) return FailureOf(*page, *url);
  Document document;
  if (!MarkupOfPage(*page, *url, &document.markup)) {
    const std::string type =
        page->content_type.empty() ? "" : " (" + Printable(page->content_type) + ")";
    return Failed(TAPPS_E_PROTOCOL, *url, page->status, "a web page, not documentation" + type);
  }
  document.text = CleanText(page->body);
  if (Trim(document.text).empty()) {
    return Failed(TAPPS_E_PROTOCOL, *url, page->status, "an empty page");
  }
  document.ecosystem = query.ecosystem;
  document.library = query.library;
  document.version = query.version;
  document.source = "template: " + WithoutSecrets(*url);
  document.stale = page->stale;
  document.keep = !page->stale;
  if (page->stale) document.warning = "the origin failed; this is its last known answer";
  document.created_us = clock_->WallNow() - std::max<int64_t>(page->age_us, 0);
  document.stamp = std::to_string(document.created_us);
  document.served_from = TAPPS_FROM_NETWORK;
  return document;
}

}  // namespace tapps
