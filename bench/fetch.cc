// Fetches through the C ABI: an answer from memory and from the file, with all that RFC 9111 wants
// to know of it (freshness, Vary, Age), misses with eight requests under way, and answers that are
// fetched, stored and agreed on with other processes, beside a bare libcurl multi loop that asks
// the same server for the same bytes in the same rounds.

#include <curl/curl.h>

#include <string>
#include <vector>

#include "harness.h"
#include "peers/loopback_server.h"
#include "peers/tapps_cache.h"
#include "workload.h"

using namespace bench;

namespace {

constexpr int kInFlight = 8;
constexpr int kMisses = 800;  // a round
constexpr size_t kPages = 2'000;
constexpr int kCold = 200;  // a round

tapps_fetch_options Options(int32_t policy) {
  tapps_fetch_options options{};
  options.struct_size = sizeof options;
  options.headers = "Accept: text/html\n";
  options.policy = policy;
  return options;
}

void Fetch(tapps_cache* cache, const std::string& url, int32_t from) {
  const tapps_fetch_options options = Options(TAPPS_FETCH_DEFAULT);
  tapps_value* value = nullptr;
  const void* data = nullptr;
  size_t size = 0;
  tapps_error* error = nullptr;
  if (tapps_cache_fetch(cache, url.c_str(), &options, &value, &data, &size, &error) != TAPPS_OK) {
    Fail(tapps_error_message(error));
  }
  if (from != 0) {
    tapps_info info;
    tapps_value_info(value, &info);
    Check(info.served_from == from, "the answer came from elsewhere");
  }
  Keep(data);
  tapps_value_release(value);
}

// Microseconds a miss takes, eight under way.
double TappsMisses(tapps_queue* queue, const std::string& url) {
  const tapps_fetch_options options = Options(TAPPS_FETCH_NO_STORE);
  const double begin = NowNs();
  int submitted = 0;
  int ended = 0;
  const auto submit = [&] {
    // Each is a request of its own: equal ones would share a flight.
    const std::string one = url + std::to_string(submitted++);
    Check(tapps_queue_fetch(queue, one.c_str(), &options, 0, nullptr, nullptr) == TAPPS_OK,
          "fetch refused");
  };
  while (submitted < kInFlight) submit();
  while (ended < kMisses) {
    tapps_record records[kInFlight];
    size_t count = 0;
    Check(tapps_queue_wait(queue, 10'000'000, records, kInFlight, &count, nullptr) == TAPPS_OK,
          "no answer");
    for (size_t i = 0; i < count; ++i) {
      Check(records[i].code == TAPPS_OK && records[i].size == 2048, "fetch failed");
      tapps_value_release(records[i].value);
      ++ended;
      if (submitted < kMisses) submit();
    }
  }
  return (NowNs() - begin) / kMisses / 1000;
}

// Microseconds of a fetch of what nobody has, one after the other; the answers are stored.
double TappsCold(tapps_cache* cache, const std::string& url, int* next) {
  const double begin = NowNs();
  for (int i = 0; i < kCold; ++i) Fetch(cache, url + std::to_string((*next)++), 0);
  return (NowNs() - begin) / kCold / 1000;
}

size_t Append(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

// The same with nothing but libcurl.
class BareCurl {
 public:
  BareCurl() : multi_(curl_multi_init()), slots_(kInFlight) {
    headers_ = curl_slist_append(nullptr, "Accept: text/html");
    for (Slot& slot : slots_) slot.easy = curl_easy_init();
  }
  ~BareCurl() {
    for (const Slot& slot : slots_) curl_easy_cleanup(slot.easy);
    curl_slist_free_all(headers_);
    curl_multi_cleanup(multi_);
  }

  // Microseconds a request takes, so many under way.
  double Misses(const std::string& url, int count, size_t in_flight) {
    const double begin = NowNs();
    submitted_ = 0;
    int ended = 0;
    for (size_t i = 0; i < in_flight; ++i) Start(&slots_[i], url);
    while (ended < count) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        Slot* slot = nullptr;
        Check(message->data.result == CURLE_OK, "libcurl failed");
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        Check(slot->body.size() == 2048, "libcurl lost something");
        curl_multi_remove_handle(multi_, slot->easy);
        ++ended;
        if (submitted_ < count) Start(slot, url);
      }
      if (ended < count) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
    return (NowNs() - begin) / count / 1000;
  }

 private:
  struct Slot {
    CURL* easy = nullptr;
    std::string body;
    std::string header;
  };

  void Start(Slot* slot, const std::string& url) {
    slot->body.clear();
    slot->header.clear();
    const std::string one = url + std::to_string(submitted_++);
    CURL* easy = slot->easy;
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, one.c_str());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot->body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, Append);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &slot->header);
    curl_multi_add_handle(multi_, easy);
  }

  CURLM* multi_;
  curl_slist* headers_ = nullptr;
  std::vector<Slot> slots_;
  int submitted_ = 0;
};

}  // namespace

int main() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const Folder folder;
  const LoopbackServer server(FreshAnswer());
  tapps_open_options options{};
  options.max_concurrency = kInFlight;
  TappsCache memory(folder.File("memory.db"), options);
  options.memory_bytes = 64 * 1024;  // hardly any: the pages come from the file
  TappsCache disk(folder.File("disk.db"), options);
  const std::string hot = server.Url("/docs/guide/index.html?lang=en");
  std::vector<std::string> pages;
  for (size_t i = 0; i < kPages; ++i) pages.push_back(server.Url("/page/" + std::to_string(i)));
  Fetch(memory.handle(), hot, TAPPS_FROM_NETWORK);
  for (const std::string& page : pages) Fetch(disk.handle(), page, TAPPS_FROM_NETWORK);
  memory.Flush();
  disk.Flush();
  Fetch(memory.handle(), hot, TAPPS_FROM_MEMORY);

  tapps_queue* queue = nullptr;
  Check(tapps_queue_open(memory.handle(), &queue, nullptr) == TAPPS_OK, "no queue");
  BareCurl bare;
  const std::string miss = server.Url("/miss/");
  Report report;
  size_t page = 0;
  const std::string cold = server.Url("/cold/");
  int next_cold = 0;
  for (int round = 0; round < 15; ++round) {
    report.Add("fetch hit, memory", "tapps", "mean", "ns",
               LoopNs(20'000, 500, [&](size_t) { Fetch(memory.handle(), hot, 0); }));
    report.Add("fetch hit, disk", "tapps", "mean", "ns", LoopNs(4'000, 100, [&](size_t) {
                 Fetch(disk.handle(), pages[(page += 577) % kPages], 0);
               }));
    for (int turn = 0; turn < 2; ++turn) {
      if ((round + turn) % 2 == 0) {
        report.Add("fetch miss, 8 in flight", "tapps", "mean", "us", TappsMisses(queue, miss));
      } else {
        report.Add("fetch miss, 8 in flight", "libcurl", "mean", "us",
                   bare.Misses(miss, kMisses, kInFlight));
      }
      if ((round + turn) % 2 == 0) {
        report.Add("fetch cold and stored, one at a time", "tapps", "mean", "us",
                   TappsCold(memory.handle(), cold, &next_cold));
      } else {
        report.Add("fetch cold and stored, one at a time", "libcurl", "mean", "us",
                   bare.Misses(cold, kCold, 1));
      }
    }
  }
  tapps_queue_release(queue);
}
