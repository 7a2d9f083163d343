#include <deque>

#include "capi/handles.h"

using namespace tapps;        // NOLINT(google-build-using-namespace): exported functions only
using namespace tapps::capi;  // NOLINT(google-build-using-namespace)

// A page of the listing at a time.
struct tapps_cursor {
  static constexpr size_t kPage = 256;

  std::shared_ptr<Session> session;
  std::string space;
  std::string prefix;
  std::deque<storage::Listed> page;
  storage::Listed current;  // what the host looks at
  int64_t after = 0;
  bool end = false;

  Status Next(tapps_entry* entry) {
    TAPPS_RETURN_IF_ERROR(session->Check());
    if (page.empty() && !end) {
      TAPPS_ASSIGN_OR_RETURN(auto listed,
                             session->engine->cache->List(space, prefix, after, kPage));
      end = listed.size() < kPage;
      if (!listed.empty()) after = listed.back().id;
      page.assign(std::make_move_iterator(listed.begin()), std::make_move_iterator(listed.end()));
    }
    if (page.empty()) return Status::Bare(TAPPS_E_NOT_FOUND);
    current = std::move(page.front());
    page.pop_front();
    entry->key = current.key.data();
    entry->key_size = current.key.size();
    entry->space = current.space.c_str();
    entry->content_type = current.content_type.empty() ? nullptr : current.content_type.c_str();
    entry->size = current.size;
    entry->created_us = current.created_us;
    entry->expires_us = current.expires_us;
    entry->last_used_us = current.last_used_us;
    entry->hits = current.hits;
    entry->flags = current.flags;
    return {};
  }
};

int32_t tapps_cursor_open(tapps_cache* cache, const char* space, const void* prefix,
                          size_t prefix_size, tapps_cursor** cursor, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckNotNull("cursor", cursor));
    *cursor = nullptr;
    TAPPS_RETURN_IF_ERROR(CheckNotNull("cache", cache));
    TAPPS_RETURN_IF_ERROR(cache->session->Check());
    TAPPS_ASSIGN_OR_RETURN(const std::string_view checked, CheckSpace(space));
    if (prefix_size > 0) TAPPS_RETURN_IF_ERROR(CheckNotNull("prefix", prefix));
    // What cannot be written now is left out rather than waited for.
    (void)cache->cache().Flush(0);
    *cursor =
        new tapps_cursor{.session = cache->session,
                         .space = std::string(checked),
                         .prefix = std::string(static_cast<const char*>(prefix), prefix_size)};
    return {};
  });
}

int32_t tapps_cursor_next(tapps_cursor* cursor, tapps_entry* entry, tapps_error** err) {
  return Guard(err, [&]() -> Status {
    TAPPS_RETURN_IF_ERROR(CheckNotNull("entry", entry));
    *entry = tapps_entry{};
    TAPPS_RETURN_IF_ERROR(CheckNotNull("cursor", cursor));
    return cursor->Next(entry);
  });
}

void tapps_cursor_release(tapps_cursor* cursor) {
  if (!cursor || cursor->session->fork.Forked()) return;
  Quietly([&] { delete cursor; });
}
