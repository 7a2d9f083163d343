/* What is answered at once: entries in memory, puts, statistics, the ends of loads. */
#include "option_readers.h"
#include "tapps_node.h"

/* get(handle, space, key, flags, withInfo) => Buffer or entry; undefined: not there; null: the
 * answer is not in memory (CACHED_ONLY). */
napi_value js_get(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2)) {
    const tapps_get_options options = {sizeof(options), (uint32_t)call_number(&call, 3)};
    const int32_t code =
        tapps_cache_get(call.handle->cache, call.space, call.key.data, call.key.size, &options,
                        &value, &data, &size, &call.error);
    if (code == TAPPS_OK) {
      result =
          call_flag(&call, 4) ? entry_new(env, value, data, size) : buffer_new(env, data, size);
      tapps_value_release(value);
    } else if (code == TAPPS_E_WOULD_BLOCK || code == TAPPS_E_NOT_FOUND) {
      if (code == TAPPS_E_WOULD_BLOCK) napi_get_null(env, &result);
      tapps_error_release(call.error);
    } else {
      throw_error(env, code, call.error);
    }
  }
  return call_end(&call, result);
}

/* put(handle, space, key, data, options) => whether it was taken; false: BUSY, where the options
 * said not to wait. */
napi_value js_put(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_put_options options;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2) &&
      call_data(&call, 3) && put_options_get(env, call.argv[4], &call.arena, &options)) {
    const int32_t code =
        tapps_cache_put(call.handle->cache, call.space, call.key.data, call.key.size,
                        call.data.data, call.data.size, &options, &call.error);
    if (code == TAPPS_OK || (code == TAPPS_E_BUSY && options.timeout_us == TAPPS_NONE)) {
      napi_get_boolean(env, code == TAPPS_OK, &result);
      tapps_error_release(call.error);
    } else {
      throw_error(env, code, call.error);
    }
  }
  return call_end(&call, result);
}

/* stats(handle) => JSON text */
napi_value js_stats(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_value* value = NULL;
  const void* data = NULL;
  size_t size = 0;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    const int32_t code = tapps_cache_stats(call.handle->cache, &value, &data, &size, &call.error);
    if (code == TAPPS_OK) {
      napi_create_string_utf8(env, data, size, &result);
      tapps_value_release(value);
    } else {
      throw_error(env, code, call.error);
    }
  }
  return call_end(&call, result);
}

static int32_t run_load_finish(struct work* work) {
  return tapps_cache_load_finish(work->handle->cache, work->number, work->key, work->key_size,
                                 &work->put_options, &work->error);
}

/* loadFinish(handle, lease, data, options) => promise; a put may wait for room in the queue. */
napi_value js_load_finish(napi_env env, napi_callback_info info) {
  struct work* work;
  ARGS(4);
  if ((work = work_begin(env, argv[0], run_load_finish)) == NULL) return NULL;
  napi_get_value_int64(env, argv[1], &work->number);
  return work_start(env, work,
                    work_key(env, argv[2], work) &&
                        put_options_get(env, argv[3], &work->arena, &work->put_options));
}

/* loadAbandon(handle, lease); after a close, too. */
napi_value js_load_abandon(napi_env env, napi_callback_info info) {
  struct handle* handle;
  int64_t lease = 0;
  ARGS(2);
  handle = handle_get(env, argv[0]);
  napi_get_value_int64(env, argv[1], &lease);
  if (handle != NULL) tapps_cache_load_abandon(handle->cache, lease);
  return NULL;
}
