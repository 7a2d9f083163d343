/* Generated from include/tapps.h by tools/generate_bindings.py; do not edit. */
/* clang-format off */
#ifndef TAPPS_OPTION_READERS_H
#define TAPPS_OPTION_READERS_H

#include "tapps_node.h"

/* Each fills the struct from the members of an object that are there; texts go into the arena.
 * False with an exception pending. */
bool open_options_get(napi_env env, napi_value object, struct arena* arena, tapps_open_options* options);
bool get_options_get(napi_env env, napi_value object, struct arena* arena, tapps_get_options* options);
bool put_options_get(napi_env env, napi_value object, struct arena* arena, tapps_put_options* options);
bool space_options_get(napi_env env, napi_value object, struct arena* arena, tapps_space_options* options);
bool load_options_get(napi_env env, napi_value object, struct arena* arena, tapps_load_options* options);
bool fetch_options_get(napi_env env, napi_value object, struct arena* arena, tapps_fetch_options* options);
bool docs_options_get(napi_env env, napi_value object, struct arena* arena, tapps_docs_options* options);
bool warm_options_get(napi_env env, napi_value object, struct arena* arena, tapps_warm_options* options);
bool breaker_options_get(napi_env env, napi_value object, struct arena* arena, tapps_breaker_options* options);

#endif /* TAPPS_OPTION_READERS_H */
