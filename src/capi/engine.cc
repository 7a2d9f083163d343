#include "capi/engine.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <utility>

#include "base/per_process.h"
#include "base/thread.h"
#include "capi/guard.h"
#include "http/credential_salt.h"
#include "resilience/describe.h"

namespace tapps::capi {
namespace {

constexpr size_t kDiskThreads = 4;
constexpr size_t kNetworkThreads = 16;  // a warm run may ask for so many

// The engines of this process, by their cache. An entry lasts as long as its cache: an engine that
// has ended is not followed by another on the same one.
struct Registry {
  struct Entry {
    std::weak_ptr<Cache> cache;
    std::weak_ptr<Engine> engine;
  };
  Mutex mu;
  std::map<const Cache*, Entry> engines GUARDED_BY(mu);
};
constinit PerProcess<Registry> registries;

// The last reference to an engine may go anywhere, on one of its own threads too, and must not
// block there.
void Dispose(Engine* engine) {
  if (!engine->fetch || !engine->fetch->network_started()) {
    delete engine;
    return;
  }
  auto thread = StartThread("close", [engine] { delete engine; });
  if (thread.ok()) (*thread).detach();  // else it leaks: better than a host that hangs
}

PageFetcher MakePageFetcher(Engine* engine) {
  return [engine](const PageRequest& request) -> Result<Page> {
    http::FetchRequest fetch;
    fetch.url = request.url;
    fetch.retries = RetrySettings::Default().retries;
    if (request.reload) fetch.policy = TAPPS_FETCH_NO_CACHE;
    if (request.timeout_us > 0) fetch.limits.total_timeout_us = request.timeout_us;
    if (request.max_bytes > 0) fetch.limits.max_body_bytes = static_cast<size_t>(request.max_bytes);
    Result<http::FetchResult> result = engine->fetch->FetchAndWait(std::move(fetch));
    engine->CountFetch(result);
    if (!result.ok()) return std::move(result).status();
    Page page;
    page.status = result->status();
    page.body = result->body();
    page.content_type = result->response->headers.Get("content-type").value_or("");
    page.stale = result->stale;
    page.age_us = result->age_us;
    return page;
  };
}

http::RuleOptions MakeRules(const EngineOptions& options) {
  const auto window = [](int64_t us) {
    if (us == TAPPS_NONE) return int64_t{0};
    return us == TAPPS_UNLIMITED ? http::CacheControl::kMaxDelta : us;
  };
  http::RuleOptions rules;
  rules.shared = options.shared_http;
  rules.default_stale_if_error_us = window(options.stale_if_error_us);
  rules.max_heuristic_us = window(options.max_heuristic_us);
  return rules;
}

bool HasCredentials(const http::SecretParameters& secrets, const std::string& url) {
  const Result<http::Url> parsed = http::ParseUrl(url);
  return parsed.ok() && (!parsed->user_info.empty() || secrets.Contains(*parsed));
}

}  // namespace

Result<std::shared_ptr<Engine>> Engine::Open(const std::string& path,
                                             const EngineOptions& options) {
  Registry& registry = registries.Get();
  while (true) {
    Result<std::shared_ptr<Cache>> cache = Cache::Open(path, options.cache);
    if (!cache.ok()) return std::move(cache).status();
    MutexLock lock(registry.mu);
    std::erase_if(registry.engines, [](const auto& entry) { return entry.second.cache.expired(); });
    Registry::Entry& entry = registry.engines[cache->get()];
    if (entry.cache.expired()) {
      std::shared_ptr<Engine> engine(new Engine(), Dispose);
      engine->cache = *cache;
      engine->Wire(options);
      entry = {*cache, engine};
      return engine;
    }
    const std::shared_ptr<Engine> engine = entry.engine.lock();
    if (!engine || !engine->AddSession()) continue;  // it ended just now, and its cache with it
    if (engine->options_ == options) return engine;
    engine->RemoveSession();
    return Status(TAPPS_E_EXISTS, path + " is open in this process with other options");
  }
}

void Engine::Wire(const EngineOptions& options) {
  options_ = options;
  pool_ = std::make_unique<ThreadPool>("pool", kDiskThreads);
  network_pool_ = std::make_unique<ThreadPool>("docs", kNetworkThreads);
  const std::weak_ptr<Engine> weak = weak_from_this();
  cache->OnState([weak](int32_t state, std::string_view why) {
    if (const auto self = weak.lock()) {
      self->Broadcast(TAPPS_EVENT_STATE, {{"state", state}, {"why", why}});
    }
  });
  cache->OnEvent([weak](int32_t kind, const Json& data) {
    if (const auto self = weak.lock()) self->Broadcast(kind, data);
  });
  breakers = std::make_shared<BreakerRegistry>(
      options.breakers, Clock::Real(), std::random_device()(),
      [weak](const std::string& name, const BreakerTransition& transition) {
        if (const auto self = weak.lock()) self->OnBreaker(name, transition);
      },
      BreakerRegistry::kDefaultLimit, cache);
  responses_ = std::make_unique<http::CacheStore>(cache, options.keep_set_cookie);
  http::FetchOptions fetch_options;
  fetch_options.network.user_agent = options.user_agent;
  fetch_options.network.proxy = options.proxy;
  fetch_options.network.ca_file = options.ca_file;
  fetch_options.network.no_proxy = options.no_proxy;
  fetch_options.network.deny_private_addresses = options.deny_private;
  // A large body goes to the disk its entry goes to, on which it has no name.
  if (cache->SharedStore()) {
    fetch_options.bodies.folder = std::filesystem::path(cache->path()).parent_path().string();
  }
  fetch_options.rules = MakeRules(options);
  fetch_options.max_waiting = static_cast<size_t>(options.max_waiting);
  if (options.keep_credentialed) fetch_options.credential_salt = http::CredentialSalt(*cache);
  http::SecretParameters secrets;
  secrets.Add(options.secret_names);
  fetch_options.secrets = secrets;
  fetch_options.offline = options.offline;
  fetch = std::make_unique<http::FetchEngine>(*responses_, *breakers, std::move(fetch_options));
  docs = DocsLookup::Make(
      cache, MakePageFetcher(this),
      [weak](std::function<void()> job) {
        if (const auto self = weak.lock()) (void)self->Run(std::move(job), Pool::kNetwork);
      },
      &Clock::Real(),
      [secrets = std::move(secrets)](const std::string& url) {
        return HasCredentials(secrets, url);
      });
}

Engine::~Engine() {
  if (fork_.Forked()) {
    // Threads and connections are the parent's: leak what would join or close them.
    (void)fetch.release();
    (void)responses_.release();
    (void)pool_.release();
    (void)network_pool_.release();
    new std::shared_ptr<DocsLookup>(std::move(docs));
    new std::shared_ptr<BreakerRegistry>(std::move(breakers));
    return;
  }
  if (fetch) fetch->Close();
}

Status Engine::Run(std::function<void()> job, Pool pool) {
  ThreadPool& threads = pool == Pool::kDisk ? *pool_ : *network_pool_;
  return threads.Submit(
      [self = shared_from_this(), job = std::move(job)] { Quietly([&] { job(); }); });
}

bool Engine::AddSession() {
  MutexLock lock(mu_);
  if (sessions_ == 0) return false;
  ++sessions_;
  return true;
}

bool Engine::RemoveSession() {
  MutexLock lock(mu_);
  if (--sessions_ > 0) return false;
  cache->Retire();
  return true;
}

Status Engine::Close(int64_t deadline_us) {
  const int64_t deadline = Clock::Real().MonotonicNow() + deadline_us;
  const auto left = [deadline] {
    return std::max<int64_t>(1, deadline - Clock::Real().MonotonicNow());
  };
  fetch->Close();
  breakers->Close();
  const bool waited = network_pool_->Stop(left());
  const bool idle = pool_->Stop(left()) && waited;
  Status status = cache->Close(left());
  if (status.ok() && !idle) {
    return Status(TAPPS_E_TIMEOUT, "work that was under way goes on in the background");
  }
  return status;
}

void Engine::CloseLater(std::shared_ptr<Engine> engine) {
  // Without a thread of ours there is nothing to wait for: dropping the engine lets the writer
  // finish.
  if (!engine->fetch->network_started()) return;
  auto thread = StartThread("close", [engine] { (void)engine->Close(5 * kSecond); });
  if (thread.ok()) (*thread).detach();
}

void Engine::AddQueue(const std::shared_ptr<CompletionQueue>& queue) {
  MutexLock lock(mu_);
  std::erase_if(queues_, [](const auto& weak) { return weak.expired(); });
  queues_.push_back(queue);
}

void Engine::Broadcast(int32_t kind, const Json& json) {
  std::vector<std::weak_ptr<CompletionQueue>> queues;
  {
    MutexLock lock(mu_);
    queues = queues_;
  }
  if (queues.empty()) return;
  const std::string text = DumpJson(json);
  for (const auto& weak : queues) {
    if (const auto queue = weak.lock()) queue->Event(0, kind, text);
  }
}

void Engine::OnBreaker(const std::string& name, const BreakerTransition& transition) {
  const Json json = {{"name", name},
                     {"from", StateName(transition.from)},
                     {"to", StateName(transition.to)},
                     {"forced", transition.force != BreakerForce::kNone},
                     {"open_us", transition.open_us},
                     {"at_us", Clock::Real().WallNow()}};
  Broadcast(TAPPS_EVENT_BREAKER, json);
}

void Engine::CountFetch(const Result<http::FetchResult>& result) {
  const int32_t from = result.ok() ? result->served_from : 0;
  fetches_[static_cast<size_t>(std::clamp<int32_t>(from, 0, TAPPS_FROM_INSTALLED))].Add();
}

Json Engine::DescribeFetches() const {
  return {{"memory", fetches_[TAPPS_FROM_MEMORY].Read()},
          {"disk", fetches_[TAPPS_FROM_DISK].Read()},
          {"network", fetches_[TAPPS_FROM_NETWORK].Read()},
          {"revalidated", fetches_[TAPPS_FROM_REVALIDATED].Read()},
          {"failed", fetches_[0].Read()},
          {"lone", fetch->lone()}};
}

Json Engine::Stats() {
  Json json = cache->Stats();
  json["fetch"] = DescribeFetches();
  json["docs"] = docs->Stats();
  json["breakers"] = DescribeBreakers(*breakers, *cache);
  return json;
}

}  // namespace tapps::capi
