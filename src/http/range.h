#ifndef TAPPS_HTTP_RANGE_H_
#define TAPPS_HTTP_RANGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/stored_response.h"

// Parts of bodies (RFC 9110 14, RFC 9111 3.3 and 3.4), as pure functions. One range at a time:
// requests for several, and the multipart answers to them, pass by the cache.
//
//   stored:    0....first========first+size....complete
//   a range is served where it lies in ====; two parts that touch and have the same strong
//   validator become one; a part that reaches from 0 to complete is a whole response.
namespace tapps::http {

// "bytes=first-last", "bytes=first-" or "bytes=-suffix".
struct ByteRange {
  std::optional<int64_t> first;
  std::optional<int64_t> last;
  int64_t suffix = 0;  // when there is no first
};
// Nullopt for any other unit, several ranges, and what is malformed.
std::optional<ByteRange> ParseByteRange(std::string_view range);

// Which bytes of the representation a response holds.
struct Part {
  int64_t first = 0;
  int64_t size = 0;
  std::optional<int64_t> complete;  // length of the whole; unknown for "bytes 0-4/*"
  bool to_end = false;              // the origin says it reaches the end
  // The body is as long as Content-Range says. What is not exact is never combined.
  bool exact = false;

  bool whole() const { return first == 0 && exact && complete == size; }
};
// Nullopt for a 206 without a Content-Range that can be read, and for an encoded body: it is kept
// decoded, and ranges are of the encoded bytes. Any other status is a whole.
std::optional<Part> PartOf(const StoredResponse& response);

// A 206 with the range, cut out of the stored response; nullopt when not all of it is there.
std::optional<StoredResponse> CutOut(const StoredResponse& stored, const ByteRange& range);

// Whether a new part is to be joined with what is stored: not each of many small parts of something
// large, as all that is there is copied and written anew.
bool IsWorthJoining(const StoredResponse& older, const StoredResponse& newer);

// The union of two responses, whole (200) when nothing is missing: bytes and header fields of the
// newer one first. Nullopt when they do not touch, or do not share a strong ETag (RFC 9111 3.4).
std::optional<StoredResponse> Combine(const StoredResponse& older, const StoredResponse& newer);

// How many bytes from the start of the representation are there, when a range request could fetch
// the rest; 0 else.
int64_t BytesToContinueFrom(const StoredResponse& stored);

// Whether both have the same ETag and it is strong (RFC 9110 8.8.3.2).
bool SameStrongTag(const Headers& a, const Headers& b);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_RANGE_H_
