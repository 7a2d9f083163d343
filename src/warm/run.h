#ifndef TAPPS_WARM_RUN_H_
#define TAPPS_WARM_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/mutex.h"
#include "base/result.h"
#include "docs/lookup.h"
#include "warm/plan.h"

namespace tapps {

// The run of a plan: looks up its libraries in their order, a few at once, so that later lookups
// find them in the cache. A library that fails stops no other. Each one is in the cache as soon as
// it is done: a run cut short is continued by the next, and two runs of one project share the work,
// since each asks right before a lookup whether it is still needed.
//
// Any threads. The run keeps itself alive until it is done.
class WarmRun : public std::enable_shared_from_this<WarmRun> {
 public:
  // Runs a job some time, on another thread. A job that it drops counts as done.
  using Executor = std::function<void(std::function<void()>)>;
  // {"total","done","current","code","bytes","eta_us"} after each library; "code" is a TAPPS_E_*.
  // One call at a time; must not block.
  using Progress = std::function<void(const Json& progress)>;
  // TAPPS_OK, also when libraries failed; CANCELLED; CLOSED when the executor dropped the work.
  // {"total","fetched","skipped","failed","bytes","duration_us",
  //  "failures":[{"library","code","message"}]}. Called once, after the last progress.
  using Done = std::function<void(int32_t code, const Json& result)>;

  // Starts at once. Either callback may be empty.
  static std::shared_ptr<WarmRun> Start(std::shared_ptr<DocsLookup> docs,
                                        std::shared_ptr<const Plan> plan, Executor executor,
                                        Progress progress, Done done);

  // Ends the run: `done` is called before this returns unless it was before. Lookups under way go
  // on to their end; what they find is kept.
  void Cancel();

 private:
  // One of the lookups at once. Held by the job that carries it on; the run is over when the last
  // one is gone.
  struct Lane {
    explicit Lane(std::shared_ptr<WarmRun> owner) : run(std::move(owner)) {}
    ~Lane();
    const std::shared_ptr<WarmRun> run;
  };

  WarmRun(std::shared_ptr<DocsLookup> docs, std::shared_ptr<const Plan> plan, Executor executor,
          Progress progress, Done done);

  void Continue(std::shared_ptr<Lane> lane);
  void LookUp(const PlanItem& item);
  void TryToLookUp(const PlanItem& item);
  void Report(const PlanItem& item, const Status& status, int64_t bytes, bool skipped);
  void Finish(int32_t code, bool lane_ended);

  const std::shared_ptr<DocsLookup> docs_;
  const std::shared_ptr<const Plan> plan_;
  const Executor executor_;
  const int64_t start_us_;  // monotonic
  const size_t lanes_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> over_{false};
  std::atomic<int64_t> requests_left_;

  Mutex mu_;
  Progress progress_ GUARDED_BY(mu_);
  Done done_ GUARDED_BY(mu_);
  size_t lanes_ended_ GUARDED_BY(mu_) = 0;
  int64_t fetched_ GUARDED_BY(mu_) = 0;
  int64_t skipped_ GUARDED_BY(mu_) = 0;
  int64_t bytes_ GUARDED_BY(mu_) = 0;
  std::vector<Json> failures_ GUARDED_BY(mu_);
};

}  // namespace tapps

#endif  // TAPPS_WARM_RUN_H_
