#ifndef TAPPS_TESTS_CLI_PROGRAM_H_
#define TAPPS_TESTS_CLI_PROGRAM_H_

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/child.h"
#include "support/temp_dir.h"

namespace tapps::cli {

// The program as users run it: a child with a cache of its own, no home of theirs.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    options_.env = {{"HOME", dir_.path()}, {"TAPPS_CACHE", cache_}};
    options_.unset = {"XDG_CACHE_HOME", "VIRTUAL_ENV"};
    options_.folder = dir_.path();
  }

  test::ChildResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TAPPS_PROGRAM);
    const test::ChildResult result = test::RunChild(arguments, options_);
    EXPECT_FALSE(result.timed_out);
    EXPECT_LT(result.exit_code, 128) << result.err;
    return result;
  }
  // Runs with --json; the document on stdout, which must be one.
  nlohmann::json Json(std::vector<std::string> arguments, int exit_code = 0) {
    arguments.insert(arguments.begin(), "--json");
    const test::ChildResult result = Run(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    const auto json = nlohmann::json::parse(result.out, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << result.out;
    return json;
  }

  test::TempDir dir_;
  const std::string cache_ = dir_.File("cache.db");
  test::ChildOptions options_;
};

}  // namespace tapps::cli

#endif  // TAPPS_TESTS_CLI_PROGRAM_H_
