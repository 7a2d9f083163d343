// Asynchronous operations on entries: each is the cache's own function, whose end makes a record.

#include "capi/handles.h"
#include "capi/queue_handle.h"

namespace tapps::capi {
namespace {

// A key that lives as long as the operation.
struct OwnedKey {
  explicit OwnedKey(Key key) : space(key.space), bytes(key.bytes) {}
  operator Key() const { return {space, bytes}; }  // NOLINT(google-explicit-constructor)

  std::string space;
  std::string bytes;
};

// Accepts an operation and starts it: start(done), where done(Completion) ends it.
template <typename Begin>
Status Start(tapps_queue* queue, int32_t kind, uint64_t user_data, int64_t* op, Begin&& begin) {
  TAPPS_ASSIGN_OR_RETURN(*op, queue->core->Begin(kind, user_data));
  begin([core = queue->core, id = *op](Completion end) { core->Complete(id, std::move(end)); });
  return {};
}

Cache& CacheOf(tapps_queue* queue) { return *queue->session->engine->cache; }

Status SubmitGet(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                 const tapps_get_options* options, uint64_t user_data, int64_t* op) {
  TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckKey(space, key, key_size));
  TAPPS_ASSIGN_OR_RETURN(const GetOptions get, ReadGetOptions(options));
  GetOptions cached = get;
  cached.cached_only = true;
  Result<ValueRef> found = CacheOf(queue).Get(checked, cached);
  if (get.cached_only || found.code() != TAPPS_E_WOULD_BLOCK) {
    return Start(queue, TAPPS_RECORD_GET, user_data, op,
                 [&](auto done) { done(ToCompletion(std::move(found))); });
  }
  return StartJob(
      queue, TAPPS_RECORD_GET, user_data, op,
      [key = OwnedKey(checked), get](Cache& cache) { return ToCompletion(cache.Get(key, get)); });
}

// Keys that must be read from the file, of operations numbered from `first` on.
struct Cold {
  int64_t first = 0;
  std::vector<std::pair<size_t, std::string>> keys;  // by the number of the operation

  void End(CompletionQueue& core, size_t i, Completion end) const {
    core.Complete(first + static_cast<int64_t>(keys[i].first), std::move(end));
  }
};

void ReadCold(Cache& cache, CompletionQueue& core, std::string_view space, const Cold& cold,
              const GetOptions& get) {
  std::vector<Result<ValueRef>> read;
  const Status failed = Attempt([&]() -> Status {
    std::vector<std::string_view> keys;
    keys.reserve(cold.keys.size());
    for (const auto& [index, key] : cold.keys) keys.push_back(key);
    read = cache.GetMany(space, keys, get);
    return {};
  });
  for (size_t i = 0; i < cold.keys.size(); ++i) {
    cold.End(core, i, failed.ok() ? ToCompletion(std::move(read[i])) : Completion{failed});
  }
}

// What memory has is answered at once; the rest is read in one job.
Status SubmitGetMany(tapps_queue* queue, const char* space, const tapps_get_item* items,
                     size_t count, const tapps_get_options* options, uint64_t user_data,
                     int64_t* op) {
  constexpr size_t kMax = 65536;
  if (count == 0 || count > kMax) {
    return Status(TAPPS_E_INVALID, "count is " + std::to_string(count) + ", it must be 1 to 65536");
  }
  TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, CheckSpace(space));
  TAPPS_ASSIGN_OR_RETURN(const GetOptions get, ReadGetOptions(options));
  TAPPS_ASSIGN_OR_RETURN(const std::vector<std::string_view> keys, ReadKeys(items, count));
  GetOptions cached = get;
  cached.cached_only = true;
  std::vector<Result<ValueRef>> found = CacheOf(queue).GetMany(checked, keys, cached);
  const auto is_cold = [&](size_t i) {
    return !get.cached_only && found[i].code() == TAPPS_E_WOULD_BLOCK;
  };
  const auto cold = std::make_shared<Cold>();
  for (size_t i = 0; i < count; ++i) {
    if (is_cold(i)) cold->keys.emplace_back(i, keys[i]);
  }
  TAPPS_ASSIGN_OR_RETURN(*op, queue->core->Begin(TAPPS_RECORD_GET, user_data, count));
  cold->first = *op;
  for (size_t i = 0; i < count; ++i) {
    if (!is_cold(i)) {
      queue->core->Complete(*op + static_cast<int64_t>(i), ToCompletion(std::move(found[i])));
    }
  }
  if (cold->keys.empty()) return {};
  const std::shared_ptr<Engine> engine = queue->session->engine;
  const Status deferred = Attempt([&] {
    return engine->Run([engine, core = queue->core, space = std::string(checked), get, cold] {
      ReadCold(*engine->cache, *core, space, *cold, get);
    });
  });
  if (deferred.ok()) return {};
  for (size_t i = 0; i < cold->keys.size(); ++i) cold->End(*queue->core, i, {deferred});
  return {};
}

