/* The native half of the Node binding: tapps.h as JavaScript functions, and nothing else. Policy -
 * promises, abort signals, names, defaults - is in lib/, which is the only caller and passes what
 * is declared here; wrong types throw all the same.
 *
 * Results come three ways:
 *  - at once, for what is in memory or takes microseconds (get, put, stats, breakers);
 *  - through the cache's completion queue (submit_*): the library's notify callback wakes a
 *    thread-safe function, which calls `handler`, which calls drain(). The thread-safe function
 *    keeps the event loop alive only while hold(handle, true) says so;
 *  - as a promise settled by libuv's pool, for calls that may touch the disk and have no place in
 *    the queue (delete, delete_all, touch, get_many, put_many, pages of a walk, plans, close).
 *
 * Every environment (main thread, workers) has its own instance data and its own handles. A handle
 * is disposed of by close, by the garbage collector, or by the environment's end, whichever comes
 * first; disposing detaches the notify callback before the thread-safe function goes.
 */
#define NAPI_VERSION 8
#define _GNU_SOURCE
#include <node_api.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tapps.h"

/* How long the end of an environment may wait for writes, for all its caches together. */
enum { EXIT_DEADLINE_US = 1000000 };

#define ARGS(n)                \
  napi_value argv[n] = {NULL}; \
  size_t argc = (n);           \
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL
#define TRY(call) \
  if ((call) != napi_ok) return NULL
#define UNUSED(x) (void)(x)

/* ---- Memory of one call ------------------------------------------------------------------- */

/* Blocks that live as long as a call: freed together. */
struct block {
  struct block* next;
  max_align_t data[];
};
struct arena {
  struct block* first;
};

static void* arena_new(struct arena* arena, size_t size) {
  struct block* block = calloc(1, sizeof(*block) + size);
  if (block == NULL) return NULL;
  block->next = arena->first;
  arena->first = block;
  return block->data;
}

static char* arena_copy(struct arena* arena, const void* data, size_t size) {
  char* copy = arena_new(arena, size + 1);
  if (copy != NULL && size > 0) memcpy(copy, data, size);
  return copy;
}

static void arena_free(struct arena* arena) {
  while (arena->first != NULL) {
    struct block* next = arena->first->next;
    free(arena->first);
    arena->first = next;
  }
}

/* ---- Environment and handles -------------------------------------------------------------- */

struct instance {
  napi_ref make_error; /* (name, message, details) => Error */
  int64_t exit_deadline_us;
};

/* An open cache of one environment. Counted: a call in libuv's pool holds it past dispose. */
struct handle {
  atomic_int refs;
  napi_env env;
  tapps_cache* cache;
  tapps_queue* queue;
  napi_threadsafe_function wake;
  napi_ref handler; /* weak, strong while held: a forgotten cache is collected */
  bool held;
  bool disposed;
};

static void handle_unref(struct handle* handle) {
  if (atomic_fetch_sub(&handle->refs, 1) != 1) return;
  tapps_cache_release(handle->cache);
  free(handle);
}

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- Errors ------------------------------------------------------------------------------- */

static void set_number(napi_env env, napi_value object, const char* name, double number) {
  napi_value value;
  if (napi_create_double(env, number, &value) == napi_ok) {
    napi_set_named_property(env, object, name, value);
  }
}

static void set_text(napi_env env, napi_value object, const char* name, const char* text,
                     size_t size) {
  napi_value value;
  if (text != NULL && napi_create_string_utf8(env, text, size, &value) == napi_ok) {
    napi_set_named_property(env, object, name, value);
  }
}

/* A TappsError for a code and its error, which is released. NULL with an exception pending. */
static napi_value error_new(napi_env env, int32_t code, tapps_error* error) {
  struct instance* instance = NULL;
  napi_value factory, undefined, argv[3], result = NULL;
  const char* message = tapps_error_message(error);
  if (message == NULL || *message == '\0') message = tapps_code_meaning(code);
  if (napi_get_instance_data(env, (void**)&instance) == napi_ok &&
      napi_get_reference_value(env, instance->make_error, &factory) == napi_ok &&
      napi_get_undefined(env, &undefined) == napi_ok &&
      napi_create_string_utf8(env, tapps_code_name(code), NAPI_AUTO_LENGTH, &argv[0]) == napi_ok &&
      napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &argv[1]) == napi_ok &&
      napi_create_object(env, &argv[2]) == napi_ok) {
    set_number(env, argv[2], "errno", tapps_error_errno(error));
    set_number(env, argv[2], "sqlite", tapps_error_sqlite(error));
    set_number(env, argv[2], "httpStatus", tapps_error_http_status(error));
    set_number(env, argv[2], "retryAfterUs", (double)tapps_error_retry_after_us(error));
    napi_call_function(env, undefined, factory, 3, argv, &result);
  }
  tapps_error_release(error);
  return result;
}

static napi_value throw_error(napi_env env, int32_t code, tapps_error* error) {
  napi_value value = error_new(env, code, error);
  if (value != NULL) napi_throw(env, value);
  return NULL;
}

/* For arguments only lib/ can get wrong. */
static napi_value throw_type(napi_env env, const char* message) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, "TAPPS_INVALID", message);
  return NULL;
}

/* ---- Arguments ---------------------------------------------------------------------------- */

/* A string as UTF-8 or a Uint8Array as it is; `small` saves an allocation for usual keys. */
struct bytes {
  const char* data;
  size_t size;
  char* heap;
  char small[256];
};

static bool bytes_get(napi_env env, napi_value value, struct bytes* bytes) {
  napi_valuetype type;
  bool is_array = false;
  memset(bytes, 0, offsetof(struct bytes, small));
  if (napi_typeof(env, value, &type) != napi_ok) return false;
  if (type == napi_string) {
    if (napi_get_value_string_utf8(env, value, bytes->small, sizeof(bytes->small), &bytes->size) !=
        napi_ok) {
      return false;
    }
    bytes->data = bytes->small;
    if (bytes->size + 4 < sizeof(bytes->small)) return true; /* else it may have been cut off */
    napi_get_value_string_utf8(env, value, NULL, 0, &bytes->size);
    bytes->data = bytes->heap = malloc(bytes->size + 1);
    return bytes->heap != NULL &&
           napi_get_value_string_utf8(env, value, bytes->heap, bytes->size + 1, &bytes->size) ==
               napi_ok;
  }
  napi_is_typedarray(env, value, &is_array);
  if (is_array) {
    napi_typedarray_type kind;
    void* data = NULL;
    if (napi_get_typedarray_info(env, value, &kind, &bytes->size, &data, NULL, NULL) == napi_ok &&
        (kind == napi_uint8_array || kind == napi_uint8_clamped_array)) {
      bytes->data = data;
      return true;
    }
  }
  return false;
}

static void bytes_free(struct bytes* bytes) { free(bytes->heap); }

/* A string for tapps.h into the arena: NULL for undefined and null. False with an exception for
 * other types and for text with a NUL, which C would cut off. */
