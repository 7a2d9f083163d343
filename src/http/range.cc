#include "http/range.h"

#include <algorithm>
#include <string>
#include <utility>

#include "http/conditional.h"
#include "http/text.h"

namespace tapps::http {
namespace {

constexpr int64_t kMaxPosition = int64_t{1} << 60;

struct ContentRange {
  int64_t first;
  int64_t last;
  std::optional<int64_t> complete;
};

std::string_view BodyOf(const StoredResponse& response) {
  return response.body ? response.body->bytes() : std::string_view();
}

// What follows the unit, when that is bytes.
std::optional<std::string_view> AfterUnit(std::string_view text, char delimiter) {
  text = TrimSpace(text);
  const size_t end = text.find(delimiter);
  if (end == std::string_view::npos || !EqualsIgnoreCase(TrimSpace(text.substr(0, end)), "bytes")) {
    return std::nullopt;
  }
  return TrimSpace(text.substr(end + 1));
}

// "bytes 4-9/10" (RFC 9110 14.4).
std::optional<ContentRange> ParseContentRange(std::string_view text) {
  const auto rest = AfterUnit(text, ' ');
  if (!rest) return std::nullopt;
  const size_t dash = rest->find('-');
  const size_t slash = rest->find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const auto first = ParseDigits(rest->substr(0, dash), kMaxPosition);
  const auto last = ParseDigits(rest->substr(dash + 1, slash - dash - 1), kMaxPosition);
  const std::string_view length = rest->substr(slash + 1);
  const auto complete = ParseDigits(length, kMaxPosition);
  if (!first || !last || *last < *first || (!complete && length != "*") ||
      (complete && *last >= *complete)) {
    return std::nullopt;
  }
  return ContentRange{*first, *last, complete};
}

std::string ContentRangeText(int64_t first, int64_t size, std::optional<int64_t> complete) {
  return "bytes " + std::to_string(first) + "-" + std::to_string(first + size - 1) + "/" +
         (complete ? std::to_string(*complete) : "*");
}

void SetBody(ValueRef body, StoredResponse* response) {
  (void)response->headers.Set("Content-Length", std::to_string(body->bytes().size()));
  response->body = std::move(body);
}

}  // namespace

std::optional<ByteRange> ParseByteRange(std::string_view text) {
  const auto rest = AfterUnit(text, '=');
  if (!rest) return std::nullopt;
  const size_t dash = rest->find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view before = TrimSpace(rest->substr(0, dash));
  const std::string_view after = TrimSpace(rest->substr(dash + 1));
  ByteRange range;
  if (before.empty()) {
    const auto suffix = ParseDigits(after, kMaxPosition);
    if (!suffix || *suffix == 0) return std::nullopt;
    range.suffix = *suffix;
    return range;
  }
  range.first = ParseDigits(before, kMaxPosition);
  if (!after.empty()) range.last = ParseDigits(after, kMaxPosition);
  if (!range.first || (!after.empty() && (!range.last || *range.last < *range.first))) {
    return std::nullopt;
  }
  return range;
}

std::optional<Part> PartOf(const StoredResponse& response) {
  const auto coding = response.headers.Get("Content-Encoding");
  if (coding && !EqualsIgnoreCase(*coding, "identity")) return std::nullopt;
  Part part;
  part.size = static_cast<int64_t>(BodyOf(response).size());
  if (response.status != 206) {
    part.complete = part.size;
    part.to_end = part.exact = true;
    return part;
  }
  const auto range = ParseContentRange(response.headers.Get("Content-Range").value_or(""));
  if (!range) return std::nullopt;
  part.first = range->first;
  part.complete = range->complete;
  part.to_end = range->complete && range->last + 1 == *range->complete;
  part.exact = range->last - range->first + 1 == part.size;
  return part;
}

std::optional<StoredResponse> CutOut(const StoredResponse& stored, const ByteRange& range) {
  const std::optional<Part> part = PartOf(stored);
  if (!part || part->size == 0) return std::nullopt;
  int64_t begin = 0;
  int64_t end = part->size;  // both within the body
  if (!range.first) {
    // Of a part whose length is not what it should be, the end is taken to be the end.
    if (!part->to_end || (range.suffix > part->size && part->first > 0)) return std::nullopt;
    begin = std::max<int64_t>(0, part->size - range.suffix);
  } else {
    begin = *range.first - part->first;
    const bool open = !range.last || (part->to_end && *range.last >= part->first + part->size);
    if (open && !part->to_end) return std::nullopt;
    if (!open) end = *range.last - part->first + 1;
  }
  if (begin < 0 || begin >= end || end > part->size) return std::nullopt;
  StoredResponse cut = stored;
  cut.status = 206;
  const std::string_view bytes =
      BodyOf(stored).substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  SetBody(Value::Make(bytes, ValueInfo()), &cut);
  (void)cut.headers.Set("Content-Range",
                        ContentRangeText(part->first + begin, end - begin, part->complete));
  return cut;
}

bool IsWorthJoining(const StoredResponse& older, const StoredResponse& newer) {
  constexpr int64_t kSmall = 4 << 20;
  const std::optional<Part> a = PartOf(older);
  const std::optional<Part> b = PartOf(newer);
  if (!a || !b || a->size <= kSmall || b->size >= a->size / 4) return true;
  const std::optional<int64_t> complete = b->complete ? b->complete : a->complete;
  return complete && a->size + b->size >= *complete;  // it may be the last one
}

std::optional<StoredResponse> Combine(const StoredResponse& older, const StoredResponse& newer) {
  const std::optional<Part> a = PartOf(older);
  const std::optional<Part> b = PartOf(newer);
  if (!a || !b || !a->exact || !b->exact || !SameStrongTag(older.headers, newer.headers)) {
    return std::nullopt;
  }
  if (a->complete && b->complete && *a->complete != *b->complete) return std::nullopt;
  const int64_t a_end = a->first + a->size;
  const int64_t b_end = b->first + b->size;
  if (a->first > b_end || b->first > a_end) return std::nullopt;
  Part all = *b;
  all.first = std::min(a->first, b->first);
  all.size = std::max(a_end, b_end) - all.first;
  if (!all.complete) all.complete = a->complete;
  char* bytes = nullptr;
  ValueRef body = Value::MakeUninitialized(static_cast<size_t>(all.size), ValueInfo(), {}, &bytes);
  BodyOf(older).copy(bytes + (a->first - all.first), static_cast<size_t>(a->size));
  BodyOf(newer).copy(bytes + (b->first - all.first), static_cast<size_t>(b->size));
  StoredResponse combined = newer;
  combined.headers = older.headers;  // the answer to If-Range may lack them (RFC 9110 15.3.7)
  MergeFields(newer.headers, &combined.headers);
  SetBody(std::move(body), &combined);
  if (all.whole()) {
    combined.status = 200;
    combined.headers.Remove("Content-Range");
  } else {
    combined.status = 206;
    (void)combined.headers.Set("Content-Range",
                               ContentRangeText(all.first, all.size, all.complete));
  }
  return combined;
}

int64_t BytesToContinueFrom(const StoredResponse& stored) {
  if (stored.status != 206) return 0;
  const std::optional<Part> part = PartOf(stored);
  return part && part->first == 0 && part->exact && !part->to_end ? part->size : 0;
}

bool SameStrongTag(const Headers& a, const Headers& b) {
  const auto tag = a.Get("ETag");
  return tag && !tag->empty() && !tag->starts_with("W/") && tag == b.Get("ETag");
}

}  // namespace tapps::http
