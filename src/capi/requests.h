#ifndef TAPPS_CAPI_REQUESTS_H_
#define TAPPS_CAPI_REQUESTS_H_

#include "base/result.h"
#include "base/value.h"
#include "docs/lookup.h"
#include "http/fetch_types.h"
#include "tapps.h"

// What hosts ask for, checked and translated; shared by the synchronous and the asynchronous calls.
namespace tapps::capi {

Result<http::FetchRequest> ReadFetchRequest(const char* url, const tapps_fetch_options* options);
// A fetched response as a value: its body under its own numbers and texts.
ValueRef ToValue(const http::FetchResult& result);

// A docs query that owns its strings.
struct OwnedDocsQuery {
  std::string library, topic, version, ecosystem, project_root, paths, url_template;
  DocsQuery numbers;

  DocsQuery Borrow() const;
};
Result<OwnedDocsQuery> ReadDocsQuery(const char* library, const tapps_docs_options* options);

}  // namespace tapps::capi

#endif  // TAPPS_CAPI_REQUESTS_H_
