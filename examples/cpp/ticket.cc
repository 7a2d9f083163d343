// ticket: hands out numbers in a row, each once, to any number of processes.
//
//     c++ -std=c++17 -o ticket ticket.cc $(pkg-config --cflags --libs tapps)
//     ./ticket builds        prints 1, then 2, ...
//
// A number is taken by a conditional write: who meets a version that has changed meanwhile reads
// the entry again.
#include <cstdlib>
#include <iostream>
#include <string>
#include <tapps.hpp>

namespace tc = tapps::cxx;

namespace {

constexpr char kSpace[] = "tickets";

// The next number of a row, or why there is none.
tc::Result<long> Take(tc::Cache& cache, const std::string& row) {
  auto options = tc::Options<tapps_put_options>();
  options.ttl_us = TAPPS_NONE;
  options.timeout_us = tc::Microseconds(std::chrono::seconds(30));  // others have their turn, too
  for (;;) {
    auto last = cache.Get(row, kSpace);
    if (!last && last.code() != TAPPS_E_NOT_FOUND) return std::move(last).error();
    const long next = last ? std::stol(std::string(last->bytes())) + 1 : 1;
    const int64_t version = last ? last->info().version : 0;
    auto taken = cache.Swap(row, version, std::to_string(next), kSpace, &options);
    if (taken) return next;
    if (taken.code() != TAPPS_E_EXISTS) return std::move(taken).error();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: ticket ROW\n";
    return 2;
  }
  auto cache = tc::Cache::Open(std::getenv("TAPPS_CACHE"));
  if (!cache) {
    std::cerr << "ticket: " << cache.error().message() << '\n';
    return 1;
  }
  const auto number = Take(*cache, argv[1]);
  if (!number) {
    std::cerr << "ticket: " << number.error().message() << '\n';
    return 1;
  }
  std::cout << *number << '\n';
  return 0;
}
