/* Open caches: their handles, and how they end. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "option_readers.h"
#include "tapps_node.h"

/* How long the end of an environment may wait for writes, for all its caches together. */
enum { EXIT_DEADLINE_US = 1000000 };

void handle_unref(struct handle* handle) {
  if (atomic_fetch_sub(&handle->refs, 1) != 1) return;
  tapps_cache_release(handle->cache);
  free(handle);
}

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct handle* handle_get(napi_env env, napi_value value) {
  void* handle = NULL;
  if (napi_get_value_external(env, value, &handle) != napi_ok) throw_type(env, "not a cache");
  return handle;
}

struct handle* handle_open(napi_env env, napi_value value) {
  struct handle* handle = handle_get(env, value);
  if (handle == NULL || !handle->disposed) return handle;
  throw_error(env, TAPPS_E_CLOSED, NULL);
  return NULL;
}

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
napi_value js_open(napi_env env, napi_callback_info info) {
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
napi_value js_hold(napi_env env, napi_callback_info info) {
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

/* closeNow(handle, deadlineUs): waits; dispose(handle) follows. */
napi_value js_close_now(napi_env env, napi_callback_info info) {
  struct handle* handle;
  tapps_error* error = NULL;
  int64_t deadline = 0;
  int32_t code;
  ARGS(2);
  handle = handle_get(env, argv[0]);
  napi_get_value_int64(env, argv[1], &deadline);
  if (handle == NULL || handle->disposed) return NULL;
  code = tapps_cache_close(handle->cache, deadline, &error);
  return code == TAPPS_OK ? NULL : throw_error(env, code, error);
}

/* dispose(handle): after a close. */
napi_value js_dispose(napi_env env, napi_callback_info info) {
  struct handle* handle;
  ARGS(1);
  handle = handle_get(env, argv[0]);
  if (handle != NULL) handle_dispose(handle);
  return NULL;
}

napi_value js_state(napi_env env, napi_callback_info info) {
  struct handle* handle;
  napi_value result;
  ARGS(1);
  handle = handle_get(env, argv[0]);
  if (handle == NULL) return NULL;
  TRY(napi_create_int32(
      env, handle->disposed ? TAPPS_STATE_CLOSED : tapps_cache_state(handle->cache), &result));
  return result;
}

napi_value js_path(napi_env env, napi_callback_info info) {
  struct handle* handle;
  napi_value result;
  ARGS(1);
  handle = handle_get(env, argv[0]);
  if (handle == NULL) return NULL;
  TRY(napi_create_string_utf8(env, tapps_cache_path(handle->cache), NAPI_AUTO_LENGTH, &result));
  return result;
}

static int32_t run_close(struct work* work) {
  return tapps_cache_close(work->handle->cache, work->number, &work->error);
}

/* close(handle, deadlineUs) => promise; dispose(handle) follows. */
napi_value js_close(napi_env env, napi_callback_info info) {
  struct work* work;
  ARGS(2);
  if ((work = work_begin(env, argv[0], run_close)) == NULL) return NULL;
  napi_get_value_int64(env, argv[1], &work->number);
  return work_start(env, work, true);
}

/* setOffline(handle, offline) */
napi_value js_set_offline(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    const int32_t offline = call_flag(&call, 1) ? 1 : 0;
    result = call_done(&call, tapps_cache_set_offline(call.handle->cache, offline, &call.error));
  }
  return call_end(&call, result);
}

/* setSpace(handle, space, options | null) */
napi_value js_set_space(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_space_options options;
  napi_valuetype type = napi_null;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1)) {
    napi_typeof(env, call.argv[2], &type);
    if (type != napi_object) {
      result = call_done(&call,
                         tapps_cache_set_space(call.handle->cache, call.space, NULL, &call.error));
    } else if (space_options_get(env, call.argv[2], &call.arena, &options)) {
      result = call_done(
          &call, tapps_cache_set_space(call.handle->cache, call.space, &options, &call.error));
    }
  }
  return call_end(&call, result);
}
