/* The native half of the Node binding: tapps.h as JavaScript functions, and nothing else. Policy -
 * promises, abort signals, names, defaults - is in lib/, which is the only caller and passes what
 * is declared here; wrong types throw all the same.
 *
 * Results come three ways:
 *  - at once, for what is in memory or takes microseconds (get, put, stats, breakers);
 *  - through the cache's completion queue (submit...): the library's notify callback wakes a
 *    thread-safe function, which calls `handler`, which calls drain(). The thread-safe function
 *    keeps the event loop alive only while hold(handle, true) says so;
 *  - as a promise settled by libuv's pool, for calls that may touch the disk and have no place in
 *    the queue, or one that costs more (many entries, pages of a walk, plans, close).
 *
 * Every environment (main thread, workers) has its own instance data and its own handles. A handle
 * is disposed of by close, by the garbage collector, or by the environment's end, whichever comes
 * first; disposing detaches the notify callback before the thread-safe function goes.
 */
#ifndef TAPPS_NODE_H
#define TAPPS_NODE_H

#define NAPI_VERSION 8
#define _GNU_SOURCE
#include <node_api.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tapps.h"

#define TRY(call) \
  if ((call) != napi_ok) return NULL
#define UNUSED(x) (void)(x)
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Memory of one call (arena.c) ---------------------------------------------------------- */

/* Blocks that live as long as a call: freed together. */
struct arena {
  struct block* first;
};

/* Zeroed; NULL without memory. */
void* arena_new(struct arena* arena, size_t size);
/* `size` bytes and a NUL. */
char* arena_copy(struct arena* arena, const void* data, size_t size);
void arena_free(struct arena* arena);

/* ---- Environment and handles (handle.c) ---------------------------------------------------- */

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

void handle_unref(struct handle* handle);
/* NULL with an exception pending. */
struct handle* handle_get(napi_env env, napi_value value);
/* As handle_get, but throws CLOSED when the handle was disposed of. */
struct handle* handle_open(napi_env env, napi_value value);

/* ---- Errors (errors.c) --------------------------------------------------------------------- */

/* A TappsError for a code and its error, which is released. NULL with an exception pending. */
napi_value error_new(napi_env env, int32_t code, tapps_error* error);
/* Throws one; returns NULL. */
napi_value throw_error(napi_env env, int32_t code, tapps_error* error);
/* For arguments only lib/ can get wrong; keeps an exception that is pending. Returns NULL. */
napi_value throw_type(napi_env env, const char* message);

/* ---- Arguments (arguments.c) --------------------------------------------------------------- */

/* A string as UTF-8 or a Uint8Array as it is; `small` saves an allocation for usual keys. */
struct bytes {
  const char* data;
  size_t size;
  char* heap;
  char small[256];
};

bool bytes_get(napi_env env, napi_value value, struct bytes* bytes);
void bytes_free(struct bytes* bytes);

/* A string for tapps.h into the arena: NULL for undefined and null. False with an exception for
 * other types and for text with a NUL, which C would cut off. */
bool text_get(napi_env env, napi_value value, struct arena* arena, const char** text);

/* Whether the object has the member, and not undefined or null. */
bool member(napi_env env, napi_value object, const char* name, napi_value* value);

/* One call of a function on an open cache, `handle` being its first argument. */
struct call {
  napi_env env;
  napi_value argv[8];
  struct handle* handle;
  struct arena arena;
  const char* space;
  struct bytes key, data;
  tapps_error* error;
  int64_t op;
};

/* The steps of a call are false with an exception pending; call_end() in any case. */
bool call_begin(struct call* call, napi_env env, napi_callback_info info);
bool call_space(struct call* call, size_t at);
bool call_key(struct call* call, size_t at);
bool call_data(struct call* call, size_t at);
bool call_text(struct call* call, size_t at, const char** text);
int64_t call_number(struct call* call, size_t at);
bool call_flag(struct call* call, size_t at);
/* undefined, or the exception for a code. */
napi_value call_done(struct call* call, int32_t code);
/* call.op, or the exception for a code. */
napi_value call_op(struct call* call, int32_t code);
/* Frees what the call has taken; returns `result`. */
napi_value call_end(struct call* call, napi_value result);

/* ---- Options (options.c; option_readers.[ch] are generated from tapps.h) -------------------- */

/* A field of an options struct of tapps.h, and what it is called in JavaScript. */
struct field {
  const char* name;
  enum { FIELD_INT32, FIELD_UINT32, FIELD_INT64, FIELD_TEXT } kind;
  size_t offset;
};

