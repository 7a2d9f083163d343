#include "http/body.h"

#include <algorithm>
#include <utility>

namespace tapps::http {
namespace {

// Up to here one block is worth a copy: it can be served without a look at it.
constexpr size_t kCopied = size_t{256} << 10;

}  // namespace

bool BodyRoom::Take(const void* body, size_t bytes) {
  if (!Fits(bytes)) {
    if (beyond_ != nullptr && beyond_ != body) return false;
    beyond_ = body;
  }
  used_ += bytes;
  return true;
}

void BodyRoom::GiveBack(const void* body, size_t bytes) {
  used_ -= bytes;
  if (beyond_ == body) beyond_ = nullptr;
}

void Body::Drop() {
  room_.GiveBack(this, memory_.size());
  std::string().swap(memory_);
  file_.Close();
}

Status Body::Append(std::string_view bytes) {
  if (file_.is_open()) {
    Status status = file_.Append(bytes);
    if (status.ok()) return status;
    no_file_ = std::move(status);
    on_disk_ = false;
    TAPPS_RETURN_IF_ERROR(TakeBack());
  } else if (on_disk_ && !room_.options().folder.empty() &&
             (memory_.size() + bytes.size() > room_.options().spill_above ||
              !room_.Fits(bytes.size()))) {
    if (SpillAnd(bytes)) return {};
    on_disk_ = false;
  }
  return AppendToMemory(bytes);
}

// Moves what is in memory to a file, and the bytes behind it. False: nothing has changed.
bool Body::SpillAnd(std::string_view bytes) {
  no_file_ = file_.Open(room_.options().folder);
  if (no_file_.ok()) no_file_ = file_.Append(memory_);
  if (no_file_.ok()) no_file_ = file_.Append(bytes);
  if (!no_file_.ok()) {
    file_.Close();
    return false;
  }
  room_.GiveBack(this, memory_.size());
  std::string().swap(memory_);
  return true;
}

Status Body::TakeBack() {
  const size_t size = file_.size();
  if (!room_.Take(this, size)) return NoRoom();
  try {
    memory_.reserve(std::max(limit_, size));
    memory_.resize(size);
  } catch (...) {
    room_.GiveBack(this, size);
    throw;
  }
  Status status = file_.Read(memory_.data());
  file_.Close();
  return status;
}

// Grows towards the limit itself and in few steps: what is reserved costs memory only once it is
// written, and what the steps leave behind is small against the limit.
Status Body::AppendToMemory(std::string_view bytes) {
  const size_t needed = memory_.size() + bytes.size();
  if (needed > memory_.capacity()) {
    size_t capacity = std::max(limit_, needed);
    while (capacity / 8 >= needed) capacity /= 8;
    memory_.reserve(capacity);
  }
  if (!room_.Take(this, bytes.size())) return NoRoom();
  memory_.append(bytes);
  return {};
}

Status Body::NoRoom() const {
  const std::string why = "too many large bodies come in at once to keep this one in memory";
  if (no_file_.ok()) return Status(TAPPS_E_BUSY, why);
  return Status(no_file_.code() == TAPPS_E_FULL ? TAPPS_E_FULL : TAPPS_E_BUSY,
                ErrorDetail{.message = why + ", and " + std::string(no_file_.message()),
                            .sys_errno = no_file_.detail().sys_errno});
}

Result<ValueRef> Body::Finish() {
  Result<ValueRef> value = ValueRef();
  if (file_.is_open()) {
    value = file_.Map();
  } else if (memory_.size() <= kCopied ||
             memory_.capacity() - memory_.size() > memory_.size() / 8) {
    if (!memory_.empty()) value = Value::Make(memory_, ValueInfo());
  } else {
    room_.GiveBack(this, memory_.size());
    value = Value::Own(std::exchange(memory_, {}));
  }
  Drop();
  return value;
}

}  // namespace tapps::http
