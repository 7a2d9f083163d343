/* The C ABI used from C99, with nothing but tapps.h and the standard library: what a host sees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tapps.h"

static int failures = 0;

#define CHECK(condition)                                             \
  do {                                                               \
    if (!(condition)) {                                              \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                    \
    }                                                                \
  } while (0)

static int Is(const void* data, size_t size, const char* text) {
  return data != NULL && size == strlen(text) && memcmp(data, text, size) == 0;
}

static void TestVersionAndCodes(void) {
  CHECK(strcmp(tapps_version(), "0.1.0") == 0);
  CHECK(tapps_abi() == TAPPS_ABI);
  CHECK(strcmp(tapps_code_name(TAPPS_E_OPEN_CIRCUIT), "OPEN_CIRCUIT") == 0);
  CHECK(strcmp(tapps_code_name(-9999), "UNKNOWN") == 0);
  CHECK(tapps_error_code(NULL) == TAPPS_OK);
  CHECK(strcmp(tapps_error_message(NULL), "") == 0);
  tapps_error_release(NULL);
  tapps_value_release(NULL);
  tapps_cache_release(NULL);
  tapps_queue_release(NULL);
  tapps_cursor_release(NULL);
  tapps_plan_release(NULL);
  tapps_breaker_release(NULL);
}

static void TestEntries(tapps_cache* cache) {
  tapps_error* err = NULL;
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  tapps_put_options put;
  tapps_info info;

  memset(&put, 0, sizeof put);
  put.struct_size = sizeof put;
  put.durability = TAPPS_DURABILITY_SYNC;
  put.content_type = "text/plain";
  put.ttl_us = 3600 * (int64_t)1000000;
  CHECK(tapps_cache_put(cache, "space", "key", 3, "value", 5, &put, &err) == TAPPS_OK);
  CHECK(err == NULL);
  CHECK(tapps_cache_get(cache, "space", "key", 3, NULL, &value, &data, &size, &err) == TAPPS_OK);
  CHECK(Is(data, size, "value"));
  CHECK(Is(tapps_value_text(value, TAPPS_TEXT_CONTENT_TYPE, &size), 10, "text/plain") &&
        size == 10);
  CHECK(tapps_value_text(value, TAPPS_TEXT_URL, NULL) == NULL);
  tapps_value_info(value, &info);
  CHECK(info.size == 5 && info.version > 0 && info.expires_us - info.created_us == put.ttl_us);
  CHECK(info.served_from == TAPPS_FROM_MEMORY && info.flags == 0);
  tapps_value_release(value);

  CHECK(tapps_cache_get(cache, NULL, "key", 3, NULL, &value, &data, &size, &err) ==
        TAPPS_E_NOT_FOUND);
  CHECK(value == NULL && data == NULL && size == 0);
  CHECK(tapps_error_code(err) == TAPPS_E_NOT_FOUND);
  tapps_error_release(err);

  CHECK(tapps_cache_touch(cache, "space", "key", 3, TAPPS_NONE, NULL) == TAPPS_OK);
  CHECK(tapps_cache_delete(cache, "space", "key", 3, TAPPS_DURABILITY_SYNC, NULL) == TAPPS_OK);
  CHECK(tapps_cache_get(cache, "space", "key", 3, NULL, &value, NULL, NULL, NULL) ==
        TAPPS_E_NOT_FOUND);
  CHECK(tapps_cache_put(cache, NULL, "", 0, "x", 1, NULL, &err) == TAPPS_E_INVALID);
  CHECK(strstr(tapps_error_message(err), "1 to 4096") != NULL);
  tapps_error_release(err);
}

static void TestManyAndCursor(tapps_cache* cache) {
  tapps_put_item puts[2] = {{"a", 1, "1", 1}, {"b", 1, "22", 2}};
  tapps_get_item gets[3];
  tapps_cursor* cursor = NULL;
  tapps_entry entry;
  tapps_filter filter;
  int64_t removed = 0;
  int found = 0;
  size_t i;

  CHECK(tapps_cache_put_many(cache, "many", puts, 2, NULL, NULL) == TAPPS_OK);
  memset(gets, 0, sizeof gets);
  gets[0].key = "b";
  gets[1].key = "c";
  gets[2].key = "a";
  for (i = 0; i < 3; ++i) gets[i].key_size = 1;
  CHECK(tapps_cache_get_many(cache, "many", gets, 3, NULL, NULL) == TAPPS_OK);
  CHECK(gets[0].code == TAPPS_OK && Is(gets[0].data, gets[0].size, "22"));
  CHECK(gets[1].code == TAPPS_E_NOT_FOUND && gets[1].value == NULL);
  CHECK(gets[2].code == TAPPS_OK && Is(gets[2].data, gets[2].size, "1"));
  for (i = 0; i < 3; ++i) tapps_value_release(gets[i].value);

  CHECK(tapps_cursor_open(cache, "many", NULL, 0, &cursor, NULL) == TAPPS_OK);
  while (tapps_cursor_next(cursor, &entry, NULL) == TAPPS_OK) {
    CHECK(strcmp(entry.space, "many") == 0 && entry.key_size == 1);
    ++found;
  }
  CHECK(found == 2);
  tapps_cursor_release(cursor);

  memset(&filter, 0, sizeof filter);
  filter.struct_size = sizeof filter;
  filter.space = "many";
  filter.prefix = "a";
  filter.prefix_size = 1;
  CHECK(tapps_cache_delete_all(cache, &filter, &removed, NULL) == TAPPS_OK && removed == 1);
}

static void TestQueue(tapps_cache* cache) {
  tapps_queue* queue = NULL;
  tapps_record record;
  size_t count = 0;
  int64_t op = 0;

  CHECK(tapps_queue_open(cache, &queue, NULL) == TAPPS_OK);
  CHECK(tapps_queue_fd(queue) >= 0);
  CHECK(tapps_queue_drain(queue, &record, 1) == 0);
  CHECK(tapps_queue_put(queue, NULL, "async", 5, "v", 1, NULL, 7, &op, NULL) == TAPPS_OK && op > 0);
  CHECK(tapps_queue_wait(queue, 10 * (int64_t)1000000, &record, 1, &count, NULL) == TAPPS_OK);
  CHECK(count == 1 && record.op == op && record.kind == TAPPS_RECORD_PUT &&
        record.code == TAPPS_OK);
  CHECK(record.user_data == 7 && record.error == NULL);
  CHECK(tapps_queue_get(queue, NULL, "async", 5, NULL, 8, &op, NULL) == TAPPS_OK);
  CHECK(tapps_queue_wait(queue, 10 * (int64_t)1000000, &record, 1, &count, NULL) == TAPPS_OK);
  CHECK(record.kind == TAPPS_RECORD_GET && record.user_data == 8 &&
        Is(record.data, record.size, "v"));
  tapps_value_release(record.value);
  CHECK(tapps_queue_wait(queue, 0, &record, 1, &count, NULL) == TAPPS_E_TIMEOUT && count == 0);
  tapps_queue_release(queue);
}

static void TestSwapAndCount(tapps_cache* cache) {
  tapps_filter filter;
  int64_t first = 0;
  int64_t second = 0;
  int64_t entries = 0;
  int64_t bytes = 0;
  CHECK(tapps_cache_swap(cache, "swap", "k", 1, 0, "1", 1, NULL, &first, NULL) == TAPPS_OK);
  CHECK(tapps_cache_swap(cache, "swap", "k", 1, 0, "2", 1, NULL, &second, NULL) == TAPPS_E_EXISTS);
  CHECK(first > 0 && second == first);
  CHECK(tapps_cache_contains(cache, "swap", "k", 1, &second, NULL) == TAPPS_OK && second == first);
  memset(&filter, 0, sizeof filter);
  filter.struct_size = sizeof filter;
  filter.space = "swap";
  CHECK(tapps_cache_count(cache, &filter, &entries, &bytes, NULL) == TAPPS_OK);
  CHECK(entries == 1 && bytes == 2);
}

static void TestLoad(tapps_cache* cache) {
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  int64_t lease = 0;
  CHECK(tapps_cache_load(cache, "load", "k", 1, NULL, &value, &data, &size, &lease, NULL) ==
        TAPPS_OK);
  CHECK(value == NULL && lease > 0);
  CHECK(tapps_cache_load_finish(cache, lease, "loaded", 6, NULL, NULL) == TAPPS_OK);
  CHECK(tapps_cache_load(cache, "load", "k", 1, NULL, &value, &data, &size, &lease, NULL) ==
        TAPPS_OK);
  CHECK(lease == 0 && Is(data, size, "loaded"));
  tapps_value_release(value);
  tapps_cache_load_abandon(cache, 999);
}

static void TestBreaker(tapps_cache* cache) {
  tapps_breaker* breaker = NULL;
  tapps_breaker_options options;
  tapps_breaker_info info;
  tapps_error* err = NULL;
  int64_t permit = 0;
  int64_t delay = 0;
  int i;

  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.failures = 3;
  CHECK(tapps_breaker_open(cache, "service", &options, &breaker, NULL) == TAPPS_OK);
  for (i = 0; i < 3; ++i) {
    CHECK(tapps_breaker_acquire(breaker, &permit, NULL) == TAPPS_OK && permit > 0);
    tapps_breaker_report(breaker, permit, TAPPS_OUTCOME_FAILURE);
  }
  CHECK(tapps_breaker_acquire(breaker, &permit, &err) == TAPPS_E_OPEN_CIRCUIT);
  CHECK(permit == 0 && tapps_error_retry_after_us(err) > 0);
  tapps_error_release(err);
  tapps_breaker_read(breaker, &info);
  CHECK(info.state == TAPPS_BREAKER_OPEN && info.failures == 3 && info.rejected == 1);
  CHECK(tapps_breaker_force(breaker, TAPPS_BREAKER_AUTO, NULL) == TAPPS_OK);
  CHECK(tapps_breaker_acquire(breaker, &permit, NULL) == TAPPS_OK);
  tapps_breaker_report(breaker, permit, TAPPS_OUTCOME_SUCCESS);

  CHECK(tapps_breaker_retry(breaker, 1, 503, 0, &delay, NULL) == TAPPS_OK && delay >= 0);
  CHECK(tapps_breaker_retry(breaker, 1, 503, 7000000, &delay, NULL) == TAPPS_OK);
  CHECK(delay >= 7000000);
  CHECK(tapps_breaker_retry(breaker, 3, 503, 0, &delay, NULL) == TAPPS_E_FULL && delay == 0);
  CHECK(tapps_breaker_retry(breaker, 1, 404, 0, &delay, NULL) == TAPPS_E_UNSUPPORTED);
  CHECK(tapps_breaker_retry(breaker, 0, 503, 0, &delay, NULL) == TAPPS_E_INVALID);

  CHECK(tapps_breaker_limit(breaker, 0, 60000000, NULL) == TAPPS_OK);
  CHECK(tapps_breaker_acquire(breaker, &permit, &err) == TAPPS_E_QUOTA);
  CHECK(tapps_error_retry_after_us(err) > 50000000);
  tapps_error_release(err);
  tapps_breaker_read(breaker, &info);
  CHECK(info.quota_us > 50000000);
  CHECK(tapps_breaker_force(breaker, TAPPS_BREAKER_AUTO, NULL) == TAPPS_OK);
  tapps_breaker_release(breaker);
}

static void TestBreakerLine(tapps_cache* cache) {
  tapps_breaker* breaker = NULL;
  tapps_queue* queue = NULL;
  tapps_breaker_options options;
  tapps_record record;
  size_t count = 0;
  int64_t first = 0;
  int64_t second = 0;
  int64_t op = 0;

  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.max_concurrency = 1;
  CHECK(tapps_breaker_open(cache, "narrow", &options, &breaker, NULL) == TAPPS_OK);
  CHECK(tapps_queue_open(cache, &queue, NULL) == TAPPS_OK);
  CHECK(tapps_breaker_wait(breaker, 1000, &first, NULL) == TAPPS_OK && first > 0);
  CHECK(tapps_breaker_wait(breaker, 1000, &second, NULL) == TAPPS_E_TIMEOUT && second == 0);
  CHECK(tapps_breaker_wait(breaker, 0, &second, NULL) == TAPPS_E_INVALID);

  CHECK(tapps_queue_acquire(queue, breaker, 60000000, 5, &op, NULL) == TAPPS_OK && op > 0);
  CHECK(tapps_queue_wait(queue, 0, &record, 1, &count, NULL) == TAPPS_E_TIMEOUT);
  tapps_breaker_report(breaker, first, TAPPS_OUTCOME_SUCCESS);
  CHECK(tapps_queue_wait(queue, 10 * (int64_t)1000000, &record, 1, &count, NULL) == TAPPS_OK);
  CHECK(record.op == op && record.kind == TAPPS_RECORD_ACQUIRE && record.code == TAPPS_OK);
  CHECK(record.user_data == 5 && record.number > 0 && record.value == NULL);
  first = record.number;

  CHECK(tapps_queue_acquire(queue, breaker, 2000, 6, &op, NULL) == TAPPS_OK);
  CHECK(tapps_queue_wait(queue, 10 * (int64_t)1000000, &record, 1, &count, NULL) == TAPPS_OK);
  CHECK(record.op == op && record.code == TAPPS_E_TIMEOUT && record.number == 0);
  tapps_error_release(record.error);
  CHECK(tapps_queue_acquire(queue, breaker, 60000000, 7, &op, NULL) == TAPPS_OK);
  tapps_queue_cancel(queue, op);
  CHECK(tapps_queue_wait(queue, 0, &record, 1, &count, NULL) == TAPPS_OK);
  CHECK(record.op == op && record.code == TAPPS_E_CANCELLED);
  tapps_error_release(record.error);
  tapps_breaker_report(breaker, first, TAPPS_OUTCOME_SUCCESS);
  CHECK(tapps_breaker_acquire(breaker, &first, NULL) == TAPPS_OK);
  tapps_queue_release(queue);
  tapps_breaker_release(breaker);
}

static void TestStatistics(tapps_cache* cache) {
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  CHECK(tapps_cache_stats(cache, &value, &data, &size, NULL) == TAPPS_OK);
  CHECK(size > 2 && strstr((const char*)data, "\"hit_rate\":") != NULL);
  tapps_value_release(value);
}

static void TestReleaseInAnyOrder(void) {
  tapps_cache* cache = NULL;
  tapps_queue* queue = NULL;
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  int64_t op = 0;
  CHECK(tapps_cache_open(":memory:", NULL, &cache, NULL) == TAPPS_OK);
  CHECK(tapps_cache_state(cache) == TAPPS_STATE_MEMORY);
  CHECK(tapps_cache_put(cache, NULL, "k", 1, "v", 1, NULL, NULL) == TAPPS_OK);
  CHECK(tapps_cache_get(cache, NULL, "k", 1, NULL, &value, &data, &size, NULL) == TAPPS_OK);
  CHECK(tapps_queue_open(cache, &queue, NULL) == TAPPS_OK);
  tapps_cache_release(cache);
  CHECK(tapps_queue_get(queue, NULL, "k", 1, NULL, 0, &op, NULL) == TAPPS_OK);
  tapps_queue_release(queue);
  CHECK(Is(data, size, "v"));
  tapps_value_release(value);
}

int main(void) {
  char path[256];
  char remove[300];
  tapps_cache* cache = NULL;
  tapps_cache* again = NULL;
  tapps_error* err = NULL;
  int32_t code;

  /* mkdtemp is not C99: an address that the system picks at random makes the name. */
  snprintf(path, sizeof path, "%s/tapps-c-test-%p/cache-1.db",
           getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (void*)&cache);
  TestVersionAndCodes();
  code = tapps_cache_open(path, NULL, &cache, &err);
  if (code != TAPPS_OK) {
    printf("cannot open %s: %s\n", path, tapps_error_message(err));
    return 1;
  }
  CHECK(tapps_cache_open(path, NULL, &again, NULL) == TAPPS_OK);
  CHECK(strcmp(tapps_cache_path(cache), path) == 0);
  TestEntries(cache);
  TestManyAndCursor(cache);
  TestQueue(cache);
  TestSwapAndCount(cache);
  TestLoad(cache);
  TestBreaker(cache);
  TestBreakerLine(cache);
  TestStatistics(cache);
  CHECK(tapps_cache_close(cache, 0, NULL) == TAPPS_OK);
  CHECK(tapps_cache_get(cache, NULL, "k", 1, NULL, NULL, NULL, NULL, NULL) == TAPPS_E_CLOSED);
  CHECK(tapps_cache_state(cache) == TAPPS_STATE_CLOSED);
  /* The other handle keeps the cache running. */
  CHECK(tapps_cache_put(again, NULL, "k", 1, "v", 1, NULL, NULL) == TAPPS_OK);
  CHECK(tapps_cache_close(again, 0, NULL) == TAPPS_OK);
  tapps_cache_release(cache);
  tapps_cache_release(again);
  TestReleaseInAnyOrder();
  snprintf(remove, sizeof remove, "rm -rf '%.*s'", (int)(strlen(path) - strlen("/cache-1.db")),
           path);
  CHECK(system(remove) == 0);
  if (failures == 0) printf("all passed\n");
  return failures == 0 ? 0 : 1;
}
