#ifndef TAPPS_CAPI_QUEUE_HANDLE_H_
#define TAPPS_CAPI_QUEUE_HANDLE_H_

#include <functional>
#include <memory>
#include <utility>

#include "capi/completion_queue.h"
#include "capi/handles.h"

struct tapps_queue {
  std::shared_ptr<tapps::capi::Session> session;
  std::shared_ptr<tapps::capi::CompletionQueue> core;

  // Runs the work behind an accepted operation on the pool; when that is closed, the operation ends
  // with the reason.
  tapps::Status Defer(int64_t op, std::function<void()> job) {
    tapps::Status status = session->engine->Run(std::move(job));
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
    TAPPS_RETURN_IF_ERROR(std::forward<Body>(body)(&id));
    if (op) *op = id;
    return {};
  });
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
