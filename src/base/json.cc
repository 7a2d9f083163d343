#include "base/json.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>

namespace tapps {
namespace {

// Deeper nesting than this is refused: the parser's callback counts it, so that no input can
// exhaust the stack of a host's thread when the tree is walked or destroyed.
constexpr int kMaxDepth = 256;

std::string Position(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t newline = before.rfind('\n');
  const size_t column =
      newline == std::string_view::npos ? before.size() + 1 : before.size() - newline;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

struct TooDeep {};

// Taken one by one: a vector that grows has two.
struct Reserve {
  static constexpr size_t kBytes = 32 << 10;
  alignas(std::max_align_t) char bytes[kBytes];
};
constexpr size_t kReserves = 8;
Reserve reserves[kReserves];
std::array<std::atomic<bool>, kReserves> reserve_taken{};

}  // namespace

void* AllocateOrReserve(size_t bytes) {
  if (void* p = ::operator new(bytes, std::nothrow)) return p;
  for (size_t i = 0; i < kReserves && bytes <= Reserve::kBytes; ++i) {
    if (!reserve_taken[i].exchange(true, std::memory_order_acquire)) return reserves[i].bytes;
  }
  throw std::bad_alloc();
}

void FreeOrReturn(void* p) noexcept {
  for (size_t i = 0; i < kReserves; ++i) {
    if (p == reserves[i].bytes) return reserve_taken[i].store(false, std::memory_order_release);
  }
  ::operator delete(p);
}

Result<Json> ParseJson(std::string_view text) {
  try {
    return Json::parse(text.begin(), text.end(), [](int depth, Json::parse_event_t, Json&) {
      if (depth > kMaxDepth) throw TooDeep{};
      return true;
    });
  } catch (const Json::parse_error& e) {
    std::string reason = e.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..." -> the
    // tail.
    if (const size_t at = reason.find("syntax error"); at != std::string::npos)
      reason = reason.substr(at);
    return Status(TAPPS_E_INVALID, Position(text, e.byte > 0 ? e.byte - 1 : 0) + ": " + reason);
  } catch (const Json::exception& e) {         // a number that no double can hold
    const std::string_view reason = e.what();  // "[json.exception.out_of_range.406] ..."
    const size_t at = reason.find("] ");
    return Status(TAPPS_E_INVALID,
                  std::string(at == std::string_view::npos ? reason : reason.substr(at + 2)));
  } catch (const TooDeep&) {
    return Status(TAPPS_E_INVALID,
                  "nested more than " + std::to_string(kMaxDepth) + " levels deep");
  }
}

std::string DumpJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::string> JsonString(const Json& object, std::string_view name) {
  if (!object.is_object()) return std::nullopt;
  const auto it = object.find(name);
  if (it == object.end() || !it->is_string()) return std::nullopt;
  return it->get<std::string>();
}

}  // namespace tapps
