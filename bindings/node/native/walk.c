/* Walks over entries, a page at a time. */
#include <stdlib.h>
#include <string.h>

#include "tapps_node.h"

enum { PAGE_MAX = 256 };

/* A cursor at rest between two pages; the pool takes it out. */
struct cursor_box {
  tapps_cursor* cursor;
};

static void cursor_collected(napi_env env, void* data, void* hint) {
  struct cursor_box* box = data;
  UNUSED(env);
  UNUSED(hint);
  tapps_cursor_release(box->cursor);
  free(box);
}

/* The entry at `entry` with copies of what it points to: a cursor's pointers die with its next
 * step. False without memory. */
static bool entry_keep(struct arena* arena, tapps_entry* entry) {
  entry->key = arena_copy(arena, entry->key, entry->key_size);
  entry->space = arena_copy(arena, entry->space, strlen(entry->space));
  if (entry->content_type != NULL) {
    entry->content_type = arena_copy(arena, entry->content_type, strlen(entry->content_type));
  }
  return entry->key != NULL && entry->space != NULL;
}

static int32_t run_page(struct work* work) {
  int32_t code = TAPPS_OK;
  work->entries = arena_new(&work->arena, PAGE_MAX * sizeof(tapps_entry));
  if (work->entries == NULL) return TAPPS_E_NOMEM;
  if (work->cursor == NULL) {
    code = tapps_cursor_open(work->handle->cache, work->space, work->key, work->key_size,
                             &work->cursor, &work->error);
  }
  while (code == TAPPS_OK && work->count < PAGE_MAX) {
    tapps_entry* entry = &work->entries[work->count];
    code = tapps_cursor_next(work->cursor, entry, &work->error);
    if (code != TAPPS_OK) break;
    if (!entry_keep(&work->arena, entry)) return TAPPS_E_NOMEM;
    ++work->count;
  }
  if (code != TAPPS_E_NOT_FOUND) return code;
  tapps_error_release(work->error); /* the end: a short page says so */
  work->error = NULL;
  return TAPPS_OK;
}

static napi_value entry_of_walk(napi_env env, const tapps_entry* entry) {
  napi_value object, key = buffer_new(env, entry->key, entry->key_size);
  if (key == NULL || napi_create_object(env, &object) != napi_ok) return NULL;
  napi_set_named_property(env, object, "key", key);
  set_text(env, object, "namespace", entry->space, NAPI_AUTO_LENGTH);
  set_text(env, object, "contentType", entry->content_type, NAPI_AUTO_LENGTH);
  set_number(env, object, "size", (double)entry->size);
  set_number(env, object, "createdUs", (double)entry->created_us);
  set_number(env, object, "expiresUs", (double)entry->expires_us);
  set_number(env, object, "lastUsedUs", (double)entry->last_used_us);
  set_number(env, object, "hits", (double)entry->hits);
  set_number(env, object, "flags", entry->flags);
  return object;
}

/* {cursor, entries} */
static napi_value page_result(napi_env env, struct work* work) {
  napi_value object, cursor, entries;
  struct cursor_box* box;
  TRY(napi_create_object(env, &object));
  TRY(napi_create_array_with_length(env, work->count, &entries));
  for (size_t i = 0; i < work->count; ++i) {
    napi_value entry = entry_of_walk(env, &work->entries[i]);
    if (entry == NULL) return NULL;
    napi_set_element(env, entries, (uint32_t)i, entry);
  }
  napi_set_named_property(env, object, "entries", entries);
  if ((box = calloc(1, sizeof(*box))) == NULL) return NULL;
  if (napi_create_external(env, box, cursor_collected, NULL, &cursor) != napi_ok) {
    free(box);
    return NULL;
  }
  box->cursor = work->cursor;
  work->cursor = NULL;
  napi_set_named_property(env, object, "cursor", cursor);
  return object;
}

/* page(handle, cursor | null, space, prefix) => {cursor, entries}; the cursor given is spent. */
napi_value js_page(napi_env env, napi_callback_info info) {
  struct work* work;
  napi_valuetype type;
  ARGS(4);
  if ((work = work_begin(env, argv[0], run_page)) == NULL) return NULL;
  work->result = page_result;
  napi_typeof(env, argv[1], &type);
  if (type == napi_external) {
    void* box = NULL;
    napi_get_value_external(env, argv[1], &box);
    work->cursor = ((struct cursor_box*)box)->cursor;
    ((struct cursor_box*)box)->cursor = NULL;
  }
  return work_start(
      env, work,
      text_get(env, argv[2], &work->arena, &work->space) && work_key(env, argv[3], work));
}
