#ifndef TAPPS_TESTS_SUPPORT_DOCS_FIXTURE_H_
#define TAPPS_TESTS_SUPPORT_DOCS_FIXTURE_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cache/cache.h"
#include "docs/lookup.h"
#include "support/temp_dir.h"

namespace tapps::test {

// A project folder, a network of pages in a map, and a lookup over both by a fake clock.
class DocsFixture : public ::testing::Test {
 protected:
  struct Origin {
    std::map<std::string, Page> pages;
    std::vector<std::string> requests;
    bool down = false;
  };

  DocsFixture() {
    Settle();
    Start();
  }

  ~DocsFixture() override { (void)cache_->Close(0); }

  std::shared_ptr<Cache> OpenCache() {
    CacheOptions options;
    options.clock = &clock_;
    auto cache = Cache::Open(cache_dir_.File("cache.db"), options);
    EXPECT_TRUE(cache.ok()) << cache.status().message();
    return *cache;
  }
  int64_t CacheHits() {
    const Json hits = cache_->Stats()["hits"];
    return hits["memory"].get<int64_t>() + hits["disk"].get<int64_t>();
  }
  int64_t CacheWrites() { return cache_->Stats()["writes"].get<int64_t>(); }

  // As a new process on the same cache.
  void Start() {
    docs_ = DocsLookup::Make(
        cache_, [this](const PageRequest& request) { return Fetch(request); },
        with_background_ ? [this](std::function<void()> job) { jobs_.push_back(std::move(job)); }
                         : DocsLookup::Background(),
        &clock_, [](const std::string& url) { return url.find("s3cret") != std::string::npos; });
  }

  Result<Page> Fetch(const PageRequest& request) {
    origin_.requests.push_back(request.url);
    if (origin_.down) return Status(TAPPS_E_NETWORK, "example.org: could not connect");
    const auto at = origin_.pages.find(request.url);
    if (at == origin_.pages.end()) return Page{404, "not found", "text/plain", false, 0};
    return at->second;
  }

  // A package in <root>/node_modules.
  void Npm(const std::string& name, const std::string& version, const std::string& readme) {
    NpmAt("node_modules/" + name, name, version, readme);
  }
  void NpmAt(const std::string& folder, const std::string& name, const std::string& version,
             const std::string& readme) {
    dir_.Write(folder + "/package.json",
               R"({"name":")" + name + R"(","version":")" + version + R"("})");
    if (!readme.empty()) dir_.Write(folder + "/README.md", readme);
    Settle();
  }
  void Python(const std::string& name, const std::string& version, const std::string& text) {
    dir_.Write(".venv/lib/python3.11/site-packages/" + name + "-" + version + ".dist-info/METADATA",
               "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n\n" + text);
    Settle();
  }

  // Makes all files look as if written some time ago: answers from files just written are not kept.
  void Settle() {
    ++settled_;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
      if (!entry.is_symlink()) SetTime(entry.path().string());
    }
    SetTime(dir_.path());
  }
  void SetTime(const std::string& path) const {
    const timespec past{1'700'000'000 + settled_, 0};
    const timespec times[2] = {past, past};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0) << path;
  }

  DocsQuery Ask(std::string_view library) {
    DocsQuery query;
    query.library = library;
    query.project_root = dir_.path();
    return query;
  }
  Result<ValueRef> Lookup(std::string_view library) { return docs_->Lookup(Ask(library)); }

  static std::string Text(const Result<ValueRef>& value, int32_t field) {
    return value.ok() ? std::string((*value)->text(field)) : "";
  }
  static std::string Bytes(const Result<ValueRef>& value) {
    return value.ok() ? std::string((*value)->bytes())
                      : "failed: " + std::string(value.status().message());
  }
  static bool Says(const Result<ValueRef>& value, std::string_view part) {
    return Bytes(value).find(part) != std::string::npos;
  }

  void RunJobs() {
    std::vector<std::function<void()>> jobs;
    jobs.swap(jobs_);
    for (const auto& job : jobs) job();
  }

  TempDir dir_;
  FakeClock clock_;
  TempDir cache_dir_;
  std::shared_ptr<Cache> cache_ = OpenCache();
  Origin origin_;
  bool with_background_ = false;
  std::vector<std::function<void()>> jobs_;
  std::shared_ptr<DocsLookup> docs_;
  int settled_ = 0;
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_DOCS_FIXTURE_H_
