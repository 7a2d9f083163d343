#include "storage/value_codec.h"

#include <zstd.h>

#include <new>

#include "base/hash.h"

namespace tapps::storage {
namespace {

// Of a large value a part in the middle is tried first.
constexpr size_t kTrial = 16 << 10;

size_t MostWorthwhile(size_t size) { return size - size / 10; }

}  // namespace

struct Compressor::Context {
  ZSTD_CCtx* zstd = nullptr;
  ~Context() { ZSTD_freeCCtx(zstd); }
};

Compressor::Compressor() = default;
Compressor::~Compressor() = default;

bool Compressor::Worthwhile(std::string_view bytes) {
  if (bytes.size() < 4 * kTrial) return true;
  const std::string_view part = bytes.substr(bytes.size() / 2, kTrial);
  buffer_.resize(kTrial);
  const size_t size = ZSTD_compressCCtx(context_->zstd, buffer_.data(), MostWorthwhile(kTrial),
                                        part.data(), part.size(), kLevel);
  return !ZSTD_isError(size);
}

std::string_view Compressor::Compress(std::string_view bytes) {
  if (bytes.size() < kLeast) return {};
  try {
    return TryToCompress(bytes);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

std::string_view Compressor::TryToCompress(std::string_view bytes) {
  if (!context_) {
    context_ = std::make_unique<Context>();
    context_->zstd = ZSTD_createCCtx();
  }
  if (context_->zstd == nullptr || !Worthwhile(bytes)) return {};
  // Room for a worthwhile result only: zstd gives up when there is no more.
  buffer_.resize(MostWorthwhile(bytes.size()));
  const size_t size = ZSTD_compressCCtx(context_->zstd, buffer_.data(), buffer_.size(),
                                        bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size)) return {};
  return {buffer_.data(), size};
}

EncodedValue ValueEncoder::Encode(const Value& value) {
  EncodedValue encoded;
  const std::string_view bytes = value.bytes();
  encoded.flags = value.info().flags & TAPPS_VALUE_NEGATIVE;
  encoded.checksum = static_cast<int64_t>(Hash64(bytes));
  if (const std::string_view frame = compressor_.Compress(bytes); !frame.empty()) {
    encoded.flags |= kZstdFlag;
    encoded.frame = frame;
  }
  if (encoded.Bytes(value).size() > kInlineBytes) encoded.flags |= kChunksFlag;
  if ((encoded.flags & (kZstdFlag | kChunksFlag)) != 0) {
    encoded.flags |= static_cast<int64_t>(bytes.size()) << kLengthShift;
  }
  return encoded;
}

struct Decompressor::Context {
  ZSTD_DCtx* zstd = nullptr;
  ~Context() { ZSTD_freeDCtx(zstd); }
};

Decompressor::Decompressor() = default;
Decompressor::~Decompressor() = default;

void Decompressor::Begin(char* out, size_t size) {
  if (!context_) {
    context_ = std::make_unique<Context>();
    context_->zstd = ZSTD_createDCtx();
  }
  if (context_->zstd != nullptr) ZSTD_DCtx_reset(context_->zstd, ZSTD_reset_session_only);
  out_ = out;
  size_ = size;
  written_ = 0;
  complete_ = false;
}

bool Decompressor::Feed(std::string_view part) {
  if (context_->zstd == nullptr || complete_) return false;
  ZSTD_inBuffer in = {part.data(), part.size(), 0};
  ZSTD_outBuffer out = {out_, size_, written_};
  while (in.pos < in.size) {
    const size_t before = in.pos + out.pos;
    const size_t left = ZSTD_decompressStream(context_->zstd, &out, &in);
    if (ZSTD_isError(left)) return false;
    complete_ = left == 0;
    if (complete_) break;
    if (in.pos + out.pos == before) return false;  // no room for what is left
  }
  written_ = out.pos;
  return in.pos == in.size;
}

}  // namespace tapps::storage
