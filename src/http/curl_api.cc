#include "http/curl_api.h"

#include <dlfcn.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "base/mutex.h"
#include "base/per_process.h"
#include "http/text.h"

namespace tapps::http {
namespace {

constexpr std::array<const char*, 2> kSonames = {"libcurl.so.4", "libcurl-gnutls.so.4"};

// Tells packaging tools, in the ELF note format of systemd's "dlopen metadata", which library is
// loaded at run time.
#define TAPPS_DLOPEN_JSON                                           \
  "[{\"feature\":\"fetch\",\"description\":\"Fetching over HTTP\"," \
  "\"priority\":\"recommended\",\"soname\":[\"libcurl.so.4\",\"libcurl-gnutls.so.4\"]}]"
struct DlopenNote {
  uint32_t name_size = sizeof("FDO");
  uint32_t json_size = sizeof(TAPPS_DLOPEN_JSON);
  uint32_t type = 0x407c0c0a;
  char name[4] = "FDO";
  alignas(4) char json[sizeof(TAPPS_DLOPEN_JSON)] = TAPPS_DLOPEN_JSON;
};
[[gnu::used, gnu::section(".note.dlopen")]] alignas(4) constinit const DlopenNote kDlopenNote{};

template <typename Function>
bool Find(void* library, const char* name, Function* function, std::string* missing) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  if (*function == nullptr) *missing = name;
  return *function != nullptr;
}

bool FindAll(void* library, CurlApi* api, std::string* missing) {
#define TAPPS_FIND(name) Find(library, "curl_" #name, &api->name, missing)
  return TAPPS_FIND(global_init) && TAPPS_FIND(version_info) && TAPPS_FIND(easy_init) &&
         TAPPS_FIND(easy_setopt) && TAPPS_FIND(easy_getinfo) && TAPPS_FIND(easy_reset) &&
         TAPPS_FIND(easy_cleanup) && TAPPS_FIND(easy_strerror) && TAPPS_FIND(multi_init) &&
         TAPPS_FIND(multi_add_handle) && TAPPS_FIND(multi_remove_handle) &&
         TAPPS_FIND(multi_perform) && TAPPS_FIND(multi_poll) && TAPPS_FIND(multi_wakeup) &&
         TAPPS_FIND(multi_info_read) && TAPPS_FIND(multi_cleanup) && TAPPS_FIND(slist_append) &&
         TAPPS_FIND(slist_free_all);
#undef TAPPS_FIND
}

struct Opened {
  CurlApi api;
  void* library = nullptr;
};

Result<Opened> Open(std::span<const char* const> sonames) {
  std::string tried;
  for (const char* soname : sonames) {
    if (!tried.empty()) tried += "; ";
    Opened opened;
    // LOCAL: the host's own symbols must not meet curl's.
    opened.library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (opened.library == nullptr) {
      const char* error = dlerror();
      tried += error != nullptr ? error : soname;
      continue;
    }
    std::string missing;
    if (FindAll(opened.library, &opened.api, &missing)) return opened;
    tried += std::string(soname) + ": too old, it has no " + missing;
    dlclose(opened.library);
  }
  return {TAPPS_E_UNSUPPORTED, "fetching needs libcurl 7.68 or newer; tried " + tried};
}

// OpenSSL would otherwise register an exit handler that frees its state while the network thread
// may still use it. The one libcurl binds to is the host's where the host exports one, else
// libcurl's own.
void KeepOpenSslFromExitHandlers(void* curl_library) {
  using InitCrypto = int (*)(uint64_t, const void*);
  constexpr uint64_t kNoAtExit = 0x00080000;  // OPENSSL_INIT_NO_ATEXIT
  void* found = dlsym(RTLD_DEFAULT, "OPENSSL_init_crypto");
  if (found == nullptr) found = dlsym(curl_library, "OPENSSL_init_crypto");
  if (found != nullptr) reinterpret_cast<InitCrypto>(found)(kNoAtExit, nullptr);
}

struct Loader {
  Mutex mutex;
  CurlApi api GUARDED_BY(mutex);
};
constinit PerProcess<Loader> loaders;
std::atomic<const CurlApi*> loaded = nullptr;  // points at a loader's once that is complete

}  // namespace

bool CurlApi::Decodes(std::string_view coding) const {
  for (const std::string_view one : {"identity", "chunked"}) {
    if (EqualsIgnoreCase(coding, one)) return true;
  }
  for (const std::string_view one : {"gzip", "x-gzip", "deflate"}) {
    if (EqualsIgnoreCase(coding, one)) return (features & CURL_VERSION_LIBZ) != 0;
  }
  if (EqualsIgnoreCase(coding, "br")) return (features & CURL_VERSION_BROTLI) != 0;
  return EqualsIgnoreCase(coding, "zstd") && (features & CURL_VERSION_ZSTD) != 0;
}

Result<CurlApi> OpenCurl(std::span<const char* const> sonames) {
  Result<Opened> opened = Open(sonames);
  if (!opened.ok()) return opened.status();
  return opened->api;
}

Result<const CurlApi*> LoadCurl() {
  if (const CurlApi* api = loaded.load(std::memory_order_acquire)) return api;
  Loader& loader = loaders.Get();
  MutexLock lock(loader.mutex);
  if (const CurlApi* api = loaded.load(std::memory_order_acquire)) return api;
  Result<Opened> opened = Open(kSonames);
  if (!opened.ok()) return opened.status();
  KeepOpenSslFromExitHandlers(opened->library);
  const CURLcode code = opened->api.global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    return {TAPPS_E_UNSUPPORTED,
            std::string("libcurl cannot be initialised: ") + opened->api.easy_strerror(code)};
  }
  const curl_version_info_data* version = opened->api.version_info(CURLVERSION_NOW);
  opened->api.features = version->features;
  loader.api = opened->api;
  loaded.store(&loader.api, std::memory_order_release);
  return &loader.api;
}

}  // namespace tapps::http
