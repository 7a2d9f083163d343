// Writes the workload that the contenders under peers/ read: peers/README.md says what is in it.
//
// usage: write_workload FOLDER ENTRIES CALLS

#include <cstdlib>

#include "harness.h"
#include "workload.h"

int main(int argc, char** argv) {
  bench::Check(argc == 4, "usage: write_workload FOLDER ENTRIES CALLS");
  const std::string folder = argv[1];
  const size_t entries = std::strtoul(argv[2], nullptr, 10);
  const size_t calls = std::strtoul(argv[3], nullptr, 10);
  bench::Data(entries).Write(folder);
  bench::WriteOrder(folder + "/zipf.u32", bench::ZipfOrder(entries, calls, 1));
  bench::WriteOrder(folder + "/uniform.u32", bench::UniformOrder(entries, calls, 2));
}
