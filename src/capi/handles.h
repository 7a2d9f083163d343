#ifndef TAPPS_CAPI_HANDLES_H_
#define TAPPS_CAPI_HANDLES_H_

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/value.h"
#include "capi/arguments.h"
#include "capi/completion_queue.h"
#include "capi/engine.h"
#include "capi/guard.h"
#include "memory/held_value.h"

// What hosts hold. A handle keeps what it needs alive, so that handles may be released in any
// order.
namespace tapps::capi {

// One tapps_cache_open: shared by the cache handle and what was made from it.
struct Session {
  std::shared_ptr<Engine> engine;
  std::string path;
  std::atomic<bool> closed{false};
  ForkGuard fork;
  Mutex mu;
  std::vector<std::weak_ptr<CompletionQueue>> queues GUARDED_BY(mu);  // told of the end

  // Without a close before, the engine is closed in the background when no other session is left.
  ~Session() {
    if (engine && !fork.Forked() && Leave()) Engine::CloseLater(std::move(engine));
  }
  // Ends the session; true when it was the engine's last.
  bool Leave() {
    if (closed.exchange(true)) return false;
    MutexLock lock(mu);
    for (const auto& weak : queues) {
      if (const auto queue = weak.lock()) queue->End();
    }
    return engine->RemoveSession();
  }
  // From now on the session tells the queue of its end.
  void AddQueue(const std::shared_ptr<CompletionQueue>& queue) {
    engine->AddQueue(queue);
    MutexLock lock(mu);
    std::erase_if(queues, [](const auto& weak) { return weak.expired(); });
    queues.push_back(queue);
    if (closed) queue->End();
  }

  Status Check() const {
    if (fork.Forked()) {
      return Status(TAPPS_E_FORKED, "the cache was opened before fork: open it after exec");
    }
    return closed ? Status(TAPPS_E_CLOSED, "the cache was closed") : Status();
  }
};

inline uintptr_t HandleOf(const tapps_value* value) { return reinterpret_cast<uintptr_t>(value); }
inline const Value* Unwrap(const tapps_value* value) { return HeldValue::ValueOf(HandleOf(value)); }

// Hands a value to the host: its reference, and where its bytes are. Each output may be NULL.
inline void Give(ValueRef value, tapps_value** out, const void** data, size_t* size) {
  if (data) *data = value->bytes().data();
  if (size) *size = value->bytes().size();
  if (out) *out = reinterpret_cast<tapps_value*>(const_cast<Value*>(value.Detach()));
}

inline void Give(HeldValue value, tapps_value** out, const void** data, size_t* size) {
  const std::string_view bytes = value.bytes();
  if (data) *data = bytes.data();
  if (size) *size = bytes.size();
  if (out) *out = reinterpret_cast<tapps_value*>(value.Detach());
}

inline void Clear(tapps_value** out, const void** data, size_t* size) {
  if (out) *out = nullptr;
  if (data) *data = nullptr;
  if (size) *size = 0;
}

}  // namespace tapps::capi

struct tapps_cache {
  std::shared_ptr<tapps::capi::Session> session;

  tapps::Cache& cache() const { return *session->engine->cache; }
};

namespace tapps::capi {

// Whether a handle may be used.
inline Status CheckCache(const tapps_cache* cache) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
  return cache->session->Check();
}

}  // namespace tapps::capi

#endif  // TAPPS_CAPI_HANDLES_H_
