#ifndef TAPPS_HTTP_BODY_H_
#define TAPPS_HTTP_BODY_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/value.h"
#include "http/headers.h"
#include "http/spill_file.h"
#include "http/url.h"

namespace tapps::http {

// How much memory bodies may take while they come in.
struct BodyOptions {
  std::string folder;                    // for files of large bodies; "": they stay in memory
  size_t spill_above = size_t{1} << 20;  // a body of more bytes goes to a file
  size_t memory = size_t{64} << 20;      // for all bodies of a transport; more go to files at once
  // Answers that may not be written to a disk, by their URL and fields. Empty: none.
  std::function<bool(const Url&, const Headers&)> keep_off_disk;
};

// The memory that the bodies under way share. One thread.
//
// Together they take `memory` bytes and what one of them, the first that found no room, takes
// beyond that: what cannot go to a file is not refused when it is alone.
class BodyRoom {
 public:
  explicit BodyRoom(BodyOptions options) : options_(std::move(options)) {}
  const BodyOptions& options() const { return options_; }
  size_t used() const { return used_; }

 private:
  friend class Body;
  bool Fits(size_t bytes) const {
    return bytes <= options_.memory && used_ <= options_.memory - bytes;
  }
  // For a body that has no other place.
  bool Take(const void* body, size_t bytes);
  void GiveBack(const void* body, size_t bytes);

  const BodyOptions options_;
  size_t used_ = 0;
  const void* beyond_ = nullptr;  // the body that may take more than there is
};

// One body that comes in: in memory as long as it is small, then in a file (spill_file.h). When
// there is no file to be had, or the disk gets full, it goes on in memory while there is room. One
// thread.
class Body {
 public:
  // `limit`: the most bytes it will get. `room` outlives it.
  Body(BodyRoom& room, size_t limit) : room_(room), limit_(limit) {}
  ~Body() { Drop(); }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  void KeepOffDisk() { on_disk_ = false; }
  // BUSY when other bodies have taken the memory that this one needs, FULL when it is for a full
  // disk that it needs it, IO. The body is of no use after a failure.
  Status Append(std::string_view bytes);
  size_t size() const { return file_.is_open() ? file_.size() : memory_.size(); }
  // The whole; null when it is empty. Once.
  Result<ValueRef> Finish();
  // Frees all.
  void Drop();

 private:
  bool SpillAnd(std::string_view bytes);
  Status TakeBack();
  Status AppendToMemory(std::string_view bytes);
  Status NoRoom() const;

  BodyRoom& room_;
  const size_t limit_;
  bool on_disk_ = true;  // it may go there
  Status no_file_;       // why there is none
  std::string memory_;
  SpillFile file_;
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_BODY_H_
