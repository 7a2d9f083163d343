// The loopback server of the rows that fetch: prints its address and serves until its standard
// input ends. Every answer has 2 KiB and is fresh for a day.

#include <cstdio>
#include <iostream>
#include <string>

#include "peers/loopback_server.h"

int main() {
  const bench::LoopbackServer server(bench::FreshAnswer());
  std::printf("%s\n", server.Url("").c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
  }
}
