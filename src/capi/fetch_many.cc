#include <vector>

#include "capi/arguments.h"
#include "capi/handles.h"
#include "capi/queue_handle.h"
#include "capi/requests.h"
#include "http/batch.h"

namespace tapps::capi {
namespace {

constexpr int64_t kDefaultParallel = 8;
constexpr size_t kMaxUrls = 10'000;

// The requests for all lines, or what is wrong with one of them.
Result<std::vector<http::FetchRequest>> ReadRequests(const char* urls,
                                                     const tapps_fetch_options* options) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("urls", urls));
  TAPPS_ASSIGN_OR_RETURN(std::string_view rest, Text("urls", urls));
  std::vector<http::FetchRequest> requests;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string url(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (requests.size() == kMaxUrls) {
      return {TAPPS_E_INVALID, "urls has more than " + std::to_string(kMaxUrls) + " lines"};
    }
    if (Result<http::Url> parsed = http::ParseUrl(url); !parsed.ok()) {
      return {TAPPS_E_INVALID, "line " + std::to_string(requests.size() + 1) +
                                   " of urls: " + std::string(parsed.status().message())};
    }
    if (requests.empty()) {
      TAPPS_ASSIGN_OR_RETURN(http::FetchRequest first, ReadFetchRequest(url.c_str(), options));
      requests.push_back(std::move(first));
    } else {
      requests.push_back(requests.front());  // which shares the body
      requests.back().url = url;
    }
  }
  return requests;
}

// The operations of one call: forgotten when it fails.
struct Begun {
  explicit Begun(std::shared_ptr<CompletionQueue> queue) : core(std::move(queue)) {}
  ~Begun() {
    if (submitted) return;
    for (const int64_t op : numbers) core->Forget(op);
  }
  // Ends those under way with a failure; nothing when it is none.
  void EndAll(const Status& failure) const {
    if (failure.ok()) return;
    for (const int64_t op : numbers) core->Complete(op, failure);
  }

  const std::shared_ptr<CompletionQueue> core;
  std::vector<int64_t> numbers;
  bool submitted = false;
};

Status SubmitMany(tapps_queue* queue, const char* urls, const tapps_fetch_options* options,
                  int64_t parallel, uint64_t user_data, int64_t* ops, size_t capacity,
                  size_t* count) {
  TAPPS_ASSIGN_OR_RETURN(std::vector<http::FetchRequest> requests, ReadRequests(urls, options));
  TAPPS_ASSIGN_OR_RETURN(const int64_t at_once,
                         Number("parallel", parallel, kDefaultParallel, 1, 1024));
  if (ops && capacity < requests.size()) {
    return Status(TAPPS_E_INVALID, "urls has " + std::to_string(requests.size()) +
                                       " lines, and ops has room for " + std::to_string(capacity));
  }
  if (requests.empty()) return {};
  const std::shared_ptr<Engine> engine = queue->session->engine;
  const auto core = queue->core;
  auto begun = std::make_shared<Begun>(core);
  begun->numbers.reserve(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    TAPPS_ASSIGN_OR_RETURN(const int64_t op, core->Begin(TAPPS_RECORD_FETCH, user_data + i));
    begun->numbers.push_back(op);
  }
  if (ops) std::copy(begun->numbers.begin(), begun->numbers.end(), ops);
  if (count) *count = begun->numbers.size();
  const bool in_order = options && (options->flags & TAPPS_FETCH_IN_ORDER) != 0;
  const std::weak_ptr<Engine> weak = engine;
  const auto batch = http::Batch::Make(
      *engine->fetch, std::move(requests), static_cast<size_t>(at_once), in_order,
      [weak, core, begun](size_t index, Result<http::FetchResult> result) {
        if (const auto self = weak.lock()) self->CountFetch(result);
        EndWith(*core, begun->numbers[index], [&] { return ToCompletion(std::move(result)); });
      });
  for (size_t i = 0; i < begun->numbers.size(); ++i) {
    core->SetCancel(begun->numbers[i], [weak, batch, i, queue = std::weak_ptr(core)] {
      const auto waiting = queue.lock();
      if (!waiting || waiting->closed())
        batch->Stop();  // all are cancelled now, one after the other
      if (const auto self = weak.lock()) batch->Cancel(i);
    });
  }
  // The cache is looked at first, which may read the file: not on the caller's thread.
  const Status started = engine->Run([engine, batch, begun] {
    begun->EndAll(Attempt([&]() -> Status {
      batch->Start();
      return {};
    }));
  });
  begun->submitted = true;
  begun->EndAll(started);
  return {};
}

}  // namespace
}  // namespace tapps::capi

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_queue_fetch_many(tapps_queue* queue, const char* urls,
                               const tapps_fetch_options* options, int64_t parallel,
                               uint64_t user_data, int64_t* ops, size_t capacity, size_t* count,
                               tapps_error** err) {
  return Guard(err, [&]() -> Status {
    if (count) *count = 0;
    TAPPS_RETURN_IF_ERROR(CheckNotNull("queue", queue));
    TAPPS_RETURN_IF_ERROR(queue->session->Check());
    return SubmitMany(queue, urls, options, parallel, user_data, ops, capacity, count);
  });
}
