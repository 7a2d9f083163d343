#include "workload.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>

#include "harness.h"

namespace bench {

Data::Data(size_t count) : keys_(count * kKeyBytes, '\0'), pool_(size_t{1} << 20, '\0') {
  for (size_t i = 0; i < count; ++i) {
    // Each number once, in no sorted order, as the keys of a cache come.
    const size_t number = i * 387'420'489 % 100'000'000;
    char key[kKeyBytes + 1];
    std::snprintf(key, sizeof key, "https://example.org/library/doc/%08zu", number);
    std::copy_n(key, kKeyBytes, keys_.begin() + static_cast<ptrdiff_t>(i * kKeyBytes));
  }
  std::mt19937_64 random(7);
  for (char& c : pool_) c = static_cast<char>(random());
}

Data Data::Read(const std::string& folder) {
  Data data;
  data.keys_ = ReadFile(folder + "/keys.bin");
  data.pool_ = ReadFile(folder + "/pool.bin");
  return data;
}

void Data::Write(const std::string& folder) const {
  WriteFile(folder + "/keys.bin", keys_);
  WriteFile(folder + "/pool.bin", pool_);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) Fail("cannot write " + path);
}

std::vector<uint32_t> ReadOrder(const std::string& path) {
  const std::string bytes = ReadFile(path);
  std::vector<uint32_t> order(bytes.size() / sizeof(uint32_t));
  std::memcpy(order.data(), bytes.data(), order.size() * sizeof(uint32_t));
  return order;
}

void WriteOrder(const std::string& path, const std::vector<uint32_t>& order) {
  WriteFile(path, {reinterpret_cast<const char*>(order.data()), order.size() * sizeof(uint32_t)});
}

std::vector<uint32_t> ZipfOrder(size_t count, size_t length, uint64_t seed) {
  std::vector<double> up_to(count);
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    sum += 1 / std::pow(static_cast<double>(i + 1), 0.99);
    up_to[i] = sum;
  }
  std::mt19937_64 random(seed);
  std::vector<uint32_t> places(count);
  std::iota(places.begin(), places.end(), 0);
  std::shuffle(places.begin(), places.end(), random);
  std::uniform_real_distribution<double> uniform(0, sum);
  std::vector<uint32_t> order(length);
  for (uint32_t& one : order) {
    const auto at = std::lower_bound(up_to.begin(), up_to.end(), uniform(random));
    one = places[std::min(static_cast<size_t>(at - up_to.begin()), count - 1)];
  }
  return order;
}

std::vector<uint32_t> UniformOrder(size_t count, size_t length, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<uint32_t> uniform(0, static_cast<uint32_t>(count - 1));
  std::vector<uint32_t> order(length);
  for (uint32_t& one : order) one = uniform(random);
  return order;
}

Folder::Folder() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base && *base ? base : "/tmp") + "/tapps-bench-XXXXXX";
  if (!mkdtemp(path_.data())) Fail("cannot make " + path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace bench
