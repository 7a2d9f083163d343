/* Failures of the library as exceptions of JavaScript. */
#include "tapps_node.h"

napi_value error_new(napi_env env, int32_t code, tapps_error* error) {
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

napi_value throw_error(napi_env env, int32_t code, tapps_error* error) {
  napi_value value = error_new(env, code, error);
  if (value != NULL) napi_throw(env, value);
  return NULL;
}

napi_value throw_type(napi_env env, const char* message) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, "TAPPS_INVALID", message);
  return NULL;
}
