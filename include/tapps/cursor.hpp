// Walks over keys. Include <tapps.hpp>.
#ifndef TAPPS_CURSOR_HPP
#define TAPPS_CURSOR_HPP

#include "../tapps.h"
#include "result.hpp"

namespace tapps::cxx {

// A walk over keys. One thread at a time.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(tapps_cursor* cursor) : cursor_(cursor) {}

  // The next entry, whose pointers live until the next call; NOT_FOUND after the last.
  Result<tapps_entry> Next() {
    tapps_entry entry{};
    tapps_error* error = nullptr;
    const int32_t code = tapps_cursor_next(cursor_.get(), &entry, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return entry;
  }
  tapps_cursor* get() const { return cursor_.get(); }

 private:
  detail::Owned<tapps_cursor, tapps_cursor_release> cursor_;
};

}  // namespace tapps::cxx

#endif  // TAPPS_CURSOR_HPP
