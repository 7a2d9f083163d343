/* The module: what it exports. */
#include <stdlib.h>

#include "tapps_node.h"

/* init(makeError): once, before anything else. */
static napi_value js_init(napi_env env, napi_callback_info info) {
  struct instance* instance = NULL;
  ARGS(1);
  TRY(napi_get_instance_data(env, (void**)&instance));
  if (instance->make_error != NULL) napi_delete_reference(env, instance->make_error);
  instance->make_error = NULL;
  napi_create_reference(env, argv[0], 1, &instance->make_error);
  return NULL;
}

static void instance_gone(napi_env env, void* data, void* hint) {
  UNUSED(env);
  UNUSED(hint);
  free(data);
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
#define ROW(name, function) {name, function},
  static const struct {
    const char* name;
    napi_callback function;
  } functions[] = {ROW("init", js_init) TAPPS_NODE_FUNCTIONS(ROW)};
#undef ROW
  struct instance* instance = calloc(1, sizeof(*instance));
  if (instance == NULL) return NULL;
  TRY(napi_set_instance_data(env, instance, instance_gone, NULL));
  for (size_t i = 0; i < COUNT_OF(functions); ++i) {
    napi_value function;
    TRY(napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL,
                             &function));
    TRY(napi_set_named_property(env, exports, functions[i].name, function));
  }
  set_text(env, exports, "version", tapps_version(), NAPI_AUTO_LENGTH);
  set_number(env, exports, "abi", tapps_abi());
  set_number(env, exports, "neededAbi", TAPPS_ABI);
  return exports;
}