// Adds up what several removals did; `done` is told at the end of the last.
class Removal {
 public:
  Removal(size_t count, std::function<void(Completion)> done)
      : left_(count), done_(std::move(done)) {}

  void Add(Status status, int64_t removed) {
    Completion sum;
    {
      MutexLock lock(mu_);
      if (sum_.status.ok()) sum_.status = std::move(status);
      sum_.number += removed;
      if (--left_ > 0) return;
      sum = std::move(sum_);
    }
    done_(std::move(sum));
  }

 private:
  Mutex mu_;
  size_t left_ GUARDED_BY(mu_);
  Completion sum_ GUARDED_BY(mu_);
  const std::function<void(Completion)> done_;
};

Status SubmitPut(tapps_queue* queue, const char* space, const tapps_put_item* items, size_t count,
                 const tapps_put_options* options, uint64_t user_data, int64_t* op) {
  TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, CheckSpace(space));
  TAPPS_RETURN_IF_ERROR(CheckWritable(checked));
  TAPPS_ASSIGN_OR_RETURN(const std::vector<Cache::Item> entries, ReadItems(items, count));
  TAPPS_ASSIGN_OR_RETURN(const PutOptions put, ReadPutOptions(options));
  return Start(queue, TAPPS_RECORD_PUT, user_data, op, [&](auto done) {
    CacheOf(queue).PutManyAsync(checked, entries, put,
                                [done](Status status) { done({std::move(status)}); });
  });
}

Status SubmitSwap(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                  int64_t expected, const void* data, size_t size, const tapps_put_options* options,
                  uint64_t user_data, int64_t* op) {
  TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
  TAPPS_RETURN_IF_ERROR(CheckVersion(expected));
  TAPPS_ASSIGN_OR_RETURN(const std::string_view bytes, CheckValue(data, size));
  TAPPS_ASSIGN_OR_RETURN(const PutOptions put, ReadPutOptions(options));
  return Start(queue, TAPPS_RECORD_SWAP, user_data, op, [&](auto done) {
    CacheOf(queue).SwapAsync(checked, expected, bytes, put, [done](Status status, int64_t version) {
      done({std::move(status), {}, version});
    });
  });
}

Status SubmitLoad(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                  const tapps_load_options* options, uint64_t user_data, int64_t* op) {
  TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
  TAPPS_ASSIGN_OR_RETURN(const LoadOptions load, ReadLoadOptions(options));
  TAPPS_ASSIGN_OR_RETURN(*op, queue->core->Begin(TAPPS_RECORD_LOAD, user_data));
  const std::weak_ptr<Engine> weak = queue->session->engine;
  const auto finish = [weak, core = queue->core, id = *op](Status status, Cache::Loaded loaded) {
    const bool wanted =
        core->Complete(id, {std::move(status), std::move(loaded.value), loaded.lease});
    if (wanted || loaded.lease == 0) return;
    if (const auto engine = weak.lock()) engine->cache->AbandonLoad(loaded.lease);
  };
  LoadOptions cached = load;
  cached.cached_only = true;
  bool answered = true;
  CacheOf(queue).LoadAsync(checked, cached, [&](Status status, Cache::Loaded loaded) {
    answered = status.code() != TAPPS_E_WOULD_BLOCK;
    if (answered) finish(std::move(status), std::move(loaded));
  });
  if (answered) return {};
  return queue->Defer(
      *op, [engine = queue->session->engine, core = queue->core, id = *op, key = OwnedKey(checked),
            load, finish] { core->SetCancel(id, engine->cache->LoadAsync(key, load, finish)); });
}

}  // namespace
}  // namespace tapps::capi

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_queue_get(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                        const tapps_get_options* options, uint64_t user_data, int64_t* op,
                        tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) {
    return SubmitGet(queue, space, key, key_size, options, user_data, id);
  });
}

