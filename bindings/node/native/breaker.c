/* Circuit breakers. */
#include <string.h>

#include "option_readers.h"
#include "tapps_node.h"

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

/* breakerOpen(handle, name, options | null) => breaker */
napi_value js_breaker_open(napi_env env, napi_callback_info info) {
  struct call call;
  tapps_breaker_options options;
  tapps_breaker* breaker = NULL;
  const char* name = NULL;
  napi_value result = NULL;
  if (call_begin(&call, env, info) && call_text(&call, 1, &name)) {
    napi_valuetype type = napi_null;
    napi_typeof(env, call.argv[2], &type);
    if (type != napi_object || breaker_options_get(env, call.argv[2], &call.arena, &options)) {
      const int32_t code = tapps_breaker_open(
          call.handle->cache, name, type == napi_object ? &options : NULL, &breaker, &call.error);
      if (code != TAPPS_OK) {
        throw_error(env, code, call.error);
      } else if (napi_create_external(env, breaker, breaker_collected, NULL, &result) != napi_ok) {
        tapps_breaker_release(breaker);
      }
    }
  }
  return call_end(&call, result);
}

static napi_value number_new(napi_env env, int32_t code, int64_t number, tapps_error* error) {
  napi_value result;
  if (code != TAPPS_OK) return throw_error(env, code, error);
  TRY(napi_create_int64(env, number, &result));
  return result;
}

/* breakerAcquire(breaker) => permit */
napi_value js_breaker_acquire(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  tapps_error* error = NULL;
  int64_t permit = 0;
  int32_t code;
  ARGS(1);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  code = tapps_breaker_acquire(breaker, &permit, &error);
  return number_new(env, code, permit, error);
}

/* submitAcquire(handle, breaker, waitUs) => op */
napi_value js_submit_acquire(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value result = NULL;
  if (call_begin(&call, env, info)) {
    tapps_breaker* breaker = breaker_get(env, call.argv[1]);
    if (breaker != NULL) {
      result = call_op(&call, tapps_queue_acquire(call.handle->queue, breaker,
                                                  call_number(&call, 2), 0, &call.op, &call.error));
    }
  }
  return call_end(&call, result);
}

/* breakerReport(breaker, permit, outcome) */
napi_value js_breaker_report(napi_env env, napi_callback_info info) {
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

/* breakerRetry(breaker, attempt, status, retryAfterUs) => delay in microseconds */
napi_value js_breaker_retry(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  tapps_error* error = NULL;
  int64_t attempt = 0, retry_after = 0, delay = 0;
  int32_t status = 0, code;
  ARGS(4);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  napi_get_value_int64(env, argv[1], &attempt);
  napi_get_value_int32(env, argv[2], &status);
  napi_get_value_int64(env, argv[3], &retry_after);
  code = tapps_breaker_retry(breaker, attempt, status, retry_after, &delay, &error);
  return number_new(env, code, delay, error);
}

/* breakerLimit(breaker, calls, withinUs) */
napi_value js_breaker_limit(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  tapps_error* error = NULL;
  int64_t calls = 0, within = 0;
  int32_t code;
  ARGS(3);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  napi_get_value_int64(env, argv[1], &calls);
  napi_get_value_int64(env, argv[2], &within);
  code = tapps_breaker_limit(breaker, calls, within, &error);
  return code == TAPPS_OK ? NULL : throw_error(env, code, error);
}

/* breakerRead(breaker) => numbers */
napi_value js_breaker_read(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  tapps_breaker_info read;
  napi_value object;
  ARGS(1);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  memset(&read, 0, sizeof(read));
  tapps_breaker_read(breaker, &read);
  TRY(napi_create_object(env, &object));
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
  set_number(env, object, "waiting", (double)read.waiting);
  set_number(env, object, "quotaUs", (double)read.quota_us);
  set_number(env, object, "windowCalls", (double)read.window_calls);
  set_number(env, object, "windowFailures", (double)read.window_failures);
  set_number(env, object, "windowSlow", (double)read.window_slow);
  return object;
}

/* breakerForce(breaker, mode) */
napi_value js_breaker_force(napi_env env, napi_callback_info info) {
  tapps_breaker* breaker;
  tapps_error* error = NULL;
  int32_t mode = 0, code;
  ARGS(2);
  if ((breaker = breaker_get(env, argv[0])) == NULL) return NULL;
  napi_get_value_int32(env, argv[1], &mode);
  code = tapps_breaker_force(breaker, mode, &error);
  return code == TAPPS_OK ? NULL : throw_error(env, code, error);
}
