#include "capi/handles.h"
#include "capi/requests.h"

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

int32_t tapps_docs_lookup(tapps_cache* cache, const char* library,
                          const tapps_docs_options* options, tapps_value** value, const void** data,
                          size_t* size, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    Clear(value, data, size);
    TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
    TAPPS_RETURN_IF_ERROR(cache->session->Check());
    TAPPS_RETURN_IF_ERROR(CheckNotNull("value", value));
    TAPPS_ASSIGN_OR_RETURN(const OwnedDocsQuery query, ReadDocsQuery(library, options));
    TAPPS_ASSIGN_OR_RETURN(ValueRef found, cache->session->engine->docs->Lookup(query.Borrow()));
    Give(std::move(found), value, data, size);
    return {};
  });
}
