/* A program among others on one cache file: peer FILE. Answers a line on stdout for each on stdin:
 *   put KEY VALUE   "ok" once it is committed
 *   get KEY         "= VALUE", or "-" when it is not there
 *   walk            "SPACE KEY SIZE HASH" for each entry as get returns it (key in hexadecimal,
 * hash FNV-1a), then "end" and "! CODE MESSAGE" for what fails. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tapps.h"

static void Fail(tapps_error* err) {
  printf("! %s %s\n", tapps_code_name(tapps_error_code(err)), tapps_error_message(err));
  tapps_error_release(err);
}

static void Put(tapps_cache* cache, char* line) {
  tapps_put_options options = {0};
  tapps_error* err = NULL;
  char* value = strchr(line, ' ');
  options.struct_size = sizeof options;
  options.durability = TAPPS_DURABILITY_SYNC;
  options.timeout_us = 20 * 1000 * 1000;
  *value++ = '\0';
  if (tapps_cache_put(cache, NULL, line, strlen(line), value, strlen(value), &options, &err) == 0) {
    printf("ok\n");
  } else {
    Fail(err);
  }
}

static void Get(tapps_cache* cache, const char* key) {
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  tapps_error* err = NULL;
  int32_t code = tapps_cache_get(cache, NULL, key, strlen(key), NULL, &value, &data, &size, &err);
  if (code == TAPPS_OK) {
    printf("= %.*s\n", (int)size, (const char*)data);
  } else if (code == TAPPS_E_NOT_FOUND) {
    printf("-\n");
    tapps_error_release(err);
  } else {
    Fail(err);
  }
  tapps_value_release(value);
}

static uint64_t Hash(const unsigned char* bytes, size_t size) {
  uint64_t hash = 14695981039346656037u;
  size_t i;
  for (i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 1099511628211u;
  return hash;
}

static void Walk(tapps_cache* cache) {
  tapps_get_options options = {0};
  tapps_cursor* cursor = NULL;
  tapps_entry entry;
  tapps_error* err = NULL;
  int32_t code = tapps_cursor_open(cache, NULL, NULL, 0, &cursor, &err);
  options.struct_size = sizeof options;
  options.flags = TAPPS_GET_SHOW_NEGATIVE | TAPPS_GET_ALLOW_STALE | TAPPS_GET_PEEK;
  while (code == TAPPS_OK && (code = tapps_cursor_next(cursor, &entry, &err)) == TAPPS_OK) {
    tapps_value* value = NULL;
    const void* data = NULL;
    size_t size = 0;
    size_t i;
    code = tapps_cache_get(cache, entry.space, entry.key, entry.key_size, &options, &value, &data,
                           &size, &err);
    if (code != TAPPS_OK) {
      Fail(err); /* it is listed, so it has to be whole */
      code = TAPPS_OK;
      continue;
    }
    printf("%s ", entry.space);
    for (i = 0; i < entry.key_size; ++i) printf("%02x", ((const unsigned char*)entry.key)[i]);
    printf(" %" PRId64 " %zu %016" PRIx64 "\n", entry.size, size, Hash(data, size));
    tapps_value_release(value);
  }
  if (code == TAPPS_E_NOT_FOUND) {
    tapps_error_release(err);
  } else {
    Fail(err);
  }
  tapps_cursor_release(cursor);
  printf("end\n");
}

int main(int argc, char** argv) {
  static char line[1 << 16];
  tapps_cache* cache = NULL;
  tapps_error* err = NULL;
  if (argc != 2) return 64;
  if (tapps_cache_open(argv[1], NULL, &cache, &err) != TAPPS_OK) {
    Fail(err);
    return 1;
  }
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "put ", 4) == 0) Put(cache, line + 4);
    if (strncmp(line, "get ", 4) == 0) Get(cache, line + 4);
    if (strcmp(line, "walk") == 0) Walk(cache);
    fflush(stdout);
  }
  tapps_cache_close(cache, 0, NULL);
  tapps_cache_release(cache);
  return 0;
}
