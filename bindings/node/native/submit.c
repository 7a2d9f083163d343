/* Operations on entries that report to the completion queue: each returns the operation's number.
 */
#include "option_readers.h"
#include "tapps_node.h"

/* submitGet(handle, space, key, flags, withInfo) => op */
napi_value js_submit_get(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2)) {
    const tapps_get_options options = {sizeof(options), (uint32_t)call_number(&call, 3)};
    const uint64_t with_info = call_flag(&call, 4) ? 1 : 0;
    result =
        call_op(&call, tapps_queue_get(call.handle->queue, call.space, call.key.data, call.key.size,
                                       &options, with_info, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitPut(handle, space, key, data, options) => op */
napi_value js_submit_put(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_put_options options;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2) &&
      call_data(&call, 3) && put_options_get(env, call.argv[4], &call.arena, &options)) {
    result = call_op(
        &call, tapps_queue_put(call.handle->queue, call.space, call.key.data, call.key.size,
                               call.data.data, call.data.size, &options, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitSwap(handle, space, key, data, options, expected) => op */
napi_value js_submit_swap(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_put_options options;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2) &&
      call_data(&call, 3) && put_options_get(env, call.argv[4], &call.arena, &options)) {
    result = call_op(&call, tapps_queue_swap(call.handle->queue, call.space, call.key.data,
                                             call.key.size, call_number(&call, 5), call.data.data,
                                             call.data.size, &options, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitDelete(handle, space, key, durability) => op */
napi_value js_submit_delete(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2)) {
    const int32_t durability = (int32_t)call_number(&call, 3);
    result =
        call_op(&call, tapps_queue_delete(call.handle->queue, call.space, call.key.data,
                                          call.key.size, durability, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* (handle, space | null, prefix, tag | null) as a filter. */
static bool filter_get(struct call* call, tapps_filter* filter) {
  const char* tag = NULL;
  if (!call_space(call, 1) || !call_key(call, 2) || !call_text(call, 3, &tag)) return false;
  *filter = (tapps_filter){.struct_size = sizeof(*filter),
                           .space = call->space,
                           .prefix = call->key.size == 0 ? NULL : call->key.data,
                           .prefix_size = call->key.size,
                           .tag = tag};
  return true;
}

/* submitDeleteAll(handle, space | null, prefix, tag | null) => op */
napi_value js_submit_delete_all(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_filter filter;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && filter_get(&call, &filter)) {
    result = call_op(&call,
                     tapps_queue_delete_all(call.handle->queue, &filter, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitCount(handle, space | null, prefix, tag | null) => op */
napi_value js_submit_count(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_filter filter;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && filter_get(&call, &filter)) {
    result =
        call_op(&call, tapps_queue_count(call.handle->queue, &filter, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitTouch(handle, space, key, ttlUs) => op */
napi_value js_submit_touch(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2)) {
    result = call_op(&call,
                     tapps_queue_touch(call.handle->queue, call.space, call.key.data, call.key.size,
                                       call_number(&call, 3), 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitContains(handle, space, key) => op */
napi_value js_submit_contains(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2)) {
    result = call_op(&call, tapps_queue_contains(call.handle->queue, call.space, call.key.data,
                                                 call.key.size, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitLoad(handle, space, key, options) => op */
napi_value js_submit_load(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_load_options options;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_space(&call, 1) && call_key(&call, 2) &&
      load_options_get(env, call.argv[3], &call.arena, &options)) {
    result = call_op(&call, tapps_queue_load(call.handle->queue, call.space, call.key.data,
                                             call.key.size, &options, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitFlush(handle, timeoutUs) => op */
napi_value js_submit_flush(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    result = call_op(&call, tapps_queue_flush(call.handle->queue, call_number(&call, 1), 0,
                                              &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitBackup(handle, path) => op */
napi_value js_submit_backup(napi_env env, napi_callback_info info) {
  struct call call;
  const char* path = NULL;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_text(&call, 1, &path)) {
    result = call_op(&call, tapps_queue_backup(call.handle->queue, path, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitCheck(handle, flags) => op */
napi_value js_submit_check(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    const uint32_t flags = (uint32_t)call_number(&call, 1);
    result = call_op(&call, tapps_queue_check(call.handle->queue, flags, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitCompact(handle, timeoutUs) => op */
napi_value js_submit_compact(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    result = call_op(&call, tapps_queue_compact(call.handle->queue, call_number(&call, 1), 0,
                                                &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitSurvey(handle) => op */
napi_value js_submit_survey(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    result = call_op(&call, tapps_queue_survey(call.handle->queue, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}
