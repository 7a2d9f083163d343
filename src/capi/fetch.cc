#include "capi/handles.h"
#include "capi/requests.h"

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_cache_fetch(tapps_cache* cache, const char* url, const tapps_fetch_options* options,
                          tapps_value** value, const void** data, size_t* size, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    Clear(value, data, size);
    TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
    TAPPS_RETURN_IF_ERROR(cache->session->Check());
    TAPPS_RETURN_IF_ERROR(CheckNotNull("value", value));
    TAPPS_ASSIGN_OR_RETURN(http::FetchRequest request, ReadFetchRequest(url, options));
    Engine& engine = *cache->session->engine;
    Result<http::FetchResult> result = engine.fetch->FetchAndWait(std::move(request));
    engine.CountFetch(result);
    if (!result.ok()) return std::move(result).status();
    Give(ToValue(*result), value, data, size);
    return {};
  });
}

int32_t tapps_cache_set_offline(tapps_cache* cache, int32_t offline, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
    TAPPS_RETURN_IF_ERROR(cache->session->Check());
    if (offline != 0 && offline != 1) return Status(TAPPS_E_INVALID, "offline is not 0 or 1");
    cache->session->engine->fetch->SetOffline(offline == 1);
    return {};
  });
}