static bool text_get(napi_env env, napi_value value, struct arena* arena, const char** text) {
  napi_valuetype type;
  size_t size = 0;
  char* copy;
  *text = NULL;
  if (napi_typeof(env, value, &type) != napi_ok) return false;
  if (type == napi_undefined || type == napi_null) return true;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &size) != napi_ok) {
    throw_type(env, "expected a string");
    return false;
  }
  copy = arena_new(arena, size + 1);
  if (copy == NULL) return false;
  napi_get_value_string_utf8(env, value, copy, size + 1, &size);
  if (strlen(copy) != size) {
    throw_type(env, "a string holds a NUL character");
    return false;
  }
  *text = copy;
  return true;
}

static bool member(napi_env env, napi_value object, const char* name, napi_value* value) {
  napi_valuetype type;
  return napi_get_named_property(env, object, name, value) == napi_ok &&
         napi_typeof(env, *value, &type) == napi_ok && type != napi_undefined && type != napi_null;
}

static int64_t number_member(napi_env env, napi_value object, const char* name) {
  napi_value value;
  int64_t number = 0;
  if (member(env, object, name, &value)) napi_get_value_int64(env, value, &number);
  return number;
}

/* False with an exception pending when the member is no string. */
static bool text_member(napi_env env, napi_value object, const char* name, struct arena* arena,
                        const char** text) {
  napi_value value;
  *text = NULL;
  return !member(env, object, name, &value) || text_get(env, value, arena, text);
}

static uint32_t flags_get(napi_env env, napi_value value) {
  uint32_t flags = 0;
  napi_get_value_uint32(env, value, &flags);
  return flags;
}

static struct handle* handle_get(napi_env env, napi_value value) {
  void* handle = NULL;
  if (napi_get_value_external(env, value, &handle) != napi_ok) throw_type(env, "not a cache");
  return handle;
}

/* As handle_get, but throws CLOSED when the handle was disposed of. */
static struct handle* handle_open(napi_env env, napi_value value) {
  struct handle* handle = handle_get(env, value);
  if (handle == NULL || !handle->disposed) return handle;
  throw_error(env, TAPPS_E_CLOSED, NULL);
  return NULL;
}

static bool put_options_get(napi_env env, napi_value object, struct arena* arena,
                            tapps_put_options* options) {
  memset(options, 0, sizeof(*options));
  options->struct_size = sizeof(*options);
  options->flags = (uint32_t)number_member(env, object, "flags");
  options->durability = (int32_t)number_member(env, object, "durability");
  options->ttl_us = number_member(env, object, "ttlUs");
  options->stale_us = number_member(env, object, "staleUs");
  options->timeout_us = number_member(env, object, "timeoutUs");
  return text_member(env, object, "contentType", arena, &options->content_type) &&
         text_member(env, object, "source", arena, &options->source) &&
         text_member(env, object, "tags", arena, &options->tags) &&
         text_member(env, object, "json", arena, &options->json);
}

/* ---- Values to JavaScript ----------------------------------------------------------------- */

static napi_value buffer_new(napi_env env, const void* data, size_t size) {
  napi_value buffer;
  TRY(napi_create_buffer_copy(env, size, data, NULL, &buffer));
  return buffer;
}

/* What is known about a value, without its bytes. */
static napi_value info_new(napi_env env, const tapps_value* value) {
  static const struct {
    int32_t text;
    const char* name;
  } texts[] = {{TAPPS_TEXT_CONTENT_TYPE, "contentType"},
               {TAPPS_TEXT_SOURCE, "source"},
               {TAPPS_TEXT_TAGS, "tags"},
               {TAPPS_TEXT_JSON, "json"},
               {TAPPS_TEXT_URL, "url"},
               {TAPPS_TEXT_CACHE_STATUS, "cacheStatus"},
               {TAPPS_TEXT_WARNING, "warning"},
               {TAPPS_TEXT_LIBRARY, "library"},
               {TAPPS_TEXT_LIBRARY_VERSION, "libraryVersion"},
               {TAPPS_TEXT_ECOSYSTEM, "ecosystem"},
               {TAPPS_TEXT_TOPIC, "topic"}};
  tapps_info info;
  napi_value object, headers;
  size_t size = 0;
  const char* text;
  TRY(napi_create_object(env, &object));
  tapps_value_info(value, &info);
  set_number(env, object, "version", (double)info.version);
  set_number(env, object, "createdUs", (double)info.created_us);
  set_number(env, object, "expiresUs", (double)info.expires_us);
  set_number(env, object, "staleUntilUs", (double)info.stale_until_us);
  set_number(env, object, "ageUs", (double)info.age_us);
  set_number(env, object, "tokens", (double)info.tokens);
  set_number(env, object, "servedFrom", info.served_from);
  set_number(env, object, "flags", info.flags);
  set_number(env, object, "httpStatus", info.http_status);
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i) {
    text = tapps_value_text(value, texts[i].text, &size);
    set_text(env, object, texts[i].name, text, size);
  }
  text = tapps_value_text(value, TAPPS_TEXT_HEADERS, &size);
  if (text != NULL && napi_create_string_latin1(env, text, size, &headers) == napi_ok) {
    napi_set_named_property(env, object, "headers", headers); /* header values are bytes to fetch */
  }
  return object;
}

/* {data, ...info} */
static napi_value entry_new(napi_env env, const tapps_value* value, const void* data, size_t size) {
  napi_value object = info_new(env, value), buffer = buffer_new(env, data, size);
  if (object == NULL || buffer == NULL) return NULL;
  napi_set_named_property(env, object, "data", buffer);
  return object;
}

/* ---- Open and dispose --------------------------------------------------------------------- */

static void wake_from_library(void* context) {
  struct handle* handle = context;
  napi_call_threadsafe_function(handle->wake, NULL, napi_tsfn_nonblocking);
}

static void wake_in_loop(napi_env env, napi_value unused, void* context, void* data) {
  struct handle* handle = context;
  napi_value handler, undefined;
  UNUSED(unused);
  UNUSED(data);
  if (env == NULL || handle->disposed) return;
  if (napi_get_reference_value(env, handle->handler, &handler) != napi_ok || handler == NULL)
    return;
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, handler, 0, NULL, NULL);
}

static void wake_gone(napi_env env, void* data, void* context) {
  UNUSED(env);
  UNUSED(data);
  handle_unref(context);
}

static void environment_ends(void* data);

/* Cuts every tie between the library's threads and this environment. On the environment's thread.
 */
static void handle_dispose(struct handle* handle) {
  if (handle->disposed) return;
  handle->disposed = true;
  napi_remove_env_cleanup_hook(handle->env, environment_ends, handle);
  tapps_queue_notify(handle->queue, NULL, NULL); /* after this the callback does not run */
  tapps_queue_release(handle->queue);
  handle->queue = NULL;
  napi_release_threadsafe_function(handle->wake, napi_tsfn_abort);
  napi_delete_reference(handle->env, handle->handler);
}

