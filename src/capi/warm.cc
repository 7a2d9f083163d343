#include "capi/handles.h"
#include "capi/queue_handle.h"
#include "warm/plan.h"
#include "warm/run.h"

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

struct tapps_plan {
  std::shared_ptr<Session> session;
  std::shared_ptr<const Plan> plan;
};

namespace {

Result<WarmOptions> ReadWarmOptions(const tapps_warm_options* given) {
  TAPPS_ASSIGN_OR_RETURN(const tapps_warm_options options, ReadOptions(given));
  TAPPS_RETURN_IF_ERROR(
      CheckFlags("flags", options.flags, TAPPS_DOCS_REFRESH | TAPPS_DOCS_OFFLINE));
  WarmOptions warm;
  TAPPS_ASSIGN_OR_RETURN(warm.paths, Text("paths", options.paths));
  TAPPS_ASSIGN_OR_RETURN(warm.url_template, Text("url_template", options.url_template));
  warm.refresh = (options.flags & TAPPS_DOCS_REFRESH) != 0;
  warm.offline = (options.flags & TAPPS_DOCS_OFFLINE) != 0;
  TAPPS_ASSIGN_OR_RETURN(warm.concurrency, Number("concurrency", options.concurrency, 0, 1, 16));
  TAPPS_ASSIGN_OR_RETURN(warm.timeout_us,
                         Number("timeout_us", options.timeout_us, 0, 1, 365 * kDay));
  TAPPS_ASSIGN_OR_RETURN(warm.max_requests, Number("max_requests", options.max_requests, 0, 1,
                                                   INT64_MAX, kNone | kUnlimited));
  return warm;
}

Status Open(tapps_cache* cache, const char* root, const tapps_warm_options* options,
            tapps_plan** out) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("plan", out));
  *out = nullptr;
  TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
  TAPPS_RETURN_IF_ERROR(cache->session->Check());
  TAPPS_RETURN_IF_ERROR(CheckNotNull("root", root));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view folder, Text("root", root));
  TAPPS_ASSIGN_OR_RETURN(const WarmOptions warm, ReadWarmOptions(options));
  TAPPS_ASSIGN_OR_RETURN(auto plan,
                         MakePlan(*cache->session->engine->docs, std::string(folder), warm));
  *out = new tapps_plan{cache->session, std::move(plan)};
  return {};
}

Status SubmitWarm(tapps_queue* queue, tapps_plan* plan, uint64_t user_data, int64_t* op) {
  TAPPS_RETURN_IF_ERROR(CheckNotNull("plan", plan));
  TAPPS_ASSIGN_OR_RETURN(*op, queue->core->Begin(TAPPS_RECORD_WARM, user_data));
  const std::weak_ptr<Engine> weak = queue->session->engine;
  const auto run = WarmRun::Start(
      queue->session->engine->docs, plan->plan,
      [weak](std::function<void()> job) {
        const auto engine = weak.lock();
        if (engine) (void)engine->Run(std::move(job), Engine::Pool::kNetwork);
      },
      [core = queue->core, id = *op](const Json& progress) {
        core->Event(id, TAPPS_EVENT_PROGRESS, DumpJson(progress));
      },
      [core = queue->core, id = *op](int32_t code, const Json& result) {
        EndWith(*core, id, [&] {
          return Completion{Status::Bare(code), Value::Make(DumpJson(result), {})};
        });
      });
  queue->core->SetCancel(*op, [run] { run->Cancel(); });
  return {};
}

}  // namespace

int32_t tapps_plan_open(tapps_cache* cache, const char* root, const tapps_warm_options* options,
                        tapps_plan** plan, tapps_error** err) {
  return Guard(err, [&] { return Open(cache, root, options, plan); });
}

size_t tapps_plan_count(const tapps_plan* plan) { return plan ? plan->plan->items.size() : 0; }

int32_t tapps_plan_describe(tapps_plan* plan, tapps_value** value, const void** data, size_t* size,
                            tapps_error** err) {
  return Guard(err, [&]() -> Status {
    Clear(value, data, size);
    TAPPS_RETURN_IF_ERROR(CheckNotNull("plan", plan));
    TAPPS_RETURN_IF_ERROR(CheckNotNull("value", value));
    TAPPS_RETURN_IF_ERROR(plan->session->Check());
    Give(Value::Make(DumpJson(DescribePlan(*plan->plan)), {},
                     {{TAPPS_TEXT_CONTENT_TYPE, "application/json"}}),
         value, data, size);
    return {};
  });
}

int32_t tapps_queue_warm(tapps_queue* queue, tapps_plan* plan, uint64_t user_data, int64_t* op,
                         tapps_error** err) {
  return Submit(queue, op, err,
                [&](int64_t* id) { return SubmitWarm(queue, plan, user_data, id); });
}

void tapps_plan_release(tapps_plan* plan) {
  if (!plan || plan->session->fork.Forked()) return;
  Quietly([&] { delete plan; });
}
