#include <gtest/gtest.h>

#include "stress/crew.h"

int main(int argc, char** argv) {
  int exit_code = 0;
  if (tapps::stress::RunWorker(argc, argv, &exit_code)) return exit_code;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
