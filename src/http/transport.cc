#include "http/transport.h"

#include <algorithm>
#include <exception>

#include "base/thread.h"

namespace tapps::http {
namespace {

constexpr size_t kMaxIdleHandles = 16;
constexpr size_t kMaxDoubtful = 1024;
constexpr int64_t kLongestSleep = 60 * kSecond;
constexpr int kAfterFailureMs = 50;

// Runs fn; false when memory ran out in it. What it was for then ends by its deadline: without
// memory nothing better can be promised, but the host's process goes on.
template <typename Fn>
bool Survive(const Fn& fn) {
  try {
    fn();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

TransferResult Cancelled() {
  return {Status(TAPPS_E_CANCELLED, "the request was cancelled"), {}, Fault::kCaller};
}

}  // namespace

Transport::Transport(NetworkOptions network, const Clock& clock, BodyOptions bodies)
    : network_(std::move(network)), clock_(clock), room_(std::move(bodies)) {
  idle_handles_.reserve(kMaxIdleHandles);
}

Transport::~Transport() { Close(); }

bool Transport::started() const {
  MutexLock lock(mutex_);
  return running_;
}

Status Transport::Start() {
  MutexLock lock(mutex_);
  return StartLocked();
}

Status Transport::StartLocked() {
  if (closed_) return Status(TAPPS_E_CLOSED, "the network is closed");
  if (running_) return Status();
  Result<const CurlApi*> curl = LoadCurl();
  if (!curl.ok()) return curl.status();
  curl_ = *curl;
  multi_ = curl_->multi_init();
  if (multi_ == nullptr) return Status(TAPPS_E_NOMEM, "libcurl cannot allocate its state");
  Result<std::thread> thread = StartThread("net", [this] { Run(); });
  if (!thread.ok()) {
    curl_->multi_cleanup(multi_);
    multi_ = nullptr;
    return thread.status();
  }
  thread_ = *std::move(thread);
  running_ = true;
  return Status();
}

Status Transport::Submit(TransferRequest request, Done done, Id* id) {
  MutexLock lock(mutex_);
  TAPPS_RETURN_IF_ERROR(StartLocked());
  *id = next_id_++;
  pending_.emplace(*id, std::move(done));
  submitted_.push_back({*id, std::move(request)});
  WakeBy(0);
  return Status();
}

void Transport::Cancel(Id id) {
  Done done;
  {
    MutexLock lock(mutex_);
    const auto it = pending_.find(id);
    if (it == pending_.end()) return;
    done = std::move(it->second);
    pending_.erase(it);
    cancelled_.push_back(id);
    WakeBy(0);
  }
  done(Cancelled());
}

Transport::Id Transport::After(int64_t delay_us, std::function<void()> fn) {
  MutexLock lock(mutex_);
  const Id id = next_id_++;
  if (!running_ || closed_) return id;
  const int64_t due = Now() + std::max<int64_t>(0, delay_us);
  timers_.emplace(std::pair(due, id), std::move(fn));
  timer_due_.emplace(id, due);
  WakeBy(due);
  return id;
}

void Transport::CancelTimer(Id id) {
  MutexLock lock(mutex_);
  const auto it = timer_due_.find(id);
  if (it == timer_due_.end()) return;
  timers_.erase({it->second, id});
  timer_due_.erase(it);
}

void Transport::Close() {
  std::unordered_map<Id, Done> pending;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    pending.swap(pending_);
    timers_.clear();
    timer_due_.clear();
    WakeBy(0);
  }
  for (auto& entry : pending) Survive([&entry] { entry.second(Cancelled()); });
  if (thread_.joinable()) thread_.join();
  MutexLock lock(mutex_);
  running_ = false;
  if (multi_ != nullptr) curl_->multi_cleanup(multi_);
  multi_ = nullptr;
}

// A wake-up is two system calls and a change of threads: none when there is no need.
void Transport::WakeBy(int64_t due) {
  if (due >= asleep_until_) return;
  asleep_until_ = 0;
  curl_->multi_wakeup(multi_);
}

void Transport::Run() {
  for (int sleep_ms = 0; sleep_ms >= 0;) {
    if (!Survive([&] { sleep_ms = Step(); })) sleep_ms = kAfterFailureMs;
    if (sleep_ms > 0) curl_->multi_poll(multi_, nullptr, 0, sleep_ms, nullptr);
  }
  while (!exchanges_.empty()) Remove(exchanges_.begin());
  for (CURL* easy : idle_handles_) curl_->easy_cleanup(easy);
  idle_handles_.clear();
}

int Transport::Step() {
  std::vector<Submitted> submitted;
  std::vector<Id> cancelled;
  RunTimers();  // first: what they submit begins in this round
  {
    MutexLock lock(mutex_);
    if (closed_) return -1;
    submitted.swap(submitted_);
    cancelled.swap(cancelled_);
  }
  for (Submitted& one : submitted) {
    const Id id = one.id;
    if (!Survive([&] { Begin(std::move(one)); })) {
      Complete(id, {Status::Bare(TAPPS_E_NOMEM), {}, Fault::kCaller});
    }
  }
  for (const Id id : cancelled) {
    const auto it = exchanges_.find(id);
    if (it == exchanges_.end()) continue;
    const Transfer& transfer = *it->second.transfer;
    if (!transfer.has_first_byte()) Doubt(transfer.request(), true);
    Remove(it);
  }
  int running = 0;
  curl_->multi_perform(multi_, &running);
  FinishDone();
  const int64_t now = Now();
  FailLateFirstBytes(now);
  int64_t wake = now + kLongestSleep;
  for (const auto& [id, exchange] : exchanges_) {
    if (exchange.first_byte_by != 0) wake = std::min(wake, exchange.first_byte_by);
  }
  return PlanSleep(wake);
}

int Transport::PlanSleep(int64_t wake) {
  MutexLock lock(mutex_);
  if (!submitted_.empty() || !cancelled_.empty() || closed_) return 0;
  if (!timers_.empty()) wake = std::min(wake, timers_.begin()->first.first);
  const int64_t sleep_us = wake - Now();
  if (sleep_us <= 0) return 0;
  asleep_until_ = wake;
  return static_cast<int>((sleep_us + kMillisecond - 1) / kMillisecond);
}

void Transport::Begin(Submitted submitted) {
  {
    MutexLock lock(mutex_);
    if (!pending_.contains(submitted.id)) return;  // cancelled before it began
  }
  CURL* easy = nullptr;
  if (idle_handles_.empty()) {
    easy = curl_->easy_init();
  } else {
    easy = idle_handles_.back();
    idle_handles_.pop_back();
  }
  if (easy == nullptr) {
    return Complete(
        submitted.id,
        {Status(TAPPS_E_NOMEM, "libcurl cannot allocate a request"), {}, Fault::kCaller});
  }
  if (!doubtful_.empty() && doubtful_.contains(submitted.request.url.Origin())) {
    submitted.request.anew = true;
  }
  Exchange exchange;
  exchange.transfer = std::make_unique<Transfer>(*curl_, easy, clock_, network_, room_,
                                                 std::move(submitted.request));
  Status status = exchange.transfer->Prepare();
  if (!status.ok()) {
    curl_->easy_cleanup(easy);
    return Complete(submitted.id, {std::move(status), {}, Fault::kCaller});
  }
  const int64_t first_byte = exchange.transfer->request().limits.first_byte_timeout_us;
  if (first_byte > 0) exchange.first_byte_by = Now() + first_byte;
  by_handle_.emplace(easy, submitted.id);
  const auto it = exchanges_.emplace(submitted.id, std::move(exchange)).first;
  if (curl_->multi_add_handle(multi_, easy) != CURLM_OK) {  // last: it needs no more memory of ours
    Remove(it);
    Complete(submitted.id,
             {Status(TAPPS_E_NETWORK, "libcurl cannot start a request"), {}, Fault::kCaller});
  }
}

void Transport::FinishDone() {
  int left = 0;
  while (const CURLMsg* message = curl_->multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // the message dies with its handle
    const auto handle = by_handle_.find(message->easy_handle);
    if (handle == by_handle_.end()) continue;
    const Id id = handle->second;
    const auto it = exchanges_.find(id);
    TransferResult result = it->second.transfer->Finish(code);
    Doubt(it->second.transfer->request(), !result.status.ok() && result.fault != Fault::kCaller);
    Remove(it);
    Complete(id, std::move(result));
  }
}

void Transport::FailLateFirstBytes(int64_t now) {
  std::vector<Id> late;
  for (auto& [id, exchange] : exchanges_) {
    if (exchange.first_byte_by == 0) continue;
    if (exchange.transfer->has_first_byte()) {
      exchange.first_byte_by = 0;
    } else if (exchange.first_byte_by <= now) {
      late.push_back(id);
    }
  }
  for (const Id id : late) {
    const auto it = exchanges_.find(id);
    TransferResult result = it->second.transfer->LateFirstByte();
    Doubt(it->second.transfer->request(), true);
    Remove(it);
    Complete(id, std::move(result));
  }
}

// Runs what is due.
void Transport::RunTimers() {
  const int64_t now = Now();
  for (;;) {
    std::function<void()> fn;
    {
      MutexLock lock(mutex_);
      asleep_until_ = 0;
      if (timers_.empty()) return;
      const auto first = timers_.begin();
      if (first->first.first > now) return;
      fn = std::move(first->second);
      timer_due_.erase(first->first.second);
      timers_.erase(first);
    }
    Survive(fn);
  }
}

void Transport::Remove(std::unordered_map<Id, Exchange>::iterator it) {
  CURL* easy = it->second.transfer->easy();
  curl_->multi_remove_handle(multi_, easy);
  by_handle_.erase(easy);
  curl_->easy_reset(easy);  // it points into the transfer
  exchanges_.erase(it);
  if (idle_handles_.size() < kMaxIdleHandles) {
    idle_handles_.push_back(easy);
  } else {
    curl_->easy_cleanup(easy);
  }
}

void Transport::Doubt(const TransferRequest& request, bool doubt) {
  if (!doubt) {
    if (!doubtful_.empty()) doubtful_.erase(request.url.Origin());
    return;
  }
  if (doubtful_.size() >= kMaxDoubtful) doubtful_.clear();
  doubtful_.insert(request.url.Origin());
}

void Transport::Complete(Id id, TransferResult result) {
  Done done;
  {
    MutexLock lock(mutex_);
    const auto it = pending_.find(id);
    if (it == pending_.end()) return;
    done = std::move(it->second);
    pending_.erase(it);
  }
  Survive([&] { done(std::move(result)); });
}

}  // namespace tapps::http