static void environment_ends(void* data) {
  struct handle* handle = data;
  struct instance* instance = NULL;
  int64_t left = 1;
  if (napi_get_instance_data(handle->env, (void**)&instance) == napi_ok && instance != NULL) {
    const int64_t now = now_us();
    if (instance->exit_deadline_us == 0) instance->exit_deadline_us = now + EXIT_DEADLINE_US;
    if (instance->exit_deadline_us > now) left = instance->exit_deadline_us - now;
  }
  atomic_fetch_add(&handle->refs, 1); /* the thread-safe function's reference may go in dispose */
  tapps_queue_notify(handle->queue, NULL, NULL);
  tapps_cache_close(handle->cache, left, NULL);
  handle_dispose(handle);
  handle_unref(handle);
}

static void handle_collected(napi_env env, void* data, void* hint) {
  UNUSED(env);
  UNUSED(hint);
  handle_dispose(data);
  handle_unref(data);
}

static bool open_options_get(napi_env env, napi_value object, struct arena* arena,
                             tapps_open_options* options) {
  memset(options, 0, sizeof(*options));
  options->struct_size = sizeof(*options);
  options->flags = (uint32_t)number_member(env, object, "flags");
  options->memory_bytes = number_member(env, object, "memoryBytes");
  options->memory_entries = number_member(env, object, "memoryEntries");
  options->disk_bytes = number_member(env, object, "diskBytes");
  options->queue_bytes = number_member(env, object, "queueBytes");
  options->commit_interval_us = number_member(env, object, "commitIntervalUs");
  options->open_timeout_us = number_member(env, object, "openTimeoutUs");
  options->put_timeout_us = number_member(env, object, "putTimeoutUs");
  options->ttl_us = number_member(env, object, "ttlUs");
  options->max_concurrency = number_member(env, object, "maxConcurrency");
  options->break_failures = number_member(env, object, "breakFailures");
  options->break_us = number_member(env, object, "breakUs");
  return text_member(env, object, "userAgent", arena, &options->user_agent) &&
         text_member(env, object, "proxy", arena, &options->proxy) &&
         text_member(env, object, "caFile", arena, &options->ca_file);
}

/* The thread-safe function of a handle with its queue; false with an exception pending. */
static bool handle_connect(napi_env env, struct handle* handle, napi_value handler) {
  napi_value name;
  if (napi_create_reference(env, handler, 0, &handle->handler) != napi_ok) return false;
  napi_create_string_utf8(env, "tapps", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, wake_gone, handle,
                                      wake_in_loop, &handle->wake) != napi_ok) {
    napi_delete_reference(env, handle->handler);
    throw_type(env, "cannot watch the completion queue");
    return false;
  }
  atomic_fetch_add(&handle->refs, 1);
  napi_unref_threadsafe_function(env, handle->wake);
  napi_add_env_cleanup_hook(env, environment_ends, handle); /* runs before the function's own */
  tapps_queue_notify(handle->queue, wake_from_library, handle);
  return true;
}

/* open(path | null, options, handler) => handle */
static napi_value js_open(napi_env env, napi_callback_info info) {
  struct arena arena = {NULL};
  tapps_open_options options;
  tapps_error* error = NULL;
  const char* path = NULL;
  struct handle* handle;
  napi_value result = NULL;
  int32_t code;
  ARGS(3);
  if (!text_get(env, argv[0], &arena, &path) || !open_options_get(env, argv[1], &arena, &options) ||
      (handle = calloc(1, sizeof(*handle))) == NULL) {
    arena_free(&arena);
    return NULL;
  }
  handle->refs = 1;
  handle->env = env;
  code = tapps_cache_open(path, &options, &handle->cache, &error);
  if (code == TAPPS_OK) code = tapps_queue_open(handle->cache, &handle->queue, &error);
  arena_free(&arena);
  if (code != TAPPS_OK) {
    handle_unref(handle);
    return throw_error(env, code, error);
  }
  if (!handle_connect(env, handle, argv[2])) {
    tapps_queue_release(handle->queue);
    handle_unref(handle);
    return NULL;
  }
  if (napi_create_external(env, handle, handle_collected, NULL, &result) != napi_ok) {
    handle_dispose(handle);
    handle_unref(handle);
  }
  return result;
}

/* hold(handle, held): whether waiting for the queue keeps the event loop alive. */
static napi_value js_hold(napi_env env, napi_callback_info info) {
  struct handle* handle;
  bool held = false;
  ARGS(2);
  handle = handle_get(env, argv[0]);
  napi_get_value_bool(env, argv[1], &held);
  if (handle == NULL || handle->disposed || held == handle->held) return NULL;
  handle->held = held;
  if (held) {
    napi_ref_threadsafe_function(env, handle->wake);
    napi_reference_ref(env, handle->handler, NULL);
  } else {
    napi_unref_threadsafe_function(env, handle->wake);
    napi_reference_unref(env, handle->handler, NULL);
  }
  return NULL;
}

/* close_now(handle, deadlineUs): waits; disposes of the handle. */
static napi_value js_close_now(napi_env env, napi_callback_info info) {
  struct handle* handle;
  tapps_error* error = NULL;
  int64_t deadline = 0;
  int32_t code;
  ARGS(2);
  handle = handle_get(env, argv[0]);
  napi_get_value_int64(env, argv[1], &deadline);
  if (handle == NULL || handle->disposed) return NULL;
  code = tapps_cache_close(handle->cache, deadline, &error);
  handle_dispose(handle);
  return code == TAPPS_OK ? NULL : throw_error(env, code, error);
}

/* dispose(handle): after an asynchronous close. */
static napi_value js_dispose(napi_env env, napi_callback_info info) {
  struct handle* handle;
  ARGS(1);
  handle = handle_get(env, argv[0]);
  if (handle != NULL) handle_dispose(handle);
  return NULL;
}

static napi_value js_state(napi_env env, napi_callback_info info) {
  struct handle* handle;
  napi_value result;
  ARGS(1);
  handle = handle_get(env, argv[0]);
  if (handle == NULL) return NULL;
  TRY(napi_create_int32(
      env, handle->disposed ? TAPPS_STATE_CLOSED : tapps_cache_state(handle->cache), &result));
  return result;
}

static napi_value js_path(napi_env env, napi_callback_info info) {
  struct handle* handle;
  napi_value result;
  ARGS(1);
  handle = handle_get(env, argv[0]);
  if (handle == NULL) return NULL;
  TRY(napi_create_string_utf8(env, tapps_cache_path(handle->cache), NAPI_AUTO_LENGTH, &result));
  return result;
}

/* ---- At once ------------------------------------------------------------------------------ */

/* get(handle, space, key, flags, withInfo) => Buffer or entry; undefined: not there; null: the
 * answer is not in memory (CACHED_ONLY). */
