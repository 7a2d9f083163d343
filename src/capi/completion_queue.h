#ifndef TAPPS_CAPI_COMPLETION_QUEUE_H_
#define TAPPS_CAPI_COMPLETION_QUEUE_H_

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/pollable.h"
#include "base/result.h"
#include "base/value.h"

namespace tapps::capi {

// What an operation ends with; the fields of tapps_record.
struct Completion {
  Status status;
  ValueRef value;
  int64_t number = 0;
  int64_t bytes = 0;
};

// Where operations end. Each accepted operation ends in exactly one record: whoever takes it out of
// the table of operations first, its result or its cancellation, writes the record. Any thread.
class CompletionQueue {
 public:
  static Result<std::shared_ptr<CompletionQueue>> Make();
  ~CompletionQueue();

  // Accepts `count` operations; returns the number of the first, from 1 up; the others follow.
  // `cancel` may come later (SetCancel).
  Result<int64_t> Begin(int32_t kind, uint64_t user_data, size_t count = 1);
  // What Cancel calls, without locks held, to stop the work behind an operation. If the operation
  // was cancelled meanwhile it is called now.
  void SetCancel(int64_t op, std::function<void()> cancel);
  // Takes back operations that nobody was told of: they end without a record.
  void Forget(int64_t first, size_t count = 1);
  // The operation's result. False, and without effect, when it has ended. Needs no memory.
  bool Complete(int64_t op, Completion result);
  bool Complete(int64_t op, Status status, ValueRef value = {}, int64_t number = 0) {
    return Complete(op, Completion{std::move(status), std::move(value), number});
  }
  // An event of an operation under way, or (op 0) one that is subscribed to.
  void Event(int64_t op, int32_t kind, std::string json);
  void Cancel(int64_t op);

  size_t Drain(tapps_record* records, size_t max);
  Status Wait(int64_t timeout_us, tapps_record* records, size_t max, size_t* count);
  void SetNotify(void (*notify)(void*), void* context);
  uint32_t Subscribe(uint32_t kinds);  // returns what it was before
  int64_t fd() const { return pollable_.fd(); }

  // Nothing is accepted any more; what is under way still ends here. Then Wait returns CLOSED.
  void End();
  // Cancels what is under way and drops what waits, telling `dropped` first; nothing is accepted
  // any more.
  void Close(const std::function<void(const tapps_record&)>& dropped);
  bool closed();

 private:
  static constexpr size_t kMaxEvents = 4096;
  struct Op {
    int32_t kind;
    uint64_t user_data;
    std::function<void()> cancel;
    std::list<tapps_record> room{1};  // for its record
  };

  explicit CompletionQueue(Pollable pollable) : pollable_(std::move(pollable)) {}
  // True when the queue was empty before, so that the host has to be called (Notify).
  bool PushLocked(std::list<tapps_record>* record) REQUIRES(mu_);
  void Notify();
  size_t DrainLocked(tapps_record* records, size_t max) REQUIRES(mu_);

  Mutex mu_;
  CondVar filled_;
  Pollable pollable_;  // signalled under mu_, so that it is readable if and only if records_ is not
                       // empty
  std::list<tapps_record> records_ GUARDED_BY(mu_);
  std::unordered_map<int64_t, Op> ops_ GUARDED_BY(mu_);
  int64_t next_op_ GUARDED_BY(mu_) = 1;
  size_t events_ GUARDED_BY(mu_) = 0;  // in records_
  uint32_t subscribed_ GUARDED_BY(mu_) = 0;
  bool ended_ GUARDED_BY(mu_) = false;   // accepts no operations
  bool closed_ GUARDED_BY(mu_) = false;  // accepts no records

  Mutex notify_mu_;  // held while the host's callback runs; never together with mu_
  void (*notify_)(void*) GUARDED_BY(notify_mu_) = nullptr;
  void* notify_context_ GUARDED_BY(notify_mu_) = nullptr;
};

}  // namespace tapps::capi

#endif  // TAPPS_CAPI_COMPLETION_QUEUE_H_
