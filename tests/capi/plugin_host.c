/* A host that loads and unloads the library while its threads work: plugin_host LIBRARY FILE.
 * Or two and three copies of it: plugin_host LIBRARY SECOND FILE. */
#define _GNU_SOURCE /* dlmopen */
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

#include "tapps.h"

static void* Find(void* library, const char* name) {
  void* symbol = dlsym(library, name);
  if (!symbol) printf("%s\n", dlerror());
  return symbol;
}

static int Round(const char* name, const char* file) {
  void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  int32_t (*open_cache)(const char*, const tapps_open_options*, tapps_cache**, tapps_error**);
  int32_t (*put)(tapps_cache*, const char*, const void*, size_t, const void*, size_t,
                 const tapps_put_options*, tapps_error**);
  void (*release)(tapps_cache*);
  tapps_cache* cache = NULL;
  int i;
  if (!library) {
    printf("%s\n", dlerror());
    return 1;
  }
  *(void**)&open_cache = Find(library, "tapps_cache_open");
  *(void**)&put = Find(library, "tapps_cache_put");
  *(void**)&release = Find(library, "tapps_cache_release");
  if (!open_cache || !put || !release) return 2;
  if (open_cache(file, NULL, &cache, NULL) != TAPPS_OK) return 3;
  for (i = 0; i < 200; ++i) {
    if (put(cache, NULL, &i, sizeof i, "value", 5, NULL, NULL) != TAPPS_OK) return 4;
  }
  release(cache);
  return dlclose(library) == 0 ? 0 : 5;
}

/* Opens the file by a second copy of the library; returns the code of that open. */
static int32_t OpenSecond(void* library, const char* file) {
  int32_t (*open_cache)(const char*, const tapps_open_options*, tapps_cache**, tapps_error**);
  tapps_cache* cache = NULL;
  *(void**)&open_cache = Find(library, "tapps_cache_open");
  return open_cache ? open_cache(file, NULL, &cache, NULL) : -1000;
}

/* A second copy with an SQLite of its own, in a namespace of its own, is refused; one that shares
 * the SQLite (SECOND, another file) is not. */
static int Copies(const char* name, const char* second, const char* file) {
  void* const first = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  void* copy;
  if (!first || OpenSecond(first, file) != TAPPS_OK) return 6;
  copy = dlopen(second, RTLD_NOW | RTLD_LOCAL);
  if (!copy || copy == first) return 7;
  if (OpenSecond(copy, file) != TAPPS_OK) return 8;
  copy = dlmopen(LM_ID_NEWLM, name, RTLD_NOW | RTLD_LOCAL);
  if (!copy) return 77;
  return OpenSecond(copy, file) == TAPPS_E_UNSUPPORTED ? 0 : 9;
}

int main(int argc, char** argv) {
  const struct timespec pause = {0, 100 * 1000 * 1000};
  int round;
  if (argc == 4) return Copies(argv[1], argv[2], argv[3]);
  if (argc != 3) return 64;
  for (round = 0; round < 20; ++round) {
    const int result = Round(argv[1], argv[2]);
    if (result != 0) return result;
  }
  nanosleep(&pause, NULL); /* the writer is still at it, in code that was "unloaded" */
  return 0;
}
