#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/format.h"

namespace tapps::cli {
namespace {

int64_t Number(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_number() ? member->get<int64_t>() : 0;
}

size_t Columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

std::string ProgressLine(const Json& event, size_t columns) {
  constexpr int64_t kWidth = 24;
  const int64_t total = std::max<int64_t>(1, Number(event, "total"));
  const int64_t done = std::clamp<int64_t>(Number(event, "done"), 0, total);
  const auto filled = static_cast<size_t>(done * kWidth / total);
  std::string line = "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " +
                     std::to_string(done) + "/" + std::to_string(total);
  if (const int64_t bytes = Number(event, "bytes"); bytes > 0) line += "  " + HumanBytes(bytes);
  if (const int64_t eta = Number(event, "eta_us"); eta > 0 && done < total) {
    line += "  " + HumanDuration(eta) + " left";
  }
  const auto current = event.find("current");
  if (current != event.end() && current->is_string()) {
    line += "  " + Printable(current->get<std::string>());
  }
  if (line.size() >= columns) line.resize(columns == 0 ? 0 : columns - 1);
  return line;
}

ProgressBar::ProgressBar(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::Show(std::string_view event) {
  if (!shown_) return;
  const Json json = Json::parse(event, nullptr, false);
  if (!json.is_object()) return;
  std::fprintf(stderr, "\r\033[K%s", ProgressLine(json, Columns()).c_str());
}

}  // namespace tapps::cli
