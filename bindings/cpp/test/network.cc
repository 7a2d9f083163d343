// Fetches, documentation, breakers.
#include "contract_peer.h"

namespace peer {
namespace {

constexpr int64_t kPatienceUs = 10'000'000;

}  // namespace

Peer::Done Peer::Network(const Form& form) {
  const std::string verb = form.Text("do");
  if (verb == "fetch") return Fetch(form);
  if (verb == "fetch_many") return FetchMany(form);
  if (verb != "set_offline") return Done::kNot;
  Ok(cache_.SetOffline(form.Number("offline") == 1));
  return Done::kYes;
}

Peer::Done Peer::Fetch(const Form& form) {
  const std::string body = form.Bytes("body");
  const std::string policy = form.Text("policy");
  auto options = tc::Options<tapps_fetch_options>();
  options.flags = form.Has("deny_private") ? TAPPS_FETCH_DENY_PRIVATE : 0;
  options.policy = policy == "reload"           ? TAPPS_FETCH_RELOAD
                   : policy == "only_if_cached" ? TAPPS_FETCH_ONLY_IF_CACHED
                                                : TAPPS_FETCH_DEFAULT;
  options.method = form.Find("method");
  options.headers = form.Find("headers");
  options.body = form.Has("body") ? body.data() : nullptr;
  options.body_size = body.size();
  options.timeout_us = form.Microseconds("timeout_ms");
  options.retries = form.Number("retries");
  options.first_byte_us = form.Microseconds("first_byte_ms");
  if (form.Has("cancel")) {
    auto queue = cache_.OpenQueue();
    if (!Ok(queue)) return Done::kYes;
    const auto op = queue->Fetch(form.Find("url"), &options);
    if (!Ok(op)) return Done::kYes;
    queue->Cancel(*op);
    auto records = queue->Wait(kPatienceUs);
    if (Ok(records)) Fail(records->front().error);
    return Done::kYes;
  }
  const auto found = cache_.Fetch(form.Find("url"), &options);
  if (!Ok(found)) return Done::kYes;
  const tapps_info info = found->info();
  answer_.Add("status", std::to_string(info.http_status));
  answer_.Add("value", Hex(found->bytes()));
  answer_.Add("served_from", OriginName(info.served_from));
  answer_.Add("stale", Flag((info.flags & TAPPS_VALUE_STALE) != 0));
  return Done::kYes;
}

Peer::Done Peer::FetchMany(const Form& form) {
  auto queue = cache_.OpenQueue();
  if (!Ok(queue)) return Done::kYes;
  auto options = tc::Options<tapps_fetch_options>();
  options.flags = TAPPS_FETCH_IN_ORDER;
  const auto ops = queue->FetchMany(form.Lines("url"), &options, form.Number("parallel"));
  if (!Ok(ops)) return Done::kYes;
  for (size_t left = ops->size(); left > 0;) {
    const auto records = queue->Wait(kPatienceUs);
    if (!Ok(records)) return Done::kYes;
    for (const tc::Record& record : *records) {
      answer_.Add("item", record.code == TAPPS_OK ? "=" + Hex(record.value.bytes()) : "-");
      --left;
    }
  }
  return Done::kYes;
}

Peer::Done Peer::Docs(const Form& form) {
  const std::string verb = form.Text("do");
  if (verb == "plan" || verb == "warm") return Warm(form);
  if (verb != "docs") return Done::kNot;
  auto options = tc::Options<tapps_docs_options>();
  options.topic = form.Find("topic");
  options.project_root = form.Find("project_root");
  const auto found = cache_.Docs(form.Find("library"), &options);
  if (!Ok(found)) return Done::kYes;
  answer_.Add("value", Hex(found->bytes()));
  answer_.Add("library", std::string(found->text(TAPPS_TEXT_LIBRARY).value_or("")));
  answer_.Add("version", std::string(found->text(TAPPS_TEXT_LIBRARY_VERSION).value_or("")));
  answer_.Add("ecosystem", std::string(found->text(TAPPS_TEXT_ECOSYSTEM).value_or("")));
  return Done::kYes;
}

Peer::Done Peer::Warm(const Form& form) {
  const auto plan = cache_.OpenPlan(form.Find("root"));
  if (!Ok(plan)) return Done::kYes;
  if (form.Text("do") == "plan") return Tell(plan->Describe());
  auto queue = cache_.OpenQueue();
  if (!Ok(queue) || !Ok(queue->Warm(*plan))) return Done::kYes;
  bool progress = false;
  for (;;) {
    const auto records = queue->Wait(kPatienceUs);
    if (!Ok(records)) return Done::kYes;
    for (const tc::Record& record : *records) {
      if (record.kind == TAPPS_EVENT_PROGRESS) progress = true;
      if (record.kind != TAPPS_RECORD_WARM) continue;
      if (record.code != TAPPS_OK) Fail(record.error);
      answer_.Add("json", std::string(record.value.bytes()));
      answer_.Add("progress", Flag(progress));
      return Done::kYes;
    }
  }
}

Peer::Done Peer::Breakers(const Form& form) {
  const std::string verb = form.Text("do");
  const std::string name = form.Text("name");
  if (verb == "breaker_open") {
    auto options = tc::Options<tapps_breaker_options>();
    options.failures = form.Number("failures");
    options.open_us = form.Microseconds("open_ms");
    options.max_concurrency = form.Number("max_concurrency");
    options.max_waiting = form.Number("max_waiting");
    options.failure_rate = form.Number("failure_rate");
    options.slow_rate = form.Number("slow_rate");
    options.slow_us = form.Microseconds("slow_ms");
    options.window_calls = form.Number("window_calls");
    options.min_calls = form.Number("min_calls");
    options.retries = form.Number("retries");
    options.retry_us = form.Microseconds("retry_ms");
    options.max_retry_us = form.Microseconds("max_retry_ms");
    const bool given = form.size() > 2;  // more than the verb and the name
    auto breaker = cache_.OpenBreaker(name.c_str(), given ? &options : nullptr);
    if (Ok(breaker)) breakers_[name] = *std::move(breaker);
  } else if (verb == "breaker_call") {
    const std::string outcome = form.Text("outcome");
    const auto call = [&]() -> tc::Result<void> {
      if (outcome == "failure") return tc::Error(TAPPS_E_NETWORK);
      return {};
    };
    // A permit that goes without a report is ignored.
    const auto made = outcome == "ignored" ? [](auto permit) -> tc::Result<void> {
      if (!permit) return std::move(permit).error();
      return {};
    }(breakers_[name].Acquire())
        : breakers_[name].Execute(call);
    if (made.code() != TAPPS_E_NETWORK) Ok(made);
  } else if (verb == "breaker_force") {
    const std::string mode = form.Text("mode");
    Ok(breakers_[name].Force(mode == "open"     ? TAPPS_BREAKER_FORCE_OPEN
                             : mode == "closed" ? TAPPS_BREAKER_FORCE_CLOSED
                                                : TAPPS_BREAKER_AUTO));
  } else if (verb == "breaker_read") {
    static constexpr const char* kStates[] = {"closed", "open", "half_open"};
    const tapps_breaker_info info = breakers_[name].Read();
    answer_.Add("state", kStates[info.state]);
    answer_.Add("failures", std::to_string(info.failures));
    answer_.Add("successes", std::to_string(info.successes));
    answer_.Add("rejected", std::to_string(info.rejected));
  } else if (verb == "event") {
    return Event(form);
  } else {
    return Done::kNot;
  }
  return Done::kYes;
}

Peer::Done Peer::Event(const Form& form) {
  auto queue = cache_.OpenQueue();
  auto breaker = cache_.OpenBreaker(form.Find("name"));
  if (!Ok(queue) || !Ok(breaker)) return Done::kYes;
  if (!Ok(queue->Subscribe(1u << (TAPPS_EVENT_BREAKER - TAPPS_EVENT_PROGRESS)))) return Done::kYes;
  if (!Ok(breaker->Force(TAPPS_BREAKER_FORCE_OPEN))) return Done::kYes;
  const auto records = queue->Wait(kPatienceUs);
  if (Ok(records)) answer_.Add("json", std::string(records->front().value.bytes()));
  return Done::kYes;
}

Peer::Done Peer::Permits(const Form& form) {
  const std::string verb = form.Text("do");
  const std::string name = form.Text("name");
  if (verb == "breaker_acquire") {
    auto permit = form.Has("wait_ms") ? breakers_[name].Wait(form.Microseconds("wait_ms"))
                                      : breakers_[name].Acquire();
    if (Ok(permit)) permits_[name].push_back(*std::move(permit));
  } else if (verb == "breaker_report") {
    const std::string outcome = form.Text("outcome");
    permits_[name].front().Report(outcome == "success"         ? TAPPS_OUTCOME_SUCCESS
                                  : outcome == "failure"       ? TAPPS_OUTCOME_FAILURE
                                  : outcome == "local_failure" ? TAPPS_OUTCOME_LOCAL_FAILURE
                                                               : TAPPS_OUTCOME_IGNORED);
    permits_[name].pop_front();
  } else if (verb == "breaker_retry") {
    const auto delay =
        breakers_[name].Retry(form.Number("attempt"), static_cast<int32_t>(form.Number("status")));
    if (Ok(delay)) answer_.Add("delay_ms", std::to_string(*delay / 1000));
  } else if (verb == "breaker_limit") {
    Ok(breakers_[name].Limit(form.Number("calls"), form.Microseconds("within_ms")));
  } else {
    return Done::kNot;
  }
  return Done::kYes;
}

}  // namespace peer
