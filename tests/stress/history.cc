#include "stress/history.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <map>
#include <unordered_map>

namespace tapps::stress {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

struct Cluster {
  int64_t first_end = std::numeric_limits<int64_t>::max();
  int64_t last_begin = kNever;
  int64_t put_began = std::numeric_limits<int64_t>::max();
  int64_t first_get_end = std::numeric_limits<int64_t>::max();
  bool forward() const { return first_end < last_begin; }
  int64_t low() const { return std::min(first_end, last_begin); }
  int64_t high() const { return std::max(first_end, last_begin); }
};

using Clusters = std::unordered_map<int64_t, Cluster>;

std::string CheckKey(const Clusters& clusters) {
  std::vector<Cluster> forward;
  for (const auto& [value, cluster] : clusters) {
    if (cluster.first_get_end < cluster.put_began) {
      return "value " + std::to_string(value) + " was got before it was put, or never put";
    }
    if (cluster.forward()) forward.push_back(cluster);
  }
  std::sort(forward.begin(), forward.end(),
            [](const Cluster& a, const Cluster& b) { return a.low() < b.low(); });
  for (size_t i = 1; i < forward.size(); ++i) {
    if (forward[i].low() < forward[i - 1].high()) {
      return "two values stood at once at " + std::to_string(forward[i].low());
    }
  }
  for (const auto& [value, cluster] : clusters) {
    if (cluster.forward()) continue;
    const auto after =
        std::upper_bound(forward.begin(), forward.end(), cluster.low(),
                         [](int64_t low, const Cluster& zone) { return low < zone.low(); });
    if (after == forward.begin()) continue;
    const Cluster& zone = *std::prev(after);
    if (zone.low() < cluster.low() && cluster.high() < zone.high()) {
      return "value " + std::to_string(value) + " came and went while another one stood";
    }
  }
  return "";
}

}  // namespace

int64_t Nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

std::string CheckHistory(const std::vector<Operation>& history) {
  std::map<int32_t, Clusters> keys;
  for (const Operation& operation : history) {
    Clusters& clusters = keys[operation.key];
    // What was there before the history began.
    if (clusters.empty()) clusters[0] = {.first_end = kNever, .put_began = kNever};
    Cluster& cluster = clusters[operation.value];
    cluster.first_end = std::min(cluster.first_end, operation.ended);
    cluster.last_begin = std::max(cluster.last_begin, operation.began);
    if (operation.is_put != 0) {
      cluster.put_began = operation.began;
    } else {
      cluster.first_get_end = std::min(cluster.first_get_end, operation.ended);
    }
  }
  for (const auto& [key, clusters] : keys) {
    if (std::string problem = CheckKey(clusters); !problem.empty()) {
      return "key " + std::to_string(key) + ": " + problem;
    }
  }
  return "";
}

std::string CheckNothingStale(const std::vector<Operation>& history) {
  struct Puts {
    std::map<int64_t, int64_t> began_by_end;  // the latest begin of the puts that ended by then
    std::unordered_map<int64_t, int64_t> ended;
  };
  std::map<int32_t, Puts> keys;
  std::vector<Operation> in_order = history;
  std::sort(in_order.begin(), in_order.end(),
            [](const Operation& a, const Operation& b) { return a.ended < b.ended; });
  for (const Operation& operation : in_order) {
    if (operation.is_put == 0) continue;
    Puts& puts = keys[operation.key];
    const int64_t before = puts.began_by_end.empty() ? kNever : puts.began_by_end.rbegin()->second;
    puts.began_by_end[operation.ended] = std::max(before, operation.began);
    puts.ended[operation.value] = operation.ended;
  }
  for (const Operation& operation : history) {
    if (operation.is_put != 0) continue;
    const Puts& puts = keys[operation.key];
    const auto after = puts.began_by_end.lower_bound(operation.began);
    if (after == puts.began_by_end.begin()) continue;
    const auto known = puts.ended.find(operation.value);
    const int64_t ended = known == puts.ended.end() ? kNever : known->second;
    if (ended < std::prev(after)->second) {
      return "key " + std::to_string(operation.key) + ": value " + std::to_string(operation.value) +
             " was got after it had been replaced";
    }
  }
  return "";
}

}  // namespace tapps::stress
