/* Opens a cache, gets one entry and ends: what a short-lived program pays. Prints nothing; exit
 * code 0 for a hit. With a third argument it tells whether libcurl was mapped. */
#include <stdio.h>
#include <string.h>
#include <tapps.h>
#include <unistd.h>

static int curl_is_mapped(void) {
  char line[4096];
  FILE* maps = fopen("/proc/self/maps", "r");
  int found = 0;
  while (maps && fgets(line, sizeof line, maps)) found |= strstr(line, "libcurl") != NULL;
  if (maps) fclose(maps);
  return found;
}

int main(int argc, char** argv) {
  tapps_cache* cache = NULL;
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  if (argc < 3 || tapps_cache_open(argv[1], NULL, &cache, NULL) != TAPPS_OK) _exit(1);
  if (tapps_cache_get(cache, NULL, argv[2], strlen(argv[2]), NULL, &value, &data, &size, NULL) !=
          TAPPS_OK ||
      size != 1024)
    _exit(2);
  if (argc > 3) printf("%d\n", curl_is_mapped());
  fflush(stdout);
  _exit(0);
}
