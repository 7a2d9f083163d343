/* Calls in libuv's pool. */
#include <stdlib.h>

#include "tapps_node.h"

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

static void work_run(napi_env env, void* data) {
  struct work* work = data;
  UNUSED(env);
  work->code = work->run(work);
}

static void work_done(napi_env env, napi_status status, void* data) {
  struct work* work = data;
  napi_value result = NULL;
  if (status != napi_ok && work->code == TAPPS_OK) work->code = TAPPS_E_CANCELLED;
  if (work->code == TAPPS_OK) {
    if (work->result != NULL) result = work->result(env, work);
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

struct work* work_begin(napi_env env, napi_value value, int32_t (*run)(struct work* work)) {
  struct handle* handle = handle_open(env, value);
  struct work* work = handle == NULL ? NULL : calloc(1, sizeof(*work));
  if (work == NULL) return NULL;
  work->handle = handle;
  work->run = run;
  atomic_fetch_add(&handle->refs, 1);
  return work;
}

bool work_key(napi_env env, napi_value value, struct work* work) {
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

napi_value work_start(napi_env env, struct work* work, bool ready) {
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
