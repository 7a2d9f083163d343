#include "capi/completion_queue.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "capi/guard.h"

namespace tapps::capi {
namespace {

bool IsEvent(int32_t kind) { return kind >= TAPPS_EVENT_PROGRESS; }

void Fill(tapps_record* record, ValueRef value) {
  if (!value) return;
  record->data = value->bytes().data();
  record->size = value->bytes().size();
  record->value = reinterpret_cast<tapps_value*>(const_cast<Value*>(value.Detach()));
}

void Discard(const tapps_record& record) {
  (void)ValueRef::Adopt(reinterpret_cast<const Value*>(record.value));
  delete record.error;
}

}  // namespace

Result<std::shared_ptr<CompletionQueue>> CompletionQueue::Make() {
  Result<Pollable> pollable = Pollable::Make();
  if (!pollable.ok()) return std::move(pollable).status();
  return std::shared_ptr<CompletionQueue>(new CompletionQueue(*std::move(pollable)));
}

CompletionQueue::~CompletionQueue() {
  for (const tapps_record& record : records_) Discard(record);
}

Result<int64_t> CompletionQueue::Begin(int32_t kind, uint64_t user_data, size_t count) {
  MutexLock lock(mu_);
  if (ended_) return Status(TAPPS_E_CLOSED, "the queue was closed");
  const int64_t first = next_op_;
  try {
    for (size_t i = 0; i < count; ++i) ops_.emplace(next_op_++, Op{kind, user_data, nullptr});
  } catch (const std::bad_alloc&) {
    while (next_op_ > first) ops_.erase(--next_op_);
    return Status::Bare(TAPPS_E_NOMEM);
  }
  return first;
}

void CompletionQueue::Forget(int64_t first, size_t count) {
  MutexLock lock(mu_);
  for (size_t i = 0; i < count; ++i) ops_.erase(first + static_cast<int64_t>(i));
  filled_.NotifyAll();
}

void CompletionQueue::SetCancel(int64_t op, std::function<void()> cancel) {
  {
    MutexLock lock(mu_);
    const auto it = ops_.find(op);
    if (it != ops_.end()) {
      it->second.cancel = std::move(cancel);
      return;
    }
  }
  cancel();  // it ended already; stopping what has ended does nothing
}

bool CompletionQueue::Complete(int64_t op, Completion result) {
  tapps_record record{};
  record.op = op;
  record.code = result.status.code();
  record.number = result.number;
  record.bytes = result.bytes;
  if (!result.status.ok()) record.error = new (std::nothrow) tapps_error{std::move(result.status)};
  Fill(&record, std::move(result.value));
  std::unordered_map<int64_t, Op>::node_type ended;  // destroyed without the lock
  bool accepted = false;
  bool was_empty = false;
  {
    MutexLock lock(mu_);
    const auto it = ops_.find(op);
    accepted = it != ops_.end();
    if (accepted) {
      record.kind = it->second.kind;
      record.user_data = it->second.user_data;
      it->second.room.front() = record;
      was_empty = PushLocked(&it->second.room);
      ended = ops_.extract(it);
    }
  }
  if (!accepted) Discard(record);
  if (was_empty) Notify();
  return accepted;
}

void CompletionQueue::Event(int64_t op, int32_t kind, std::string json) {
  std::list<tapps_record> room(1);
  tapps_record record{};
  record.op = op;
  record.kind = kind;
  Fill(&record, Value::Make(json, {}));
  bool accepted = false;
  bool was_empty = false;
  {
    MutexLock lock(mu_);
    accepted = !closed_ && events_ < kMaxEvents;
    if (op == 0) {
      accepted = accepted && (subscribed_ & (1u << (kind - TAPPS_EVENT_PROGRESS))) != 0;
    } else {
      const auto it = ops_.find(op);
      accepted = accepted && it != ops_.end();  // nothing comes after the end of an operation
      if (accepted) record.user_data = it->second.user_data;
    }
    if (accepted) {
      room.front() = record;
      was_empty = PushLocked(&room);
    }
  }
  if (!accepted) Discard(record);
  if (was_empty) Notify();
}

void CompletionQueue::Cancel(int64_t op) {
  std::function<void()> cancel;
  {
    MutexLock lock(mu_);
    const auto it = ops_.find(op);
    if (it == ops_.end()) return;
    cancel = std::move(it->second.cancel);
  }
  Complete(op, Status(TAPPS_E_CANCELLED, "the operation was cancelled"));
  if (cancel) cancel();
}

bool CompletionQueue::PushLocked(std::list<tapps_record>* record) {
  const bool was_empty = records_.empty();
  if (IsEvent(record->front().kind)) ++events_;
  records_.splice(records_.end(), *record);
  if (was_empty) pollable_.Signal();
  filled_.NotifyAll();
  return was_empty;
}

void CompletionQueue::Notify() {
  MutexLock lock(notify_mu_);
  if (notify_) notify_(notify_context_);
}

void CompletionQueue::SetNotify(void (*notify)(void*), void* context) {
  MutexLock lock(notify_mu_);
  notify_ = notify;
  notify_context_ = context;
}

uint32_t CompletionQueue::Subscribe(uint32_t kinds) {
  MutexLock lock(mu_);
  return std::exchange(subscribed_, kinds);
}

size_t CompletionQueue::DrainLocked(tapps_record* records, size_t max) {
  const size_t count = std::min(max, records_.size());
  for (size_t i = 0; i < count; ++i) {
    records[i] = records_.front();
    records_.pop_front();
    if (IsEvent(records[i].kind)) --events_;
  }
  if (count == 0) return 0;
  if (records_.empty()) {
    pollable_.Reset();
  } else {
    pollable_.Signal();  // a watcher of edges would wait for ever for the rest
  }
  return count;
}

size_t CompletionQueue::Drain(tapps_record* records, size_t max) {
  MutexLock lock(mu_);
  return DrainLocked(records, max);
}

Status CompletionQueue::Wait(int64_t timeout_us, tapps_record* records, size_t max, size_t* count) {
  const int64_t began = Clock::Real().MonotonicNow();
  MutexLock lock(mu_);
  while (records_.empty()) {
    if (ended_ && ops_.empty()) return Status(TAPPS_E_CLOSED, "the queue was closed");
    if (timeout_us == TAPPS_UNLIMITED) {
      filled_.Wait(mu_);
      continue;
    }
    const int64_t left = began + timeout_us - Clock::Real().MonotonicNow();
    if (left <= 0) return Status::Bare(TAPPS_E_TIMEOUT);
    filled_.WaitFor(mu_, left);
  }
  *count = DrainLocked(records, max);
  return {};
}

bool CompletionQueue::closed() {
  MutexLock lock(mu_);
  return closed_;
}

void CompletionQueue::End() {
  MutexLock lock(mu_);
  ended_ = true;
  filled_.NotifyAll();
}

void CompletionQueue::Close(const std::function<void(const tapps_record&)>& dropped) {
  SetNotify(nullptr, nullptr);
  std::unordered_map<int64_t, Op> ops;
  std::list<tapps_record> records;
  {
    MutexLock lock(mu_);
    closed_ = true;
    ended_ = true;
    ops.swap(ops_);
    records.swap(records_);
    pollable_.Reset();
    filled_.NotifyAll();
  }
  for (const tapps_record& record : records) {
    dropped(record);
    Discard(record);
  }
  for (auto& [op, state] : ops) {
    if (state.cancel) state.cancel();
  }
}

}  // namespace tapps::capi
