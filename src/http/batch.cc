#include "http/batch.h"

#include <new>
#include <optional>
#include <utility>

namespace tapps::http {

std::shared_ptr<Batch> Batch::Make(FetchEngine& engine, std::vector<FetchRequest> requests,
                                   size_t parallel, bool in_order, Each each) {
  std::shared_ptr<Batch> batch(new Batch(engine, parallel, in_order, std::move(each)));
  MutexLock lock(batch->mutex_);
  batch->all_.resize(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) batch->all_[i].request = std::move(requests[i]);
  return batch;
}

void Batch::Start() { StartMore(); }

// What the cache answers ends within Begin: whoever ends a request then leaves the next ones to the
// loop that is under way here, so that a long list of hits does not pile up on the stack.
void Batch::StartMore() {
  for (;;) {
    size_t index = 0;
    {
      MutexLock lock(mutex_);
      if (starting_ || stopped_) return;
      while (next_ < all_.size() && all_[next_].state != One::kWaiting) ++next_;
      if (next_ == all_.size() || running_ >= parallel_) return;
      starting_ = true;
      ++running_;
      index = next_++;
      all_[index].state = One::kStarting;
    }
    try {
      Begin(index);
    } catch (const std::bad_alloc&) {
      Begun();
      End(index, Status::Bare(TAPPS_E_NOMEM));
      continue;
    }
    Begun();
  }
}

void Batch::Begun() {
  MutexLock lock(mutex_);
  starting_ = false;
}

void Batch::Stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
}

void Batch::Begin(size_t index) {
  FetchRequest request;
  {
    MutexLock lock(mutex_);
    request = std::move(all_[index].request);
  }
  const FetchEngine::Id id = engine_.Fetch(
      std::move(request), [self = shared_from_this(), index](Result<FetchResult> result) {
        self->End(index, std::move(result));
      });
  bool cancel = false;
  {
    MutexLock lock(mutex_);
    One& one = all_[index];
    one.id = id;
    if (one.state == One::kStarting) one.state = One::kRunning;
    cancel = one.cancel && one.state == One::kRunning;
  }
  if (cancel) engine_.Cancel(id);
}

void Batch::End(size_t index, Result<FetchResult> result) {
  {
    MutexLock lock(mutex_);
    One& one = all_[index];
    if (one.state == One::kEnded) return;
    if (one.state != One::kWaiting) --running_;
    one.state = One::kEnded;
    if (in_order_) one.held.emplace(std::move(result));
  }
  if (in_order_) {
    TellInOrder();
  } else {
    each_(index, std::move(result));
  }
  StartMore();
}

void Batch::TellInOrder() {
  for (bool first = true;; first = false) {
    std::optional<Result<FetchResult>> result;
    size_t index = 0;
    {
      MutexLock lock(mutex_);
      if (first && telling_) return;
      telling_ = told_ < all_.size() && all_[told_].held.has_value();
      if (!telling_) return;
      index = told_++;
      result.swap(all_[index].held);
    }
    each_(index, *std::move(result));
  }
}

void Batch::Cancel(size_t index) {
  FetchEngine::Id id = 0;
  bool never = false;
  {
    MutexLock lock(mutex_);
    if (index >= all_.size()) return;
    One& one = all_[index];
    if (one.state == One::kStarting) one.cancel = true;
    if (one.state == One::kRunning) id = one.id;
    never = one.state == One::kWaiting;
  }
  if (id != 0) engine_.Cancel(id);
  if (never) End(index, Status(TAPPS_E_CANCELLED, "the fetch was cancelled"));
}

}  // namespace tapps::http