static napi_value js_get(napi_env env, napi_callback_info info) {
  struct handle* handle;
  struct arena arena = {NULL};
  struct bytes key;
  tapps_get_options options = {sizeof(options), 0};
  tapps_value* value = NULL;
  tapps_error* error = NULL;
  const char* space = NULL;
  const void* data = NULL;
  size_t size = 0;
  bool with_info = false;
  int32_t code;
  napi_value result = NULL;
  ARGS(5);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  options.flags = flags_get(env, argv[3]);
  napi_get_value_bool(env, argv[4], &with_info);
  if (!bytes_get(env, argv[2], &key))
    return throw_type(env, "key: expected a string or Uint8Array");
  if (text_get(env, argv[1], &arena, &space)) {
    code = tapps_cache_get(handle->cache, space, key.data, key.size, &options, &value, &data, &size,
                           &error);
    if (code == TAPPS_OK) {
      result = with_info ? entry_new(env, value, data, size) : buffer_new(env, data, size);
      tapps_value_release(value);
    } else if (code == TAPPS_E_WOULD_BLOCK) {
      napi_get_null(env, &result);
    } else if (code != TAPPS_E_NOT_FOUND) {
      throw_error(env, code, error);
      error = NULL;
    }
    tapps_error_release(error);
  }
  arena_free(&arena);
  bytes_free(&key);
  return result;
}

/* put(handle, space, key, data, options) => whether it was taken; false: BUSY, where the options
 * said not to wait. */
static napi_value js_put(napi_env env, napi_callback_info info) {
  struct handle* handle;
  struct arena arena = {NULL};
  struct bytes key, data;
  tapps_put_options options;
  tapps_error* error = NULL;
  const char* space = NULL;
  int32_t code = TAPPS_OK;
  napi_value result = NULL;
  ARGS(5);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  if (!bytes_get(env, argv[2], &key))
    return throw_type(env, "key: expected a string or Uint8Array");
  if (!bytes_get(env, argv[3], &data)) {
    throw_type(env, "value: expected a string or Uint8Array");
  } else if (text_get(env, argv[1], &arena, &space) &&
             put_options_get(env, argv[4], &arena, &options)) {
    code = tapps_cache_put(handle->cache, space, key.data, key.size, data.data, data.size, &options,
                           &error);
    if (code == TAPPS_OK || (code == TAPPS_E_BUSY && options.timeout_us == TAPPS_NONE)) {
      napi_get_boolean(env, code == TAPPS_OK, &result);
      tapps_error_release(error);
    } else {
      throw_error(env, code, error);
    }
  }
  arena_free(&arena);
  bytes_free(&key);
  bytes_free(&data);
  return result;
}

/* stats(handle) => JSON text */
static napi_value js_stats(napi_env env, napi_callback_info info) {
  struct handle* handle;
  tapps_value* value = NULL;
  tapps_error* error = NULL;
  const void* data = NULL;
  size_t size = 0;
  int32_t code;
  napi_value result = NULL;
  ARGS(1);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  code = tapps_cache_stats(handle->cache, &value, &data, &size, &error);
  if (code != TAPPS_OK) return throw_error(env, code, error);
  napi_create_string_utf8(env, data, size, &result);
  tapps_value_release(value);
  return result;
}

/* ---- Completion queue --------------------------------------------------------------------- */

static napi_value op_new(napi_env env, int32_t code, int64_t op, tapps_error* error) {
  napi_value result;
  if (code != TAPPS_OK) return throw_error(env, code, error);
  TRY(napi_create_int64(env, op, &result));
  return result;
}

/* submit_get(handle, space, key, flags, withInfo) => op */
static napi_value js_submit_get(napi_env env, napi_callback_info info) {
  struct handle* handle;
  struct arena arena = {NULL};
  struct bytes key;
  tapps_get_options options = {sizeof(options), 0};
  tapps_error* error = NULL;
  const char* space = NULL;
  bool with_info = false;
  int64_t op = 0;
  int32_t code;
  napi_value result = NULL;
  ARGS(5);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  options.flags = flags_get(env, argv[3]);
  napi_get_value_bool(env, argv[4], &with_info);
  if (!bytes_get(env, argv[2], &key))
    return throw_type(env, "key: expected a string or Uint8Array");
  if (text_get(env, argv[1], &arena, &space)) {
    code = tapps_queue_get(handle->queue, space, key.data, key.size, &options, with_info ? 1 : 0,
                           &op, &error);
    result = op_new(env, code, op, error);
  }
  arena_free(&arena);
  bytes_free(&key);
  return result;
}

/* submit_put(handle, space, key, data, options) => op */
static napi_value js_submit_put(napi_env env, napi_callback_info info) {
  struct handle* handle;
  struct arena arena = {NULL};
  struct bytes key, data;
  tapps_put_options options;
  tapps_error* error = NULL;
  const char* space = NULL;
  int64_t op = 0;
  int32_t code;
  napi_value result = NULL;
  ARGS(5);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  if (!bytes_get(env, argv[2], &key))
    return throw_type(env, "key: expected a string or Uint8Array");
  if (!bytes_get(env, argv[3], &data)) {
    throw_type(env, "value: expected a string or Uint8Array");
  } else if (text_get(env, argv[1], &arena, &space) &&
             put_options_get(env, argv[4], &arena, &options)) {
    code = tapps_queue_put(handle->queue, space, key.data, key.size, data.data, data.size, &options,
                           0, &op, &error);
    result = op_new(env, code, op, error);
  }
  arena_free(&arena);
  bytes_free(&key);
  bytes_free(&data);
  return result;
}

/* submit_flush(handle, timeoutUs) => op */
static napi_value js_submit_flush(napi_env env, napi_callback_info info) {
  struct handle* handle;
  tapps_error* error = NULL;
  int64_t timeout = 0, op = 0;
  int32_t code;
  ARGS(2);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  napi_get_value_int64(env, argv[1], &timeout);
  code = tapps_queue_flush(handle->queue, timeout, 0, &op, &error);
  return op_new(env, code, op, error);
}

/* submit_fetch(handle, url, options) => op */
static napi_value js_submit_fetch(napi_env env, napi_callback_info info) {
  struct handle* handle;
  struct arena arena = {NULL};
  struct bytes body = {NULL, 0, NULL, {0}};
  tapps_fetch_options options;
  tapps_error* error = NULL;
  const char* url = NULL;
  int64_t op = 0;
  napi_value value, result = NULL;
  ARGS(3);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  memset(&options, 0, sizeof(options));
  options.struct_size = sizeof(options);
  options.flags = (uint32_t)number_member(env, argv[2], "flags");
  options.policy = (int32_t)number_member(env, argv[2], "policy");
  options.timeout_us = number_member(env, argv[2], "timeoutUs");
  options.connect_timeout_us = number_member(env, argv[2], "connectTimeoutUs");
  options.max_body_bytes = number_member(env, argv[2], "maxBodyBytes");
  options.max_redirects = number_member(env, argv[2], "maxRedirects");
  options.ttl_us = number_member(env, argv[2], "ttlUs");
  if (member(env, argv[2], "body", &value) && !bytes_get(env, value, &body)) {
    return throw_type(env, "body: expected a string or Uint8Array");
  }
  options.body = body.data;
  options.body_size = body.size;
  if (text_get(env, argv[1], &arena, &url) &&
      text_member(env, argv[2], "method", &arena, &options.method) &&
      text_member(env, argv[2], "headers", &arena, &options.headers)) {
    const int32_t code = tapps_queue_fetch(handle->queue, url, &options, 0, &op, &error);
    result = op_new(env, code, op, error);
  }
  arena_free(&arena);
  bytes_free(&body);
  return result;
}

