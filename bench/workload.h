#ifndef TAPPS_BENCH_WORKLOAD_H_
#define TAPPS_BENCH_WORKLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The same keys, values and orders of access for every contender; no run differs from another.
namespace bench {

constexpr size_t kKeyBytes = 40;
constexpr size_t kValueBytes = 1024;

// `count` keys of 40 bytes, up to 100 million, as URLs look, in no sorted order; with a value of 1
// KiB each that does not compress.
class Data {
 public:
  explicit Data(size_t count);
  // What Write has left in `folder`.
  static Data Read(const std::string& folder);
  // keys.bin and pool.bin, from which other languages make the same keys and values.
  void Write(const std::string& folder) const;
  size_t count() const { return keys_.size() / kKeyBytes; }
  std::string_view key(size_t i) const { return {keys_.data() + i * kKeyBytes, kKeyBytes}; }
  std::string_view value(size_t i) const {
    return {pool_.data() + i * 61 % (pool_.size() - kValueBytes), kValueBytes};
  }

 private:
  Data() = default;
  std::string keys_;
  std::string pool_;
};

// A whole file; Fail when it cannot be read or written.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, std::string_view bytes);
// An order of access as a file of little-endian numbers.
std::vector<uint32_t> ReadOrder(const std::string& path);
void WriteOrder(const std::string& path, const std::vector<uint32_t>& order);

// `length` numbers below `count`: Zipf with exponent 0.99, the popular ones scattered over the
// range; or uniform.
std::vector<uint32_t> ZipfOrder(size_t count, size_t length, uint64_t seed);
std::vector<uint32_t> UniformOrder(size_t count, size_t length, uint64_t seed);

// A folder under TMPDIR (else /tmp) that is gone at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace bench

#endif  // TAPPS_BENCH_WORKLOAD_H_
