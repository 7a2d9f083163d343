#ifndef TAPPS_HTTP_BATCH_H_
#define TAPPS_HTTP_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/fetch.h"

namespace tapps::http {

// Many fetches, a bounded number of them at a time. Any thread.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  // Called once for each request, with its place in the list: as results come, or in the order of
  // the list when that was asked for. As for FetchEngine's callbacks, it must not block.
  using Each = std::function<void(size_t index, Result<FetchResult>)>;

  // `engine` outlives the batch's fetches. `parallel` is at least 1.
  static std::shared_ptr<Batch> Make(FetchEngine& engine, std::vector<FetchRequest> requests,
                                     size_t parallel, bool in_order, Each each);
  // What has not begun never begins. Nobody is told: for who cancels all of them one by one then.
  void Stop();

  // Starts the first ones. Call once.
  void Start();
  // Ends one request, with CANCELLED, unless it has ended; one that has not begun never begins. In
  // order, its result still waits for those before it.
  void Cancel(size_t index);

 private:
  struct One {
    FetchRequest request;
    FetchEngine::Id id = 0;
    enum { kWaiting, kStarting, kRunning, kEnded } state = kWaiting;
    bool cancel = false;                      // while it is starting
    std::optional<Result<FetchResult>> held;  // in order: until those before it are told
  };

  Batch(FetchEngine& engine, size_t parallel, bool in_order, Each each)
      : engine_(engine), parallel_(parallel), in_order_(in_order), each_(std::move(each)) {}
  void StartMore();
  void Begin(size_t index);
  void Begun();
  void End(size_t index, Result<FetchResult> result);
  void TellInOrder();

  FetchEngine& engine_;
  const size_t parallel_;
  const bool in_order_;
  const Each each_;
  Mutex mutex_;
  std::vector<One> all_ GUARDED_BY(mutex_);
  size_t next_ GUARDED_BY(mutex_) = 0;  // the first that has not begun
  size_t running_ GUARDED_BY(mutex_) = 0;
  size_t told_ GUARDED_BY(mutex_) = 0;        // in order: how many
  bool starting_ GUARDED_BY(mutex_) = false;  // somebody is in StartMore
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool telling_ GUARDED_BY(mutex_) = false;  // somebody is in TellInOrder
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_BATCH_H_
