// A program that fetches for the conformance suite, through tapps.h alone:
//
//   driver FILE [--keep-set-cookie] [--small-memory]
//
// Takes one JSON object a line on stdin, {"id", "url", "method", "headers": [[name, value]...],
// "body", "policy"}, and answers each with one on stdout, in the order they complete: {"id",
// "status", "headers", "body", "from", "cacheStatus"}, or {"id", "error"}. Header values and bodies
// are bytes, each written as the character of that number. What a fetch stored is committed before
// its answer is printed, so that another process may look for it.
#include <cstring>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>

#include "tapps.h"

namespace {

using Json = nlohmann::json;

std::string BytesToText(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return text;
}

std::string TextToBytes(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0xc0 && i + 1 < text.size()) {
      bytes += static_cast<char>((byte & 0x03) << 6 | (text[++i] & 0x3f));
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

Json ErrorAnswer(uint64_t id, const tapps_error* error) {
  return {{"id", id},
          {"error", std::string(tapps_code_name(tapps_error_code(error))) + ": " +
                        BytesToText(tapps_error_message(error))}};
}

Json HeaderList(std::string_view text) {
  Json headers = Json::array();
  while (!text.empty()) {
    const size_t end = std::min(text.find("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    const size_t colon = line.find(": ");
    if (colon != std::string_view::npos) {
      headers.push_back({BytesToText(line.substr(0, colon)), BytesToText(line.substr(colon + 2))});
    }
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return headers;
}

Json Answer(const tapps_record& record) {
  if (record.code != TAPPS_OK) return ErrorAnswer(record.user_data, record.error);
  tapps_info info;
  tapps_value_info(record.value, &info);
  const auto text = [&](int32_t which) -> std::string {
    const char* found = tapps_value_text(record.value, which, nullptr);
    return found ? found : "";
  };
  return {{"id", record.user_data},
          {"status", info.http_status},
          {"headers", HeaderList(text(TAPPS_TEXT_HEADERS))},
          {"body", BytesToText({static_cast<const char*>(record.data), record.size})},
          {"from", info.served_from},
          {"cacheStatus", text(TAPPS_TEXT_CACHE_STATUS)}};
}

void Print(const Json& answer) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  std::cout << answer.dump() << std::endl;
}

// Starts the fetch a line asks for; what cannot be started is answered at once.
void Submit(tapps_queue* queue, const Json& line) {
  const auto id = line.at("id").get<uint64_t>();
  const std::string url = line.at("url").get<std::string>();
  const std::string method = line.value("method", "GET");
  const std::string body = TextToBytes(line.value("body", ""));
  std::string headers;
  for (const Json& field : line.at("headers")) {
    headers += TextToBytes(field.at(0).get<std::string>()) + ": " +
               TextToBytes(field.at(1).get<std::string>()) + "\n";
  }
  tapps_fetch_options options = {};
  options.struct_size = sizeof options;
  options.method = method.c_str();
  options.headers = headers.c_str();
  options.max_redirects = TAPPS_NONE;
  options.policy = line.value("policy", TAPPS_FETCH_DEFAULT + 0);
  if (line.contains("body")) {
    options.body = body.data();
    options.body_size = body.size();
  }
  tapps_error* error = nullptr;
  if (tapps_queue_fetch(queue, url.c_str(), &options, id, nullptr, &error) != TAPPS_OK) {
    Print(ErrorAnswer(id, error));
    tapps_error_release(error);
  }
}

void AnswerAll(tapps_cache* cache, tapps_queue* queue) {
  for (;;) {
    tapps_record record = {};
    size_t count = 0;
    if (tapps_queue_wait(queue, TAPPS_UNLIMITED, &record, 1, &count, nullptr) != TAPPS_OK) return;
    if (count == 0) continue;
    if (record.kind == TAPPS_RECORD_FLUSH) return;  // the sign to end
    (void)tapps_cache_flush(cache, 0, nullptr);
    Print(Answer(record));
    tapps_value_release(record.value);
    tapps_error_release(record.error);
  }
}

}  // namespace

int main(int argc, char** argv) {
  tapps_open_options options = {};
  options.struct_size = sizeof options;
  options.max_concurrency = TAPPS_UNLIMITED;
  options.break_failures = 1 << 30;  // the suite's origin fails on purpose
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--small-memory") == 0) options.memory_bytes = 64 * 1024;
    if (std::strcmp(argv[i], "--keep-set-cookie") == 0) options.flags = TAPPS_OPEN_KEEP_SET_COOKIE;
  }
  tapps_cache* cache = nullptr;
  tapps_queue* queue = nullptr;
  tapps_error* error = nullptr;
  if (argc < 2 || tapps_cache_open(argv[1], &options, &cache, &error) != TAPPS_OK ||
      tapps_queue_open(cache, &queue, &error) != TAPPS_OK) {
    std::cerr << (error ? tapps_error_message(error) : "usage: driver FILE") << "\n";
    return 1;
  }
  std::thread answers([&] { AnswerAll(cache, queue); });
  std::string line;
  while (std::getline(std::cin, line)) Submit(queue, Json::parse(line));
  (void)tapps_queue_flush(queue, 0, 0, nullptr, nullptr);
  answers.join();
  tapps_queue_release(queue);
  tapps_cache_close(cache, 0, nullptr);
  tapps_cache_release(cache);
  return 0;
}