/* Fills an options struct of tapps.h of `size` bytes from the members of an object that are there;
 * texts go into the arena. False with an exception pending. */
bool options_get(napi_env env, napi_value object, struct arena* arena, const struct field* fields,
                 size_t count, void* options, size_t size);

/* ---- Values to JavaScript (values.c) ------------------------------------------------------- */

void set_number(napi_env env, napi_value object, const char* name, double number);
/* Nothing for NULL. */
void set_text(napi_env env, napi_value object, const char* name, const char* text, size_t size);
napi_value buffer_new(napi_env env, const void* data, size_t size);
/* What is known about a value, without its bytes. */
napi_value info_new(napi_env env, const tapps_value* value);
/* {data, ...info} */
napi_value entry_new(napi_env env, const tapps_value* value, const void* data, size_t size);

/* ---- libuv's pool (work.c) ----------------------------------------------------------------- */

/* A call in the pool: inputs are copied into the arena, `run` fills the outputs on a thread of the
 * pool and returns the code, `result` makes the value of the promise (NULL: undefined). */
struct work {
  int32_t (*run)(struct work* work);
  napi_value (*result)(napi_env env, struct work* work);
  napi_async_work task;
  napi_deferred deferred;
  struct handle* handle;
  struct arena arena;
  const char* space;
  const char* key; /* or prefix, or folder */
  size_t key_size;
  int64_t number; /* deadline, lease */
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

/* Begins a call on an open handle; NULL with an exception pending. */
struct work* work_begin(napi_env env, napi_value handle, int32_t (*run)(struct work* work));
/* Copies a key given as a string or Uint8Array to work->key. */
bool work_key(napi_env env, napi_value value, struct work* work);
/* The promise of a prepared call; without `ready` an exception is pending and the call is dropped.
 */
napi_value work_start(napi_env env, struct work* work, bool ready);

/* The arguments of a function without an open cache, at most `n`. */
#define ARGS(n)                \
  napi_value argv[n] = {NULL}; \
  size_t argc = (n);           \
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL

/* ---- What JavaScript calls (module.c has the table) ---------------------------------------- */

/* X(name in JavaScript, function in C) */
#define TAPPS_NODE_FUNCTIONS(X)              \
  X("open", js_open)                         \
  X("hold", js_hold)                         \
  X("close", js_close)                       \
  X("closeNow", js_close_now)                \
  X("dispose", js_dispose)                   \
  X("state", js_state)                       \
  X("path", js_path)                         \
  X("setOffline", js_set_offline)            \
  X("setSpace", js_set_space)                \
  X("get", js_get)                           \
  X("put", js_put)                           \
  X("stats", js_stats)                       \
  X("loadFinish", js_load_finish)            \
  X("loadAbandon", js_load_abandon)          \
  X("submitGet", js_submit_get)              \
  X("submitPut", js_submit_put)              \
  X("submitSwap", js_submit_swap)            \
  X("submitDelete", js_submit_delete)        \
  X("submitDeleteAll", js_submit_delete_all) \
  X("submitTouch", js_submit_touch)          \
  X("submitContains", js_submit_contains)    \
  X("submitCount", js_submit_count)          \
  X("submitLoad", js_submit_load)            \
  X("submitFlush", js_submit_flush)          \
  X("submitBackup", js_submit_backup)        \
  X("submitCheck", js_submit_check)          \
  X("submitCompact", js_submit_compact)      \
  X("submitSurvey", js_submit_survey)        \
  X("cancel", js_cancel)                     \
  X("subscribe", js_subscribe)               \
  X("drain", js_drain)                       \
  X("getMany", js_get_many)                  \
  X("putMany", js_put_many)                  \
  X("page", js_page)                         \
  X("submitFetch", js_submit_fetch)          \
  X("submitFetchMany", js_submit_fetch_many) \
  X("submitDocs", js_submit_docs)            \
  X("plan", js_plan)                         \
  X("submitWarm", js_submit_warm)            \
  X("breakerOpen", js_breaker_open)          \
  X("breakerAcquire", js_breaker_acquire)    \
  X("breakerRetry", js_breaker_retry)        \
  X("breakerLimit", js_breaker_limit)        \
  X("breakerReport", js_breaker_report)      \
  X("breakerRead", js_breaker_read)          \
  X("breakerForce", js_breaker_force)        \
  X("submitAcquire", js_submit_acquire)

#define TAPPS_NODE_DECLARE(name, function) \
  napi_value function(napi_env env, napi_callback_info info);
TAPPS_NODE_FUNCTIONS(TAPPS_NODE_DECLARE)
#undef TAPPS_NODE_DECLARE

#endif /* TAPPS_NODE_H */
