/* Fetches, documentation, plans and their runs. */
#include <string.h>

#include "option_readers.h"
#include "tapps_node.h"

/* The options with the body, which the generated reader leaves out; it is borrowed by `call`. */
static bool fetch_get(struct call* call, napi_value object, tapps_fetch_options* options) {
  napi_value body;
  if (!fetch_options_get(call->env, object, &call->arena, options)) return false;
  if (!member(call->env, object, "body", &body)) return true;
  if (!bytes_get(call->env, body, &call->data)) {
    throw_type(call->env, "body: expected a string or Uint8Array");
    return false;
  }
  options->body = call->data.data;
  options->body_size = call->data.size;
  return true;
}

/* submitFetch(handle, url, options) => op */
napi_value js_submit_fetch(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_fetch_options options;
  const char* url = NULL;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_text(&call, 1, &url) &&
      fetch_get(&call, call.argv[2], &options)) {
    result = call_op(
        &call, tapps_queue_fetch(call.handle->queue, url, &options, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

/* submitFetchMany(handle, urls, count, options, parallel) => array of ops; urls one a line */
napi_value js_submit_fetch_many(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_fetch_options options;
  const char* urls = NULL;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_text(&call, 1, &urls) &&
      fetch_get(&call, call.argv[3], &options)) {
    const size_t capacity = (size_t)call_number(&call, 2);
    int64_t* ops = arena_new(&call.arena, (capacity + 1) * sizeof(*ops));
    size_t count = 0;
    const int32_t code = ops == NULL ? TAPPS_E_NOMEM
                                     : tapps_queue_fetch_many(call.handle->queue, urls, &options,
                                                              call_number(&call, 4), 0, ops,
                                                              capacity, &count, &call.error);
    if (code != TAPPS_OK) {
      throw_error(env, code, call.error);
    } else if (napi_create_array_with_length(env, count, &result) == napi_ok) {
      for (size_t i = 0; i < count; ++i) {
        napi_value op;
        napi_create_int64(env, ops[i], &op);
        napi_set_element(env, result, (uint32_t)i, op);
      }
    }
  }
  return call_end(&call, result);
}

/* submitDocs(handle, library, options) => op */
napi_value js_submit_docs(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_docs_options options;
  const char* library = NULL;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_text(&call, 1, &library) &&
      docs_options_get(env, call.argv[2], &call.arena, &options)) {
    result = call_op(
        &call, tapps_queue_docs(call.handle->queue, library, &options, 0, &call.op, &call.error));
  }
  return call_end(&call, result);
}

static void plan_collected(napi_env env, void* data, void* hint) {
  UNUSED(env);
  UNUSED(hint);
  tapps_plan_release(data);
}

static int32_t run_plan(struct work* work) {
  return tapps_plan_open(work->handle->cache, work->key, &work->warm_options, &work->plan,
                         &work->error);
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

/* plan(handle, folder, options) => promise of {plan, description} */
napi_value js_plan(napi_env env, napi_callback_info info) {
  struct work* work;
  ARGS(3);
  if ((work = work_begin(env, argv[0], run_plan)) == NULL) return NULL;
  work->result = plan_result;
  return work_start(env, work,
                    text_get(env, argv[1], &work->arena, &work->key) &&
                        warm_options_get(env, argv[2], &work->arena, &work->warm_options));
}

/* submitWarm(handle, plan) => op */
napi_value js_submit_warm(napi_env env, napi_callback_info info) {
  struct call call;
  void* plan = NULL;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    if (napi_get_value_external(env, call.argv[1], &plan) != napi_ok) {
      throw_type(env, "not a plan");
    } else {
      result = call_op(&call, tapps_queue_warm(call.handle->queue, plan, 0, &call.op, &call.error));
    }
  }
  return call_end(&call, result);
}
