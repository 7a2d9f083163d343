#ifndef TAPPS_TESTS_SUPPORT_CHILD_H_
#define TAPPS_TESTS_SUPPORT_CHILD_H_

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace tapps::test {

struct ChildOptions {
  std::string input;                       // what the child finds on stdin
  std::string folder;                      // where it runs; empty: here
  std::map<std::string, std::string> env;  // added to this process's environment
  std::vector<std::string> unset;          // taken out of it
  std::chrono::milliseconds deadline = std::chrono::seconds(30);
};

struct ChildResult {
  int exit_code = -1;  // 128 + signal when one ended it
  bool timed_out = false;
  std::string out;
  std::string err;
};

// Runs a program (argv[0], looked up on PATH) to its end and captures what it prints; one that is
// still running at the deadline is killed.
ChildResult RunChild(const std::vector<std::string>& argv, const ChildOptions& options = {});

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_CHILD_H_
