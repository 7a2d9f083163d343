#ifndef TAPPS_HTTP_CURL_API_H_
#define TAPPS_HTTP_CURL_API_H_

#include <curl/curl.h>

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tapps::http {

// The functions of libcurl that are used, as found in the library at run time; their types are
// curl.h's. The library is loaded at the first fetch, so that a program which reads the cache alone
// never pays for TLS.
struct CurlApi {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_version_info) version_info = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_reset) easy_reset = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_multi_init) multi_init = nullptr;
  decltype(&curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&curl_multi_perform) multi_perform = nullptr;
  decltype(&curl_multi_poll) multi_poll = nullptr;
  decltype(&curl_multi_wakeup) multi_wakeup = nullptr;
  decltype(&curl_multi_info_read) multi_info_read = nullptr;
  decltype(&curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;

  int features = 0;  // CURL_VERSION_* bits of the loaded library

  // Whether it removes this content or transfer coding by itself.
  bool Decodes(std::string_view coding) const;
};

// Loads and initialises libcurl once per process, for ever; later calls return the same table.
// UNSUPPORTED, with every name that was tried, when it is missing or too old; the next call tries
// again. Any thread.
Result<const CurlApi*> LoadCurl();

// The same with other names, each opened anew and not initialised. For tests of what goes wrong.
Result<CurlApi> OpenCurl(std::span<const char* const> sonames);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_CURL_API_H_
