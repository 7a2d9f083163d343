#include "warm/run.h"

#include <algorithm>
#include <utility>

namespace tapps {

std::shared_ptr<WarmRun> WarmRun::Start(std::shared_ptr<DocsLookup> docs,
                                        std::shared_ptr<const Plan> plan, Executor executor,
                                        Progress progress, Done done) {
  std::shared_ptr<WarmRun> run(new WarmRun(std::move(docs), std::move(plan), std::move(executor),
                                           std::move(progress), std::move(done)));
  for (size_t i = 0; i < run->lanes_; ++i) run->Continue(std::make_shared<Lane>(run));
  return run;
}

WarmRun::WarmRun(std::shared_ptr<DocsLookup> docs, std::shared_ptr<const Plan> plan,
                 Executor executor, Progress progress, Done done)
    : docs_(std::move(docs)),
      plan_(std::move(plan)),
      executor_(std::move(executor)),
      start_us_(docs_->clock().MonotonicNow()),
      lanes_(std::clamp<size_t>(plan_->items.size(), 1,
                                static_cast<size_t>(plan_->options.concurrency))),
      requests_left_(plan_->options.max_requests),
      progress_(std::move(progress)),
      done_(std::move(done)) {}

WarmRun::Lane::~Lane() {
  try {
    run->Finish(TAPPS_E_CLOSED, true);
  } catch (...) {  // NOLINT(bugprone-empty-catch): short of memory for a report; the host lives on
  }
}

void WarmRun::Continue(std::shared_ptr<Lane> lane) {
  // One library a job: others who share the executor get their turn in between.
  executor_([lane = std::move(lane)]() mutable {
    WarmRun& run = *lane->run;
    if (run.over_) return;
    const size_t index = run.next_.fetch_add(1);
    if (index >= run.plan_->items.size()) return;
    run.TryToLookUp(run.plan_->items[index]);
    run.Continue(std::move(lane));
  });
}

void WarmRun::TryToLookUp(const PlanItem& item) {
  try {
    LookUp(item);
  } catch (const std::bad_alloc&) {  // one library less, not the end of the run
    Report(item, Status::Bare(TAPPS_E_NOMEM), 0, false);
  }
}

void WarmRun::LookUp(const PlanItem& item) {
  DocsQuery query = plan_->QueryFor(item);
  if (!query.refresh && docs_->IsFresh(query)) {
    Report(item, Status(), 0, true);
    return;
  }
  if (plan_->options.max_requests >= 0) query.requests = &requests_left_;
  const Result<ValueRef> value = docs_->Lookup(query);
  if (!value.ok()) {
    Report(item, value.status(), 0, false);
  } else if ((*value)->info().flags & TAPPS_VALUE_STALE) {
    // An old copy is there, but nothing newer was had.
    Report(item, Status(TAPPS_E_NETWORK, std::string((*value)->text(TAPPS_TEXT_WARNING))), 0,
           false);
  } else {
    Report(item, Status(), static_cast<int64_t>((*value)->bytes().size()), false);
  }
}

void WarmRun::Report(const PlanItem& item, const Status& status, int64_t bytes, bool skipped) {
  MutexLock lock(mu_);
  if (over_) return;
  if (!status.ok()) {
    failures_.push_back({{"library", item.library},
                         {"code", status.code()},
                         {"message", std::string(status.message())}});
  } else {
    ++(skipped ? skipped_ : fetched_);
    bytes_ += bytes;
  }
  if (!progress_) return;
  const auto total = static_cast<int64_t>(plan_->items.size());
  const int64_t done = fetched_ + skipped_ + static_cast<int64_t>(failures_.size());
  // What was skipped took no time and says nothing about the rest.
  const int64_t timed = std::max<int64_t>(done - skipped_, 1);
  const int64_t elapsed_us = docs_->clock().MonotonicNow() - start_us_;
  progress_({{"total", total},
             {"done", done},
             {"current", item.library},
             {"code", status.code()},
             {"bytes", bytes_},
             {"eta_us", elapsed_us / timed * (total - done)}});
}

void WarmRun::Cancel() { Finish(TAPPS_E_CANCELLED, false); }

void WarmRun::Finish(int32_t code, bool lane_ended) {
  Done done;
  Json result;
  {
    MutexLock lock(mu_);
    if (lane_ended && ++lanes_ended_ < lanes_) return;
    if (over_.exchange(true)) return;
    const auto failed = static_cast<int64_t>(failures_.size());
    const auto total = static_cast<int64_t>(plan_->items.size());
    if (fetched_ + skipped_ + failed == total) code = TAPPS_OK;
    done = std::move(done_);
    try {
      result = {{"total", total},       {"fetched", fetched_},
                {"skipped", skipped_},  {"failed", failed},
                {"bytes", bytes_},      {"duration_us", docs_->clock().MonotonicNow() - start_us_},
                {"failures", failures_}};
    } catch (const std::bad_alloc&) {
      code = TAPPS_E_NOMEM;  // the run ends all the same
    }
    progress_ = nullptr;
  }
  if (done) done(code, result);
}

}  // namespace tapps
