/* Arguments of JavaScript as tapps.h takes them. */
#include <stdlib.h>
#include <string.h>

#include "tapps_node.h"

bool bytes_get(napi_env env, napi_value value, struct bytes* bytes) {
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

void bytes_free(struct bytes* bytes) { free(bytes->heap); }

bool text_get(napi_env env, napi_value value, struct arena* arena, const char** text) {
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

bool member(napi_env env, napi_value object, const char* name, napi_value* value) {
  napi_valuetype type;
  return napi_get_named_property(env, object, name, value) == napi_ok &&
         napi_typeof(env, *value, &type) == napi_ok && type != napi_undefined && type != napi_null;
}

bool call_begin(struct call* call, napi_env env, napi_callback_info info) {
  size_t argc = COUNT_OF(call->argv);
  call->env = env;
  call->handle = NULL;
  call->arena.first = NULL;
  call->space = NULL;
  call->key.heap = call->data.heap = NULL;
  call->error = NULL;
  call->op = 0;
  if (napi_get_cb_info(env, info, &argc, call->argv, NULL, NULL) != napi_ok) return false;
  call->handle = handle_open(env, call->argv[0]);
  return call->handle != NULL;
}

bool call_space(struct call* call, size_t at) {
  return text_get(call->env, call->argv[at], &call->arena, &call->space);
}

bool call_key(struct call* call, size_t at) {
  if (bytes_get(call->env, call->argv[at], &call->key)) return true;
  throw_type(call->env, "key: expected a string or Uint8Array");
  return false;
}

bool call_data(struct call* call, size_t at) {
  if (bytes_get(call->env, call->argv[at], &call->data)) return true;
  throw_type(call->env, "value: expected a string or Uint8Array");
  return false;
}

bool call_text(struct call* call, size_t at, const char** text) {
  return text_get(call->env, call->argv[at], &call->arena, text);
}

int64_t call_number(struct call* call, size_t at) {
  int64_t number = 0;
  napi_get_value_int64(call->env, call->argv[at], &number);
  return number;
}

bool call_flag(struct call* call, size_t at) {
  bool flag = false;
  napi_get_value_bool(call->env, call->argv[at], &flag);
  return flag;
}

napi_value call_done(struct call* call, int32_t code) {
  return code == TAPPS_OK ? NULL : throw_error(call->env, code, call->error);
}

napi_value call_op(struct call* call, int32_t code) {
  napi_value result;
  if (code != TAPPS_OK) return throw_error(call->env, code, call->error);
  TRY(napi_create_int64(call->env, call->op, &result));
  return result;
}

napi_value call_end(struct call* call, napi_value result) {
  arena_free(&call->arena);
  bytes_free(&call->key);
  bytes_free(&call->data);
  return result;
}