/* submit_docs(handle, library, options) => op */
static napi_value js_submit_docs(napi_env env, napi_callback_info info) {
  struct handle* handle;
  struct arena arena = {NULL};
  tapps_docs_options options;
  tapps_error* error = NULL;
  const char* library = NULL;
  int64_t op = 0;
  napi_value result = NULL;
  ARGS(3);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  memset(&options, 0, sizeof(options));
  options.struct_size = sizeof(options);
  options.flags = (uint32_t)number_member(env, argv[2], "flags");
  options.timeout_us = number_member(env, argv[2], "timeoutUs");
  options.max_tokens = number_member(env, argv[2], "maxTokens");
  if (text_get(env, argv[1], &arena, &library) &&
      text_member(env, argv[2], "topic", &arena, &options.topic) &&
      text_member(env, argv[2], "version", &arena, &options.version) &&
      text_member(env, argv[2], "ecosystem", &arena, &options.ecosystem) &&
      text_member(env, argv[2], "projectRoot", &arena, &options.project_root) &&
      text_member(env, argv[2], "paths", &arena, &options.paths) &&
      text_member(env, argv[2], "urlTemplate", &arena, &options.url_template)) {
    const int32_t code = tapps_queue_docs(handle->queue, library, &options, 0, &op, &error);
    result = op_new(env, code, op, error);
  }
  arena_free(&arena);
  return result;
}

/* submit_warm(handle, plan) => op */
static napi_value js_submit_warm(napi_env env, napi_callback_info info) {
  struct handle* handle;
  tapps_error* error = NULL;
  void* plan = NULL;
  int64_t op = 0;
  int32_t code;
  ARGS(2);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  if (napi_get_value_external(env, argv[1], &plan) != napi_ok) return throw_type(env, "not a plan");
  code = tapps_queue_warm(handle->queue, plan, 0, &op, &error);
  return op_new(env, code, op, error);
}

/* cancel(handle, op) */
static napi_value js_cancel(napi_env env, napi_callback_info info) {
  struct handle* handle;
  int64_t op = 0;
  ARGS(2);
  handle = handle_get(env, argv[0]);
  napi_get_value_int64(env, argv[1], &op);
  if (handle != NULL && !handle->disposed) tapps_queue_cancel(handle->queue, op);
  return NULL;
}

/* subscribe(handle, kinds) */
static napi_value js_subscribe(napi_env env, napi_callback_info info) {
  struct handle* handle;
  tapps_error* error = NULL;
  int32_t code;
  ARGS(2);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  code = tapps_queue_subscribe(handle->queue, flags_get(env, argv[1]), &error);
  return code == TAPPS_OK ? NULL : throw_error(env, code, error);
}

enum { DRAIN_MAX = 256, RECORD_FIELDS = 6 };

/* One record as op, kind, ok, data, info, error in the flat array. */
static void record_store(napi_env env, napi_value array, uint32_t at, tapps_record* record) {
  napi_value fields[RECORD_FIELDS] = {NULL};
  const bool with_info = record->kind == TAPPS_RECORD_FETCH || record->kind == TAPPS_RECORD_DOCS ||
                         (record->kind == TAPPS_RECORD_GET && record->user_data == 1);
  napi_create_int64(env, record->op, &fields[0]);
  napi_create_int32(env, record->kind, &fields[1]);
  napi_create_int32(env, record->code, &fields[2]);
  if (record->value != NULL) {
    fields[3] = buffer_new(env, record->data, record->size);
    if (with_info) fields[4] = info_new(env, record->value);
  }
  if (record->code != TAPPS_OK) {
    fields[5] = error_new(env, record->code, record->error);
    record->error = NULL;
  }
  tapps_error_release(record->error);
  tapps_value_release(record->value);
  for (uint32_t i = 0; i < RECORD_FIELDS; ++i) {
    if (fields[i] != NULL) napi_set_element(env, array, at + i, fields[i]);
  }
}

/* drain(handle) => flat array of up to 256 records, six fields each */
static napi_value js_drain(napi_env env, napi_callback_info info) {
  struct handle* handle;
  tapps_record records[DRAIN_MAX];
  napi_value array;
  size_t count;
  ARGS(1);
  handle = handle_get(env, argv[0]);
  if (handle == NULL) return NULL;
  count = handle->disposed ? 0 : tapps_queue_drain(handle->queue, records, DRAIN_MAX);
  if (napi_create_array_with_length(env, count * RECORD_FIELDS, &array) != napi_ok) array = NULL;
  for (size_t i = 0; i < count; ++i) {
    napi_handle_scope scope;
    if (array == NULL || napi_open_handle_scope(env, &scope) != napi_ok) {
      tapps_value_release(records[i].value);
      tapps_error_release(records[i].error);
      continue;
    }
    record_store(env, array, (uint32_t)(i * RECORD_FIELDS), &records[i]);
    napi_close_handle_scope(env, scope);
  }
  return array;
}

/* ---- libuv's pool ------------------------------------------------------------------------- */

enum work_kind {
  WORK_GET_MANY,
  WORK_PUT_MANY,
  WORK_DELETE,
  WORK_DELETE_ALL,
  WORK_TOUCH,
  WORK_PAGE,
  WORK_PLAN,
  WORK_CLOSE
};

enum { PAGE_MAX = 256 };

/* A call under way in the pool: inputs are copied into the arena, outputs filled by the pool. */
struct work {
  napi_async_work task;
  napi_deferred deferred;
  struct handle* handle;
  enum work_kind kind;
  struct arena arena;
  const char* space;
  const char* key; /* or prefix, or folder */
  size_t key_size;
  const char* tag;
  int64_t number; /* TTL, durability, deadline */
  tapps_get_options get_options;
  tapps_put_options put_options;
  tapps_warm_options warm_options;
  tapps_get_item* gets;
  tapps_put_item* puts;
  size_t count;
  tapps_cursor* cursor;
  tapps_entry* entries;
  tapps_plan* plan;
  int32_t code;
  tapps_error* error;
};

/* Entries of a walk, copied: a cursor's pointers die with its next step. */
static void read_page(struct work* work) {
  work->entries = arena_new(&work->arena, PAGE_MAX * sizeof(tapps_entry));
  if (work->entries == NULL) {
    work->code = TAPPS_E_NOMEM;
    return;
  }
  while (work->count < PAGE_MAX) {
    tapps_entry* entry = &work->entries[work->count];
    work->code = tapps_cursor_next(work->cursor, entry, &work->error);
    if (work->code != TAPPS_OK) break;
    entry->key = arena_copy(&work->arena, entry->key, entry->key_size);
    entry->space = arena_copy(&work->arena, entry->space, strlen(entry->space));
    if (entry->content_type != NULL) {
      entry->content_type =
          arena_copy(&work->arena, entry->content_type, strlen(entry->content_type));
    }
    if (entry->key == NULL || entry->space == NULL) {
      work->code = TAPPS_E_NOMEM;
      return;
    }
    ++work->count;
  }
  if (work->code == TAPPS_E_NOT_FOUND) { /* the end: a short page says so */
    tapps_error_release(work->error);
    work->error = NULL;
    work->code = TAPPS_OK;
  }
}

