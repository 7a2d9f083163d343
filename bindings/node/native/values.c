/* Values of the library as objects of JavaScript. */
#include "tapps_node.h"

void set_number(napi_env env, napi_value object, const char* name, double number) {
  napi_value value;
  if (napi_create_double(env, number, &value) == napi_ok) {
    napi_set_named_property(env, object, name, value);
  }
}

void set_text(napi_env env, napi_value object, const char* name, const char* text, size_t size) {
  napi_value value;
  if (text != NULL && napi_create_string_utf8(env, text, size, &value) == napi_ok) {
    napi_set_named_property(env, object, name, value);
  }
}

napi_value buffer_new(napi_env env, const void* data, size_t size) {
  napi_value buffer;
  TRY(napi_create_buffer_copy(env, size, data, NULL, &buffer));
  return buffer;
}

napi_value info_new(napi_env env, const tapps_value* value) {
  static const struct {
    int32_t text;
    const char* name;
  } texts[] = {{TAPPS_TEXT_CONTENT_TYPE, "contentType"},
               {TAPPS_TEXT_SOURCE, "source"},
               {TAPPS_TEXT_TAGS, "tags"},
               {TAPPS_TEXT_JSON, "json"},
               {TAPPS_TEXT_URL, "url"},
               {TAPPS_TEXT_CACHE_STATUS, "cacheStatus"},
               {TAPPS_TEXT_WARNING, "warning"},
               {TAPPS_TEXT_LIBRARY, "library"},
               {TAPPS_TEXT_LIBRARY_VERSION, "libraryVersion"},
               {TAPPS_TEXT_ECOSYSTEM, "ecosystem"},
               {TAPPS_TEXT_TOPIC, "topic"}};
  tapps_info info;
  napi_value object, headers;
  size_t size = 0;
  const char* text;
  TRY(napi_create_object(env, &object));
  tapps_value_info(value, &info);
  set_number(env, object, "version", (double)info.version);
  set_number(env, object, "createdUs", (double)info.created_us);
  set_number(env, object, "expiresUs", (double)info.expires_us);
  set_number(env, object, "staleUntilUs", (double)info.stale_until_us);
  set_number(env, object, "ageUs", (double)info.age_us);
  set_number(env, object, "tokens", (double)info.tokens);
  set_number(env, object, "servedFrom", info.served_from);
  set_number(env, object, "flags", info.flags);
  set_number(env, object, "httpStatus", info.http_status);
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i) {
    text = tapps_value_text(value, texts[i].text, &size);
    set_text(env, object, texts[i].name, text, size);
  }
  text = tapps_value_text(value, TAPPS_TEXT_HEADERS, &size);
  if (text != NULL && napi_create_string_latin1(env, text, size, &headers) == napi_ok) {
    napi_set_named_property(env, object, "headers", headers); /* header values are bytes to fetch */
  }
  return object;
}

napi_value entry_new(napi_env env, const tapps_value* value, const void* data, size_t size) {
  napi_value object = info_new(env, value), buffer = buffer_new(env, data, size);
  if (object == NULL || buffer == NULL) return NULL;
  napi_set_named_property(env, object, "data", buffer);
  return object;
}
