#ifndef TAPPS_STORAGE_VALUE_CODEC_H_
#define TAPPS_STORAGE_VALUE_CODEC_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/value.h"

namespace tapps::storage {

// How the bytes of a value stand in the file. The column `flags` of an entry says it:
//
//     bits 0-7     TAPPS_VALUE_* as they are stored
//     bit 8        zstd: what is stored is one zstd frame
//     bit 9        chunks: what is stored stands in rows of the table `chunks`, kChunk bytes each
//     but
//                  the last; the column `value` then has its length, 8 bytes, little-endian
//     bits 16-48   with bit 8 or 9: length of the value itself
//
// `checksum` is always that of the value itself. A release that does not know these bits takes the
// column `value` for the value, finds the checksum wrong, and so has a miss; when it replaces or
// removes the entry, the column is its own again and triggers remove the chunks.
inline constexpr int64_t kPublicFlags = 0xFF;
inline constexpr int64_t kZstdFlag = 1 << 8;
inline constexpr int64_t kChunksFlag = 1 << 9;
inline constexpr int kLengthShift = 16;

inline constexpr size_t kInlineBytes = size_t{4} << 20;  // more is stored in chunks
inline constexpr size_t kChunk = size_t{256} << 10;
inline constexpr int64_t kChunkIds = 4096;  // of each entry

// SQL for the bytes that key and value take, and for the length of a value; the macros for use
// within other literals.
#define TAPPS_STORED_BYTES_SQL \
  "(length(key) + CASE WHEN flags & 512 THEN flags >> 16 ELSE length(value) END)"
#define TAPPS_VALUE_BYTES_SQL "(CASE WHEN flags & 768 THEN flags >> 16 ELSE length(value) END)"

// Compresses values that become smaller by it. One thread at a time.
//
// `zstd -b1 -e3 -B2048` on READMEs and Markdown: level 1 saves 31 % of pieces of 1 KiB, 35 % of 2
// KiB, 37 % of 4 KiB, 41 % of 16 KiB; level 3 saves 1 % more and takes up to half as much time
// again. Below kLeast a row seldom saves a page.
class Compressor {
 public:
  Compressor();
  ~Compressor();
  // One zstd frame, valid until the next call; empty when the value is small, would not become
  // smaller by a tenth, or there is no memory for it.
  std::string_view Compress(std::string_view bytes);

  static constexpr size_t kLeast = 2048;
  static constexpr int kLevel = 1;

 private:
  std::string_view TryToCompress(std::string_view bytes);
  bool Worthwhile(std::string_view bytes);

  struct Context;
  std::unique_ptr<Context> context_;
  std::string buffer_;
};

// What goes into the file for a value. It holds what the value itself does not: the frame.
struct EncodedValue {
  int64_t flags = 0;     // the column
  int64_t checksum = 0;  // likewise
  std::string frame;     // with kZstdFlag
  // What is stored, of the value this was made from.
  std::string_view Bytes(const Value& value) const {
    return (flags & kZstdFlag) != 0 ? std::string_view(frame) : value.bytes();
  }
};

// Makes that. One thread at a time.
class ValueEncoder {
 public:
  EncodedValue Encode(const Value& value);
  // Whether that takes microseconds, as it does for what may be compressed: the writer has it done
  // before it takes the write lock, which all processes wait for. Of a smaller value, the checksum
  // takes a fraction of one.
  static bool IsSlow(const Value& value) { return value.bytes().size() >= Compressor::kLeast; }

 private:
  Compressor compressor_;
};

// Fills memory with what a zstd frame holds, given in one part or many. One thread at a time.
class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  // Begins a frame whose content has `size` bytes, to be written to `out`.
  void Begin(char* out, size_t size);
  // The next bytes of the frame; false when they are damaged or more than was announced.
  bool Feed(std::string_view part);
  // Whether exactly the announced bytes have come.
  bool Complete() const { return complete_ && written_ == size_; }

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  char* out_ = nullptr;
  size_t size_ = 0;
  size_t written_ = 0;
  bool complete_ = false;
};

}  // namespace tapps::storage

#endif  // TAPPS_STORAGE_VALUE_CODEC_H_