static void work_run(napi_env env, void* data) {
  struct work* w = data;
  tapps_cache* cache = w->handle->cache;
  UNUSED(env);
  switch (w->kind) {
    case WORK_GET_MANY:
      w->code =
          tapps_cache_get_many(cache, w->space, w->gets, w->count, &w->get_options, &w->error);
      break;
    case WORK_PUT_MANY:
      w->code =
          tapps_cache_put_many(cache, w->space, w->puts, w->count, &w->put_options, &w->error);
      break;
    case WORK_DELETE:
      w->code =
          tapps_cache_delete(cache, w->space, w->key, w->key_size, (int32_t)w->number, &w->error);
      break;
    case WORK_DELETE_ALL: {
      const tapps_filter filter = {sizeof(filter), 0, w->space, w->key, w->key_size, w->tag};
      w->code = tapps_cache_delete_all(cache, &filter, &w->number, &w->error);
      break;
    }
    case WORK_TOUCH:
      w->code = tapps_cache_touch(cache, w->space, w->key, w->key_size, w->number, &w->error);
      break;
    case WORK_PAGE:
      if (w->cursor == NULL) {
        w->code = tapps_cursor_open(cache, w->space, w->key, w->key_size, &w->cursor, &w->error);
      }
      if (w->code == TAPPS_OK) read_page(w);
      break;
    case WORK_PLAN:
      w->code = tapps_plan_open(cache, w->key, &w->warm_options, &w->plan, &w->error);
      break;
    case WORK_CLOSE:
      w->code = tapps_cache_close(cache, w->number, &w->error);
      break;
  }
}

/* A cursor at rest between two pages; the pool takes it out. */
struct cursor_box {
  tapps_cursor* cursor;
};

static void cursor_collected(napi_env env, void* data, void* hint) {
  struct cursor_box* box = data;
  UNUSED(env);
  UNUSED(hint);
  tapps_cursor_release(box->cursor);
  free(box);
}

static void plan_collected(napi_env env, void* data, void* hint) {
  UNUSED(env);
  UNUSED(hint);
  tapps_plan_release(data);
}

static napi_value entry_of_walk(napi_env env, const tapps_entry* entry) {
  napi_value object, key = buffer_new(env, entry->key, entry->key_size);
  if (key == NULL || napi_create_object(env, &object) != napi_ok) return NULL;
  napi_set_named_property(env, object, "key", key);
  set_text(env, object, "namespace", entry->space, NAPI_AUTO_LENGTH);
  set_text(env, object, "contentType", entry->content_type, NAPI_AUTO_LENGTH);
  set_number(env, object, "size", (double)entry->size);
  set_number(env, object, "createdUs", (double)entry->created_us);
  set_number(env, object, "expiresUs", (double)entry->expires_us);
  set_number(env, object, "lastUsedUs", (double)entry->last_used_us);
  set_number(env, object, "hits", (double)entry->hits);
  set_number(env, object, "flags", entry->flags);
  return object;
}

/* {cursor, entries} */
static napi_value page_result(napi_env env, struct work* work) {
  napi_value object, cursor, entries;
  struct cursor_box* box;
  TRY(napi_create_object(env, &object));
  TRY(napi_create_array_with_length(env, work->count, &entries));
  for (size_t i = 0; i < work->count; ++i) {
    napi_value entry = entry_of_walk(env, &work->entries[i]);
    if (entry == NULL) return NULL;
    napi_set_element(env, entries, (uint32_t)i, entry);
  }
  napi_set_named_property(env, object, "entries", entries);
  if ((box = calloc(1, sizeof(*box))) == NULL) return NULL;
  if (napi_create_external(env, box, cursor_collected, NULL, &cursor) != napi_ok) {
    free(box);
    return NULL;
  }
  box->cursor = work->cursor;
  work->cursor = NULL;
  napi_set_named_property(env, object, "cursor", cursor);
  return object;
}

/* An array of Buffer, undefined (not there) or TappsError. */
static napi_value gets_result(napi_env env, struct work* work) {
  napi_value array;
  TRY(napi_create_array_with_length(env, work->count, &array));
  for (size_t i = 0; i < work->count; ++i) {
    const tapps_get_item* item = &work->gets[i];
    napi_handle_scope scope;
    napi_value value = NULL;
    TRY(napi_open_handle_scope(env, &scope));
    if (item->code == TAPPS_OK) {
      value = buffer_new(env, item->data, item->size);
    } else if (item->code != TAPPS_E_NOT_FOUND) {
      value = error_new(env, item->code, NULL);
    }
    if (value != NULL) napi_set_element(env, array, (uint32_t)i, value);
    napi_close_handle_scope(env, scope);
  }
  return array;
}

/* {plan, description} */
static napi_value plan_result(napi_env env, struct work* work) {
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  napi_value object, plan;
  TRY(napi_create_object(env, &object));
  if (tapps_plan_describe(work->plan, &value, &data, &size, NULL) == TAPPS_OK) {
    set_text(env, object, "description", data, size);
    tapps_value_release(value);
  }
  TRY(napi_create_external(env, work->plan, plan_collected, NULL, &plan));
  work->plan = NULL;
  napi_set_named_property(env, object, "plan", plan);
  return object;
}

static void work_free(struct work* work) {
  for (size_t i = 0; work->gets != NULL && i < work->count; ++i) {
    tapps_value_release(work->gets[i].value);
  }
  tapps_cursor_release(work->cursor);
  tapps_plan_release(work->plan);
  tapps_error_release(work->error);
  arena_free(&work->arena);
  handle_unref(work->handle);
  free(work);
}

static void work_done(napi_env env, napi_status status, void* data) {
  struct work* work = data;
  napi_value result = NULL;
  if (status != napi_ok && work->code == TAPPS_OK) work->code = TAPPS_E_CANCELLED;
  if (work->code == TAPPS_OK) {
    if (work->kind == WORK_GET_MANY) result = gets_result(env, work);
    if (work->kind == WORK_PAGE) result = page_result(env, work);
    if (work->kind == WORK_PLAN) result = plan_result(env, work);
    if (work->kind == WORK_DELETE_ALL) napi_create_int64(env, work->number, &result);
    if (result == NULL) napi_get_undefined(env, &result);
    napi_resolve_deferred(env, work->deferred, result);
  } else {
    result = error_new(env, work->code, work->error);
    work->error = NULL;
    if (result != NULL) napi_reject_deferred(env, work->deferred, result);
  }
  napi_delete_async_work(env, work->task);
  work_free(work);
}

