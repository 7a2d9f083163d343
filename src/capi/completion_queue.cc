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

Result<int64_t> CompletionQueue::Begin(int32_t kind, uint64_t user_data) {
  MutexLock lock(mu_);
  if (closed_) return Status(TAPPS_E_CLOSED, "the queue was closed");
  const int64_t op = next_op_++;
  ops_.emplace(op, Op{kind, user_data, nullptr});
  return op;
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

void CompletionQueue::Complete(int64_t op, Status status, ValueRef value) {
  tapps_record record{};
  record.op = op;
  record.code = status.code();
  {
    MutexLock lock(mu_);
    const auto it = ops_.find(op);
    if (it == ops_.end()) return;
    record.kind = it->second.kind;
    record.user_data = it->second.user_data;
    ops_.erase(it);
  }
  if (!status.ok()) record.error = new (std::nothrow) tapps_error{std::move(status)};
  Fill(&record, std::move(value));
  Push(record);
}

void CompletionQueue::Event(int64_t op, int32_t kind, std::string json) {
  tapps_record record{};
  record.op = op;
  record.kind = kind;
  {
    MutexLock lock(mu_);
    if (events_ >= kMaxEvents) return;
    if (op != 0) {
      const auto it = ops_.find(op);
      if (it == ops_.end()) return;  // nothing comes after the end of an operation
      record.user_data = it->second.user_data;
    } else if ((subscribed_ & (1u << (kind - TAPPS_EVENT_PROGRESS))) == 0) {
      return;
    }
  }
  Fill(&record, Value::Make(json, {}));
  Push(record);
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

void CompletionQueue::Push(const tapps_record& record) {
  bool was_empty = false;
  {
    MutexLock lock(mu_);
    if (closed_) {
      Discard(record);
      return;
    }
    was_empty = records_.empty();
    records_.push_back(record);
    if (IsEvent(record.kind)) ++events_;
    if (was_empty) pollable_.Signal();
    filled_.NotifyOne();
  }
  if (was_empty) Notify();
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

void CompletionQueue::Subscribe(uint32_t kinds) {
  MutexLock lock(mu_);
  subscribed_ = kinds;
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
    if (closed_) return Status(TAPPS_E_CLOSED, "the queue was closed");
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

void CompletionQueue::Close() {
  SetNotify(nullptr, nullptr);
  std::unordered_map<int64_t, Op> ops;
  std::deque<tapps_record> records;
  {
    MutexLock lock(mu_);
    closed_ = true;
    ops.swap(ops_);
    records.swap(records_);
    pollable_.Reset();
    filled_.NotifyAll();
  }
  for (const tapps_record& record : records) Discard(record);
  for (auto& [op, state] : ops) {
    if (state.cancel) state.cancel();
  }
}

}  // namespace tapps::capi
