/* Options objects as the structs of tapps.h. */
#include <string.h>

#include "tapps_node.h"

static bool field_get(napi_env env, napi_value value, struct arena* arena,
                      const struct field* field, void* into) {
  int64_t number = 0;
  if (field->kind == FIELD_TEXT) return text_get(env, value, arena, into);
  napi_get_value_int64(env, value, &number);
  if (field->kind == FIELD_INT64) {
    memcpy(into, &number, sizeof(number));
  } else {
    const int32_t small = (int32_t)number; /* the bits of a uint32_t, too */
    memcpy(into, &small, sizeof(small));
  }
  return true;
}

bool options_get(napi_env env, napi_value object, struct arena* arena, const struct field* fields,
                 size_t count, void* options, size_t size) {
  const uint32_t struct_size = (uint32_t)size;
  memset(options, 0, size);
  memcpy(options, &struct_size, sizeof(struct_size));
  for (size_t i = 0; i < count; ++i) {
    napi_value value;
    if (member(env, object, fields[i].name, &value) &&
        !field_get(env, value, arena, &fields[i], (char*)options + fields[i].offset)) {
      return false;
    }
  }
  return true;
}
