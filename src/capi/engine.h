#ifndef TAPPS_CAPI_ENGINE_H_
#define TAPPS_CAPI_ENGINE_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/counter.h"
#include "base/fork_guard.h"
#include "base/mutex.h"
#include "base/thread_pool.h"
#include "cache/cache.h"
#include "capi/completion_queue.h"
#include "docs/lookup.h"
#include "http/cache_store.h"
#include "http/fetch.h"
#include "resilience/registry.h"

namespace tapps::capi {

// What an open needs to know beyond the cache's own options.
struct EngineOptions {
  CacheOptions cache;
  BreakerSettings breakers;
  std::string user_agent;
  std::string proxy;
  std::string ca_file;
  std::string no_proxy;
  std::string secret_names;  // one a line
  bool offline = false;
  bool deny_private = false;
  bool keep_set_cookie = false;
  bool shared_http = false;
  bool keep_credentialed = false;
  int64_t stale_if_error_us = 0;  // or TAPPS_NONE, TAPPS_UNLIMITED
  int64_t max_heuristic_us = 0;   // likewise
  int64_t max_waiting = 0;

  bool operator==(const EngineOptions&) const = default;
};

// Everything behind one cache file in this process: the cache, and what works on it. Wires the
// rooms together and holds no rules of its own. Any thread.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // The engine on the file at `path`, which all sessions of this process share, with a session
  // added; EXISTS when it is open with other options.
  static Result<std::shared_ptr<Engine>> Open(const std::string& path,
                                              const EngineOptions& options);
  ~Engine();

  std::shared_ptr<Cache> cache;
  std::shared_ptr<BreakerRegistry> breakers;
  std::unique_ptr<http::FetchEngine> fetch;
  std::shared_ptr<DocsLookup> docs;

  // Which threads a job blocks: those that read the disk are not kept waiting for the network.
  enum class Pool : uint8_t { kDisk, kNetwork };
  // Runs a job on a thread that may block. The job keeps the engine alive. What it throws is
  // dropped: a job that somebody waits for catches it.
  Status Run(std::function<void()> job, Pool pool = Pool::kDisk);

  // True for the last one: nobody is given this engine, or its cache, any more.
  bool RemoveSession();
  // Ends fetches and waits for permits, lets jobs finish and writes what is queued.
  Status Close(int64_t deadline_us);
  // As Close, on a thread of its own, without waiting.
  static void CloseLater(std::shared_ptr<Engine> engine);

  // Queues that are told of events.
  void AddQueue(const std::shared_ptr<CompletionQueue>& queue);
  void Broadcast(int32_t kind, const Json& json);

  Json Stats();
  // Counts a fetch's end.
  void CountFetch(const Result<http::FetchResult>& result);

 private:
  Engine() = default;
  void Wire(const EngineOptions& options);
  bool AddSession();
  void OnBreaker(const std::string& name, const BreakerTransition& transition);
  Json DescribeFetches() const;

  EngineOptions options_;
  const ForkGuard fork_;
  std::unique_ptr<http::ResponseStore> responses_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<ThreadPool> network_pool_;
  std::array<Counter, TAPPS_FROM_INSTALLED + 1> fetches_;  // by TAPPS_FROM_*; 0: failed

  Mutex mu_;
  int sessions_ GUARDED_BY(mu_) = 1;  // 0: ended
  std::vector<std::weak_ptr<CompletionQueue>> queues_ GUARDED_BY(mu_);
};

}  // namespace tapps::capi

#endif  // TAPPS_CAPI_ENGINE_H_
