#include <optional>

#include "capi/handles.h"
#include "capi/queue_handle.h"

namespace tapps::capi {
namespace {

// Errors name the limit: after so short a wait it is left as it was given.
constexpr int64_t kNotWorthIt = 10 * kMillisecond;

// A time limit counts from the submit: takes off what has passed since. 0 is no limit.
void TakeWaited(int64_t since_us, int64_t* limit_us) {
  const int64_t waited = MonotonicNow() - since_us;
  if (*limit_us <= 0 || waited < kNotWorthIt) return;
  *limit_us = std::max<int64_t>(1, *limit_us - waited);
}

Status SubmitFetch(tapps_queue* queue, const char* url, const tapps_fetch_options* options,
                   uint64_t user_data, int64_t* op) {
  TAPPS_ASSIGN_OR_RETURN(http::FetchRequest request, ReadFetchRequest(url, options));
  TAPPS_ASSIGN_OR_RETURN(*op, queue->core->Begin(TAPPS_RECORD_FETCH, user_data));
  const std::shared_ptr<Engine>& engine = queue->session->engine;
  if (std::optional<http::FetchResult> hit = engine->fetch->FromMemory(request)) {
    const Result<http::FetchResult> result = *std::move(hit);
    engine->CountFetch(result);
    queue->core->Complete(*op, ToCompletion(result));
    return {};
  }
  // What is not in memory is looked for in the file: not on the caller's thread.
  return queue->Defer(*op, [engine = queue->session->engine, core = queue->core, id = *op,
                            request = std::move(request), since = MonotonicNow()]() mutable {
    TakeWaited(since, &request.limits.total_timeout_us);
    const std::weak_ptr<Engine> weak = engine;
    const auto fetch = engine->fetch->Fetch(std::move(request), [weak, core, id](auto result) {
      if (const auto self = weak.lock()) self->CountFetch(result);
      EndWith(*core, id, [&] { return ToCompletion(std::move(result)); });
    });
    core->SetCancel(id, [weak, fetch] {
      if (const auto self = weak.lock()) self->fetch->Cancel(fetch);
    });
  });
}

Status SubmitDocs(tapps_queue* queue, const char* library, const tapps_docs_options* options,
                  uint64_t user_data, int64_t* op) {
  TAPPS_ASSIGN_OR_RETURN(OwnedDocsQuery query, ReadDocsQuery(library, options));
  TAPPS_ASSIGN_OR_RETURN(*op, queue->core->Begin(TAPPS_RECORD_DOCS, user_data));
  return queue->Defer(
      *op,
      [engine = queue->session->engine, core = queue->core, id = *op, query = std::move(query),
       since = MonotonicNow()]() mutable {
        TakeWaited(since, &query.numbers.timeout_us);
        core->Complete(id, ToCompletion(engine->docs->Lookup(query.Borrow())));
      },
      Engine::Pool::kNetwork);
}

// False in a child of fork, where a lock may be held for ever and the descriptor is the parent's.
bool Usable(const tapps_queue* queue) { return queue && !queue->session->fork.Forked(); }

}  // namespace
}  // namespace tapps::capi

using namespace tapps;  // NOLINT(google-build-using-namespace): exported functions only from here
                        // on
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_queue_open(tapps_cache* cache, tapps_queue** queue, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckNotNull("queue", queue));
    *queue = nullptr;
    TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
    TAPPS_RETURN_IF_ERROR(cache->session->Check());
    TAPPS_ASSIGN_OR_RETURN(auto core, CompletionQueue::Make());
    cache->session->AddQueue(core);
    *queue = new tapps_queue{cache->session, std::move(core)};
    return {};
  });
}

int64_t tapps_queue_fd(const tapps_queue* queue) { return queue ? queue->core->fd() : -1; }

size_t tapps_queue_drain(tapps_queue* queue, tapps_record* records, size_t max) {
  size_t count = 0;
  if (!Usable(queue) || !records) return 0;
  const auto core = queue->core;  // another thread may release the queue
  Quietly([&] { count = core->Drain(records, max); });
  return count;
}

int32_t tapps_queue_wait(tapps_queue* queue, int64_t timeout_us, tapps_record* records, size_t max,
                         size_t* count, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckNotNull("count", count));
    *count = 0;
    TAPPS_RETURN_IF_ERROR(CheckNotNull("queue", queue));
    TAPPS_RETURN_IF_ERROR(CheckNotNull("records", records));
    if (queue->session->fork.Forked()) return queue->session->Check();
    TAPPS_ASSIGN_OR_RETURN(const int64_t timeout, Number("timeout_us", timeout_us, 0, 1,
                                                         INT64_MAX / 4, kUnlimited | kNone));
    const auto core = queue->core;  // another thread may release the queue, which ends the wait
    return core->Wait(timeout, records, max, count);
  });
}

void tapps_queue_cancel(tapps_queue* queue, int64_t op) {
  if (Usable(queue)) Quietly([&] { queue->core->Cancel(op); });
}

void tapps_queue_notify(tapps_queue* queue, void (*notify)(void*), void* context) {
  if (Usable(queue)) Quietly([&] { queue->core->SetNotify(notify, context); });
}

int32_t tapps_queue_subscribe(tapps_queue* queue, uint32_t kinds, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckNotNull("queue", queue));
    TAPPS_RETURN_IF_ERROR(queue->session->Check());
    const auto bit = [](int32_t kind) { return 1u << (kind - TAPPS_EVENT_PROGRESS); };
    TAPPS_RETURN_IF_ERROR(CheckFlags("kinds", kinds,
                                     bit(TAPPS_EVENT_BREAKER) | bit(TAPPS_EVENT_STATE) |
                                         bit(TAPPS_EVENT_DAMAGE) | bit(TAPPS_EVENT_EVICTION)));
    const Json healed = queue->session->engine->cache->HealedAtOpen();
    const std::string text = healed.is_null() ? "" : DumpJson(healed);
    const uint32_t before = queue->core->Subscribe(kinds);
    const bool new_to_it = (kinds & ~before & bit(TAPPS_EVENT_DAMAGE)) != 0;
    if (new_to_it && !text.empty()) queue->core->Event(0, TAPPS_EVENT_DAMAGE, text);
    return {};
  });
}

void tapps_queue_release(tapps_queue* queue) {
  if (!Usable(queue)) return;
  Quietly([&] {
    // A lease that nobody will read of is given back.
    queue->core->Close([&](const tapps_record& record) {
      if (record.kind != TAPPS_RECORD_LOAD || record.number == 0) return;
      queue->session->engine->cache->AbandonLoad(record.number);
    });
    delete queue;
  });
}

int32_t tapps_queue_fetch(tapps_queue* queue, const char* url, const tapps_fetch_options* options,
                          uint64_t user_data, int64_t* op, tapps_error** err) {
  return Submit(queue, op, err,
                [&](int64_t* id) { return SubmitFetch(queue, url, options, user_data, id); });
}

int32_t tapps_queue_docs(tapps_queue* queue, const char* library, const tapps_docs_options* options,
                         uint64_t user_data, int64_t* op, tapps_error** err) {
  return Submit(queue, op, err,
                [&](int64_t* id) { return SubmitDocs(queue, library, options, user_data, id); });
}
