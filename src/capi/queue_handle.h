#ifndef TAPPS_CAPI_QUEUE_HANDLE_H_
#define TAPPS_CAPI_QUEUE_HANDLE_H_

#include <functional>
#include <memory>
#include <utility>

#include "capi/completion_queue.h"
#include "capi/handles.h"
#include "capi/requests.h"

struct tapps_queue {
  std::shared_ptr<tapps::capi::Session> session;
  std::shared_ptr<tapps::capi::CompletionQueue> core;

  // Runs the work behind an accepted operation on a pool. When that is closed, or the work throws,
  // the operation ends with the reason.
  template <typename Job>
  tapps::Status Defer(int64_t op, Job job, tapps::capi::Engine::Pool pool = {}) {
    tapps::Status status = session->engine->Run(
        [core = core, op, job = std::move(job)]() mutable {
          tapps::Status failed = tapps::capi::Attempt([&]() -> tapps::Status {
            job();
            return {};
          });
          if (!failed.ok()) core->Complete(op, std::move(failed));
        },
        pool);
    if (!status.ok()) core->Complete(op, std::move(status));
    return {};
  }
};

namespace tapps::capi {

// What all submits have in common. `body` gets where to write the number of the operation.
template <typename Body>
int32_t Submit(tapps_queue* queue, int64_t* op, tapps_error** err, Body&& body) noexcept {
  return Guard(err, [&]() -> Status {
    int64_t id = 0;
    if (op) *op = 0;
    TAPPS_RETURN_IF_ERROR(CheckNotNull("queue", queue));
    TAPPS_RETURN_IF_ERROR(queue->session->Check());
    Status submitted = Attempt([&] { return std::forward<Body>(body)(&id); });
    if (!submitted.ok() && id != 0) queue->core->Forget(id);
    if (submitted.ok() && op) *op = id;
    return submitted;
  });
}

// Ends an operation with what work() returns, or what it throws.
template <typename Work>
bool EndWith(CompletionQueue& core, int64_t op, Work&& work) noexcept {
  Completion end;
  Status failed = Attempt([&]() -> Status {
    end = std::forward<Work>(work)();
    return {};
  });
  if (!failed.ok()) end = {std::move(failed)};
  return core.Complete(op, std::move(end));
}

inline Completion ToCompletion(Result<ValueRef> found) {
  if (!found.ok()) return {std::move(found).status()};
  return {{}, *std::move(found)};
}

inline Completion ToCompletion(Result<http::FetchResult> result) {
  if (!result.ok()) return {std::move(result).status()};
  return {{}, ToValue(*result)};
}

// Accepts an operation and does it on the pool: work(cache) returns its Completion.
template <typename Work>
Status StartJob(tapps_queue* queue, int32_t kind, uint64_t user_data, int64_t* op, Work work) {
  TAPPS_ASSIGN_OR_RETURN(*op, queue->core->Begin(kind, user_data));
  return queue->Defer(*op, [engine = queue->session->engine, core = queue->core, id = *op,
                            work = std::move(work)] { core->Complete(id, work(*engine->cache)); });
}

}  // namespace tapps::capi

#endif  // TAPPS_CAPI_QUEUE_HANDLE_H_