static struct work* work_new(struct handle* handle, enum work_kind kind) {
  struct work* work = calloc(1, sizeof(*work));
  if (work == NULL) return NULL;
  work->handle = handle;
  work->kind = kind;
  atomic_fetch_add(&handle->refs, 1);
  return work;
}

/* Copies a key given as a string or Uint8Array. */
static bool work_key(napi_env env, napi_value value, struct work* work) {
  struct bytes bytes;
  const bool known = bytes_get(env, value, &bytes);
  if (known) {
    work->key = arena_copy(&work->arena, bytes.data, bytes.size);
    work->key_size = bytes.size;
  } else {
    throw_type(env, "key: expected a string or Uint8Array");
  }
  bytes_free(&bytes);
  return known && work->key != NULL;
}

/* The promise of a prepared call; without `ready` an exception is pending and the call is dropped.
 */
static napi_value work_start(napi_env env, struct work* work, bool ready) {
  napi_value promise, name;
  if (!ready) {
    work_free(work);
    return NULL;
  }
  if (napi_create_promise(env, &work->deferred, &promise) != napi_ok ||
      napi_create_string_utf8(env, "tapps", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, work_run, work_done, work, &work->task) != napi_ok) {
    work_free(work);
    return throw_type(env, "cannot start the call");
  }
  napi_queue_async_work(env, work->task);
  return promise;
}

/* Begins a call on an open handle; NULL with an exception pending. */
static struct work* work_begin(napi_env env, napi_value value, enum work_kind kind) {
  struct handle* handle = handle_open(env, value);
  return handle == NULL ? NULL : work_new(handle, kind);
}

/* get_many(handle, space, keys, flags) */
static napi_value js_get_many(napi_env env, napi_callback_info info) {
  struct work* work;
  uint32_t count = 0;
  bool ready;
  ARGS(4);
  if ((work = work_begin(env, argv[0], WORK_GET_MANY)) == NULL) return NULL;
  work->get_options.struct_size = sizeof(work->get_options);
  work->get_options.flags = flags_get(env, argv[3]);
  napi_get_array_length(env, argv[2], &count);
  ready = text_get(env, argv[1], &work->arena, &work->space);
  work->gets = arena_new(&work->arena, count * sizeof(*work->gets));
  for (uint32_t i = 0; ready && i < count; ++i) {
    napi_value key;
    ready = napi_get_element(env, argv[2], i, &key) == napi_ok && work_key(env, key, work);
    work->gets[i].key = work->key;
    work->gets[i].key_size = work->key_size;
    work->count = i + 1;
  }
  return work_start(env, work, ready && work->gets != NULL);
}

/* put_many(handle, space, [key, value, ...], options) */
static napi_value js_put_many(napi_env env, napi_callback_info info) {
  struct work* work;
  uint32_t count = 0;
  bool ready;
  ARGS(4);
  if ((work = work_begin(env, argv[0], WORK_PUT_MANY)) == NULL) return NULL;
  napi_get_array_length(env, argv[2], &count);
  ready = text_get(env, argv[1], &work->arena, &work->space) &&
          put_options_get(env, argv[3], &work->arena, &work->put_options);
  work->count = count / 2;
  work->puts = arena_new(&work->arena, work->count * sizeof(*work->puts));
  for (uint32_t i = 0; ready && i < work->count; ++i) {
    napi_value key, value;
    ready = napi_get_element(env, argv[2], 2 * i, &key) == napi_ok &&
            napi_get_element(env, argv[2], 2 * i + 1, &value) == napi_ok &&
            work_key(env, key, work);
    work->puts[i].key = work->key;
    work->puts[i].key_size = work->key_size;
    ready = ready && work_key(env, value, work);
    work->puts[i].data = work->key;
    work->puts[i].size = work->key_size;
  }
  return work_start(env, work, ready && work->puts != NULL);
}

/* delete(handle, space, key, durability) */
static napi_value js_delete(napi_env env, napi_callback_info info) {
  struct work* work;
  ARGS(4);
  if ((work = work_begin(env, argv[0], WORK_DELETE)) == NULL) return NULL;
  napi_get_value_int64(env, argv[3], &work->number);
  return work_start(
      env, work,
      text_get(env, argv[1], &work->arena, &work->space) && work_key(env, argv[2], work));
}

/* delete_all(handle, space, prefix | null, tag) => number removed */
static napi_value js_delete_all(napi_env env, napi_callback_info info) {
  struct work* work;
  napi_valuetype type;
  bool ready;
  ARGS(4);
  if ((work = work_begin(env, argv[0], WORK_DELETE_ALL)) == NULL) return NULL;
  napi_typeof(env, argv[2], &type);
  ready = text_get(env, argv[1], &work->arena, &work->space) &&
          text_get(env, argv[3], &work->arena, &work->tag) &&
          (type == napi_null || type == napi_undefined || work_key(env, argv[2], work));
  return work_start(env, work, ready);
}

/* touch(handle, space, key, ttlUs) */
static napi_value js_touch(napi_env env, napi_callback_info info) {
  struct work* work;
  ARGS(4);
  if ((work = work_begin(env, argv[0], WORK_TOUCH)) == NULL) return NULL;
  napi_get_value_int64(env, argv[3], &work->number);
  return work_start(
      env, work,
      text_get(env, argv[1], &work->arena, &work->space) && work_key(env, argv[2], work));
}

/* page(handle, cursor | null, space, prefix) => {cursor, entries}; the cursor given is spent. */
static napi_value js_page(napi_env env, napi_callback_info info) {
  struct work* work;
  napi_valuetype type;
  ARGS(4);
  if ((work = work_begin(env, argv[0], WORK_PAGE)) == NULL) return NULL;
  napi_typeof(env, argv[1], &type);
  if (type == napi_external) {
    void* box = NULL;
    napi_get_value_external(env, argv[1], &box);
    work->cursor = ((struct cursor_box*)box)->cursor;
    ((struct cursor_box*)box)->cursor = NULL;
  }
  return work_start(
      env, work,
      text_get(env, argv[2], &work->arena, &work->space) && work_key(env, argv[3], work));
}

/* plan(handle, folder, options) => {plan, description} */
static napi_value js_plan(napi_env env, napi_callback_info info) {
  struct work* work;
  tapps_warm_options* options;
  const char* folder = NULL;
  bool ready;
  ARGS(3);
  if ((work = work_begin(env, argv[0], WORK_PLAN)) == NULL) return NULL;
  options = &work->warm_options;
  options->struct_size = sizeof(*options);
  options->flags = (uint32_t)number_member(env, argv[2], "flags");
  options->concurrency = number_member(env, argv[2], "concurrency");
  options->timeout_us = number_member(env, argv[2], "timeoutUs");
  options->max_requests = number_member(env, argv[2], "maxRequests");
  ready = text_get(env, argv[1], &work->arena, &folder) &&
          text_member(env, argv[2], "paths", &work->arena, &options->paths) &&
          text_member(env, argv[2], "urlTemplate", &work->arena, &options->url_template);
  work->key = folder;
  return work_start(env, work, ready);
}

