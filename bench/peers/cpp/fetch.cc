// tapps as an HTTP client through its C ABI.

#include <cstdio>
#include <iostream>
#include <string>

#include "../tapps_cache.h"

namespace {

using namespace bench;

constexpr size_t kHits = 100'000;
constexpr int kMisses = 800;
constexpr int kInFlight = 8;
constexpr size_t kBody = 2048;

class Client {
 public:
  Client(const std::string& workload, const std::string& scratch)
      : url_(ReadFile(workload + "/url")), cache_(scratch + "/fetch.db", Options()) {
    options_.struct_size = sizeof options_;
    options_.headers = "Accept: text/html\n";
    Check(tapps_queue_open(cache_.handle(), &queue_, nullptr) == TAPPS_OK, "no queue");
  }
  ~Client() { tapps_queue_release(queue_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Microseconds.
  double Hit() {
    const std::string url = url_ + "/hit";
    Get(url);
    return LoopNs(kHits, 500, [&](size_t) { Get(url); }) / 1000;
  }

  double Miss() {
    const double began = NowNs();
    int submitted = 0;
    const auto submit = [&] {
      const std::string url = url_ + "/miss/" + std::to_string(next_++);
      Check(tapps_queue_fetch(queue_, url.c_str(), &options_, 0, nullptr, nullptr) == TAPPS_OK,
            "fetch refused");
      ++submitted;
    };
    while (submitted < kInFlight) submit();
    for (int ended = 0; ended < kMisses;) {
      tapps_record records[kInFlight];
      size_t count = 0;
      Check(tapps_queue_wait(queue_, 10'000'000, records, kInFlight, &count, nullptr) == TAPPS_OK,
            "no answer");
      for (size_t i = 0; i < count; ++i, ++ended) {
        Check(records[i].code == TAPPS_OK && records[i].size == kBody, "fetch failed");
        tapps_value_release(records[i].value);
        if (submitted < kMisses) submit();
      }
    }
    return (NowNs() - began) / kMisses / 1000;
  }

 private:
  static tapps_open_options Options() {
    tapps_open_options options{};
    options.max_concurrency = kInFlight;
    return options;
  }
  void Get(const std::string& url) {
    tapps_value* value = nullptr;
    const void* data = nullptr;
    size_t size = 0;
    Check(tapps_cache_fetch(cache_.handle(), url.c_str(), &options_, &value, &data, &size,
                            nullptr) == TAPPS_OK &&
              size == kBody,
          "fetch failed");
    Keep(*static_cast<const char*>(data));
    tapps_value_release(value);
  }

  const std::string url_;
  TappsCache cache_;
  tapps_fetch_options options_{};
  tapps_queue* queue_ = nullptr;
  int next_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Check(argc == 4, "usage: contender WORKLOAD SCRATCH WHO");
  Client client(argv[1], argv[2]);
  for (std::string row; std::getline(std::cin, row);) {
    const double us = row == "fetch hit, clients" ? client.Hit() : client.Miss();
    std::printf(R"({"row":"%s","who":"%s","metric":"mean","unit":"us","value":%.6g})"
                "\n\n",
                row.c_str(), argv[3], us);
    std::fflush(stdout);
  }
}
