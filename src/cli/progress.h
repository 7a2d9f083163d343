#ifndef TAPPS_CLI_PROGRESS_H_
#define TAPPS_CLI_PROGRESS_H_

#include <string>
#include <string_view>

#include "cli/json.h"

namespace tapps::cli {

// One line for a progress event of a warm run: a bar, counts, the library at work, bytes, time
// left; at most `columns` wide.
std::string ProgressLine(const Json& event, size_t columns);

// The line on stderr that is drawn anew; nothing where stderr is no terminal.
class ProgressBar {
 public:
  explicit ProgressBar(bool wanted);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `event` is the JSON of a TAPPS_EVENT_PROGRESS.
  void Show(std::string_view event);

 private:
  const bool shown_;
};

}  // namespace tapps::cli

#endif  // TAPPS_CLI_PROGRESS_H_