/* close(handle, deadlineUs) => promise; dispose(handle) follows. */
static napi_value js_close(napi_env env, napi_callback_info info) {
  struct work* work;
  ARGS(2);
  if ((work = work_begin(env, argv[0], WORK_CLOSE)) == NULL) return NULL;
  napi_get_value_int64(env, argv[1], &work->number);
  return work_start(env, work, true);
}

/* ---- Breakers ----------------------------------------------------------------------------- */

static void breaker_collected(napi_env env, void* data, void* hint) {
  UNUSED(env);
  UNUSED(hint);
  tapps_breaker_release(data);
}

static tapps_breaker* breaker_get(napi_env env, napi_value value) {
  void* breaker = NULL;
  if (napi_get_value_external(env, value, &breaker) != napi_ok) throw_type(env, "not a breaker");
  return breaker;
}

/* breaker_open(handle, name, options | null) => breaker */
static napi_value js_breaker_open(napi_env env, napi_callback_info info) {
  struct handle* handle;
  struct arena arena = {NULL};
  tapps_breaker_options options;
  tapps_breaker* breaker = NULL;
  tapps_error* error = NULL;
  const char* name = NULL;
  napi_value result = NULL;
  napi_valuetype type = napi_null;
  int32_t code;
  ARGS(3);
  if ((handle = handle_open(env, argv[0])) == NULL) return NULL;
  napi_typeof(env, argv[2], &type);
  memset(&options, 0, sizeof(options));
  if (type == napi_object) {
    options.struct_size = sizeof(options);
    options.failures = number_member(env, argv[2], "failures");
    options.successes = number_member(env, argv[2], "successes");
    options.open_us = number_member(env, argv[2], "openUs");
    options.max_open_us = number_member(env, argv[2], "maxOpenUs");
    options.max_concurrency = number_member(env, argv[2], "maxConcurrency");
    options.probes = number_member(env, argv[2], "probes");
    options.lease_us = number_member(env, argv[2], "leaseUs");
  }
  if (text_get(env, argv[1], &arena, &name)) {
    code = tapps_breaker_open(handle->cache, name, type == napi_object ? &options : NULL, &breaker,
                              &error);
    if (code != TAPPS_OK) {
      throw_error(env, code, error);
    } else if (napi_create_external(env, breaker, breaker_collected, NULL, &result) != napi_ok) {
      tapps_breaker_release(breaker);
    }
  }
  arena_free(&arena);
  return result;
}

/* breaker_acquire(breaker) => permit */
static napi_value js_breaker_acquire(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  tapps_error* error = NULL;
  int64_t permit = 0;
  int32_t code;
  ARGS(1);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  code = tapps_breaker_acquire(breaker, &permit, &error);
  return op_new(env, code, permit, error);
}

/* breaker_report(breaker, permit, outcome) */
static napi_value js_breaker_report(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  int64_t permit = 0;
  int32_t outcome = TAPPS_OUTCOME_IGNORED;
  ARGS(3);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  napi_get_value_int64(env, argv[1], &permit);
  napi_get_value_int32(env, argv[2], &outcome);
  tapps_breaker_report(breaker, permit, outcome);
  return NULL;
}

/* breaker_read(breaker) => numbers */
static napi_value js_breaker_read(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  tapps_breaker_info read;
  napi_value object;
  ARGS(1);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  TRY(napi_create_object(env, &object));
  memset(&read, 0, sizeof(read));
  tapps_breaker_read(breaker, &read);
  set_number(env, object, "state", read.state);
  set_number(env, object, "forced", read.forced);
  set_number(env, object, "failuresInRow", (double)read.failures_in_row);
  set_number(env, object, "inFlight", (double)read.in_flight);
  set_number(env, object, "retryAfterUs", (double)read.retry_after_us);
  set_number(env, object, "successes", (double)read.successes);
  set_number(env, object, "failures", (double)read.failures);
  set_number(env, object, "ignored", (double)read.ignored);
  set_number(env, object, "rejected", (double)read.rejected);
  set_number(env, object, "transitions", (double)read.transitions);
  return object;
}

/* breaker_force(breaker, mode) */
static napi_value js_breaker_force(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  tapps_error* error = NULL;
  int32_t mode = 0, code;
  ARGS(2);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  napi_get_value_int32(env, argv[1], &mode);
  code = tapps_breaker_force(breaker, mode, &error);
  return code == TAPPS_OK ? NULL : throw_error(env, code, error);
}

/* ---- Module ------------------------------------------------------------------------------- */

/* init(makeError): once, before anything else. */
static napi_value js_init(napi_env env, napi_callback_info info) {
  struct instance* instance = NULL;
  ARGS(1);
  TRY(napi_get_instance_data(env, (void**)&instance));
  if (instance->make_error != NULL) napi_delete_reference(env, instance->make_error);
  instance->make_error = NULL;
  napi_create_reference(env, argv[0], 1, &instance->make_error);
  return NULL;
}

static void instance_gone(napi_env env, void* data, void* hint) {
  UNUSED(env);
  UNUSED(hint);
  free(data);
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  static const struct {
    const char* name;
    napi_callback function;
  } functions[] = {{"init", js_init},
                   {"open", js_open},
                   {"hold", js_hold},
                   {"close", js_close},
                   {"closeNow", js_close_now},
                   {"dispose", js_dispose},
                   {"state", js_state},
                   {"path", js_path},
                   {"get", js_get},
                   {"put", js_put},
                   {"stats", js_stats},
                   {"submitGet", js_submit_get},
                   {"submitPut", js_submit_put},
                   {"submitFlush", js_submit_flush},
                   {"submitFetch", js_submit_fetch},
                   {"submitDocs", js_submit_docs},
                   {"submitWarm", js_submit_warm},
                   {"cancel", js_cancel},
                   {"subscribe", js_subscribe},
                   {"drain", js_drain},
                   {"getMany", js_get_many},
                   {"putMany", js_put_many},
                   {"delete", js_delete},
                   {"deleteAll", js_delete_all},
                   {"touch", js_touch},
                   {"page", js_page},
                   {"plan", js_plan},
                   {"breakerOpen", js_breaker_open},
                   {"breakerAcquire", js_breaker_acquire},
                   {"breakerReport", js_breaker_report},
                   {"breakerRead", js_breaker_read},
                   {"breakerForce", js_breaker_force}};
  struct instance* instance = calloc(1, sizeof(*instance));
  if (instance == NULL) return NULL;
  TRY(napi_set_instance_data(env, instance, instance_gone, NULL));
  for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); ++i) {
    napi_value function;
    TRY(napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL,
                             &function));
    TRY(napi_set_named_property(env, exports, functions[i].name, function));
  }
  set_text(env, exports, "version", tapps_version(), NAPI_AUTO_LENGTH);
  set_number(env, exports, "abi", tapps_abi());
  return exports;
}
