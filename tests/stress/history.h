#ifndef TAPPS_TESTS_STRESS_HISTORY_H_
#define TAPPS_TESTS_STRESS_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace tapps::stress {

// One call of one process, as it saw it. Times are CLOCK_MONOTONIC, nanoseconds, which processes of
// a machine share. Each put writes a value of its own; 0 stands for "not there".
struct Operation {
  int64_t began;
  int64_t ended;
  int64_t value;  // put, or got
  int32_t key;
  int32_t is_put;
};

int64_t Nanoseconds();

// Whether there is an order of all operations, each at a moment between its begin and its end, in
// which every get returns the put before it; "" or what speaks against it, of the first key for
// which something does. A put that failed must not be in the history.
//
// The test of Gibbons and Korach ("Testing Shared Memories", 1997) for values that are written
// once: a put and its gets are a cluster, from the earliest end to the latest begin in it; in this
// order that is a time in which the value stood (forward zone), and no two such may overlap; the
// other way round it is a time in which it stood at some moment (backward zone), and none may lie
// within a forward one. With a get that ended before its put began there is no order at all.
std::string CheckHistory(const std::vector<Operation>& history);

// Less: that no get returned a value that had been replaced by a put which began after that value's
// put had ended, and ended before the get began. For puts that others may see before they end.
std::string CheckNothingStale(const std::vector<Operation>& history);

}  // namespace tapps::stress

#endif  // TAPPS_TESTS_STRESS_HISTORY_H_
