/* A program as its author would write it: the installed header, the installed library. */
#include <stdio.h>
#include <string.h>
#include <tapps.h>

int main(void) {
  tapps_cache* cache = NULL;
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  int ok = tapps_cache_open(":memory:", NULL, &cache, NULL) == TAPPS_OK &&
           tapps_cache_put(cache, NULL, "key", 3, "value", 5, NULL, NULL) == TAPPS_OK &&
           tapps_cache_get(cache, NULL, "key", 3, NULL, &value, &data, &size, NULL) == TAPPS_OK &&
           size == 5 && memcmp(data, "value", 5) == 0;
  tapps_value_release(value);
  tapps_cache_release(cache);
  printf("%s %s\n", tapps_version(), ok ? "ok" : "failed");
  return ok ? 0 : 1;
}