int32_t tapps_queue_get_many(tapps_queue* queue, const char* space, const tapps_get_item* items,
                             size_t count, const tapps_get_options* options, uint64_t user_data,
                             int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) {
    return SubmitGetMany(queue, space, items, count, options, user_data, id);
  });
}

int32_t tapps_queue_put(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                        const void* data, size_t size, const tapps_put_options* options,
                        uint64_t user_data, int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) {
    const tapps_put_item item = {key, key_size, data, size};
    return SubmitPut(queue, space, &item, 1, options, user_data, id);
  });
}

int32_t tapps_queue_put_many(tapps_queue* queue, const char* space, const tapps_put_item* items,
                             size_t count, const tapps_put_options* options, uint64_t user_data,
                             int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) {
    return SubmitPut(queue, space, items, count, options, user_data, id);
  });
}

int32_t tapps_queue_swap(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                         int64_t expected, const void* data, size_t size,
                         const tapps_put_options* options, uint64_t user_data, int64_t* op,
                         tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) {
    return SubmitSwap(queue, space, key, key_size, expected, data, size, options, user_data, id);
  });
}

int32_t tapps_queue_delete(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                           int32_t durability, uint64_t user_data, int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
    TAPPS_RETURN_IF_ERROR(CheckDurability(durability));
    return Start(queue, TAPPS_RECORD_DELETE, user_data, id, [&](auto done) {
      CacheOf(queue).DeleteAsync(checked, durability,
                                 [done](Status status) { done({std::move(status)}); });
    });
  });
}

int32_t tapps_queue_delete_all(tapps_queue* queue, const tapps_filter* filter, uint64_t user_data,
                               int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const std::vector<storage::Filter> removal, ReadRemoval(filter));
    return Start(queue, TAPPS_RECORD_DELETE_ALL, user_data, id, [&](auto done) {
      const auto end = std::make_shared<Removal>(removal.size(), done);
      for (const storage::Filter& checked : removal) {
        CacheOf(queue).DeleteAllAsync(checked, [end](Status status, int64_t removed) {
          end->Add(std::move(status), removed);
        });
      }
    });
  });
}

int32_t tapps_queue_touch(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                          int64_t ttl_us, uint64_t user_data, int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckWritableKey(space, key, key_size));
    TAPPS_ASSIGN_OR_RETURN(const int64_t ttl, ReadTtl(ttl_us));
    return StartJob(
        queue, TAPPS_RECORD_TOUCH, user_data, id,
        [key = OwnedKey(checked), ttl](Cache& cache) { return Completion{cache.Touch(key, ttl)}; });
  });
}

int32_t tapps_queue_contains(tapps_queue* queue, const char* space, const void* key,
                             size_t key_size, uint64_t user_data, int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const Key checked, CheckKey(space, key, key_size));
    return StartJob(queue, TAPPS_RECORD_CONTAINS, user_data, id,
                    [key = OwnedKey(checked)](Cache& cache) {
                      const Result<int64_t> version = cache.Contains(key);
                      return Completion{version.status(), {}, version.ok() ? *version : 0};
                    });
  });
}

int32_t tapps_queue_count(tapps_queue* queue, const tapps_filter* filter, uint64_t user_data,
                          int64_t* op, tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const storage::Filter checked, ReadFilter(filter));
    return StartJob(queue, TAPPS_RECORD_COUNT, user_data, id, [checked](Cache& cache) {
      const Result<storage::Reader::Count> count = cache.CountEntries(checked);
      if (!count.ok()) return Completion{count.status()};
      return Completion{{}, {}, count->entries, count->bytes};
    });
  });
}

int32_t tapps_queue_load(tapps_queue* queue, const char* space, const void* key, size_t key_size,
                         const tapps_load_options* options, uint64_t user_data, int64_t* op,
                         tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) {
    return SubmitLoad(queue, space, key, key_size, options, user_data, id);
  });
}

int32_t tapps_queue_flush(tapps_queue* queue, int64_t timeout_us, uint64_t user_data, int64_t* op,
                          tapps_error** err) {
  return Submit(queue, op, err, [&](int64_t* id) -> Status {
    TAPPS_ASSIGN_OR_RETURN(const int64_t timeout,
                           Number("timeout_us", timeout_us, 0, 1, INT64_MAX / 4));
    return Start(queue, TAPPS_RECORD_FLUSH, user_data, id, [&](auto done) {
      CacheOf(queue).FlushAsync(timeout, [done](Status status) { done({std::move(status)}); });
    });
  });
}
