/* Many entries in one call. */
#include "option_readers.h"
#include "tapps_node.h"

static int32_t run_get_many(struct work* work) {
  return tapps_cache_get_many(work->handle->cache, work->space, work->gets, work->count,
                              &work->get_options, &work->error);
}

static int32_t run_put_many(struct work* work) {
  return tapps_cache_put_many(work->handle->cache, work->space, work->puts, work->count,
                              &work->put_options, &work->error);
}

/* An array of Buffer, undefined (not there) or TappsError. */
static napi_value gets_result(napi_env env, struct work* work) {
  napi_value array;
  TRY(napi_create_array_with_length(env, work->count, &array));
  for (size_t i = 0; i < work->count; ++i) {
    const tapps_get_item* item = &work->gets[i];
    napi_handle_scope scope;
    napi_value value = NULL;
    TRY(napi_open_handle_scope(env, &scope));
    if (item->code == TAPPS_OK) {
      value = buffer_new(env, item->data, item->size);
    } else if (item->code != TAPPS_E_NOT_FOUND) {
      value = error_new(env, item->code, NULL);
    }
    if (value != NULL) napi_set_element(env, array, (uint32_t)i, value);
    napi_close_handle_scope(env, scope);
  }
  return array;
}

/* getMany(handle, space, keys, flags) */
napi_value js_get_many(napi_env env, napi_callback_info info) {
  struct work* work;
  uint32_t count = 0;
  bool ready;
  ARGS(4);
  if ((work = work_begin(env, argv[0], run_get_many)) == NULL) return NULL;
  work->get_options.struct_size = sizeof(work->get_options);
  napi_get_value_uint32(env, argv[3], &work->get_options.flags);
  work->result = gets_result;
  napi_get_array_length(env, argv[2], &count);
  work->gets = arena_new(&work->arena, count * sizeof(*work->gets));
  ready = work->gets != NULL && text_get(env, argv[1], &work->arena, &work->space);
  for (uint32_t i = 0; ready && i < count; ++i) {
    napi_value key;
    ready = napi_get_element(env, argv[2], i, &key) == napi_ok && work_key(env, key, work);
    work->gets[i].key = work->key;
    work->gets[i].key_size = work->key_size;
    work->count = i + 1;
  }
  return work_start(env, work, ready);
}

/* putMany(handle, space, [key, value, ...], options) */
napi_value js_put_many(napi_env env, napi_callback_info info) {
  struct work* work;
  uint32_t count = 0;
  bool ready;
  ARGS(4);
  if ((work = work_begin(env, argv[0], run_put_many)) == NULL) return NULL;
  napi_get_array_length(env, argv[2], &count);
  work->count = count / 2;
  work->puts = arena_new(&work->arena, work->count * sizeof(*work->puts));
  ready = work->puts != NULL && text_get(env, argv[1], &work->arena, &work->space) &&
          put_options_get(env, argv[3], &work->arena, &work->put_options);
  for (uint32_t i = 0; ready && i < work->count; ++i) {
    napi_value key, value;
    ready = napi_get_element(env, argv[2], 2 * i, &key) == napi_ok &&
            napi_get_element(env, argv[2], 2 * i + 1, &value) == napi_ok &&
            work_key(env, key, work);
    work->puts[i].key = work->key;
    work->puts[i].key_size = work->key_size;
    ready = ready && work_key(env, value, work);
    work->puts[i].data = work->key;
    work->puts[i].size = work->key_size;
  }
  return work_start(env, work, ready);
}
