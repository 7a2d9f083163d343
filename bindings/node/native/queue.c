/* What the completion queue hands out. */
#include "tapps_node.h"

enum { DRAIN_MAX = 256, RECORD_FIELDS = 8 };

/* cancel(handle, op) */
napi_value js_cancel(napi_env env, napi_callback_info info) {
  struct handle* handle;
  int64_t op = 0;
  ARGS(2);
  handle = handle_get(env, argv[0]);
  napi_get_value_int64(env, argv[1], &op);
  if (handle != NULL && !handle->disposed) tapps_queue_cancel(handle->queue, op);
  return NULL;
}

/* subscribe(handle, kinds) */
napi_value js_subscribe(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    const uint32_t kinds = (uint32_t)call_number(&call, 1);
    result = call_done(&call, tapps_queue_subscribe(call.handle->queue, kinds, &call.error));
  }
  return call_end(&call, result);
}

static bool has_info(const tapps_record* record) {
  return record->kind == TAPPS_RECORD_FETCH || record->kind == TAPPS_RECORD_DOCS ||
         (record->kind == TAPPS_RECORD_GET && record->user_data == 1);
}

/* One record in the flat array: op, kind, code, data, info, error, number, bytes. */
static void record_store(napi_env env, napi_value array, uint32_t at, tapps_record* record) {
  napi_value fields[RECORD_FIELDS] = {NULL};
  napi_create_int64(env, record->op, &fields[0]);
  napi_create_int32(env, record->kind, &fields[1]);
  napi_create_int32(env, record->code, &fields[2]);
  if (record->value != NULL) {
    fields[3] = buffer_new(env, record->data, record->size);
    if (has_info(record)) fields[4] = info_new(env, record->value);
  }
  if (record->code != TAPPS_OK) {
    fields[5] = error_new(env, record->code, record->error);
    record->error = NULL;
  }
  napi_create_int64(env, record->number, &fields[6]);
  napi_create_int64(env, record->bytes, &fields[7]);
  tapps_error_release(record->error);
  tapps_value_release(record->value);
  for (uint32_t i = 0; i < RECORD_FIELDS; ++i) {
    if (fields[i] != NULL) napi_set_element(env, array, at + i, fields[i]);
  }
}

/* drain(handle) => flat array of up to 256 records, eight fields each */
napi_value js_drain(napi_env env, napi_callback_info info) {
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
