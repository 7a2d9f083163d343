#include "warm/run.h"

#include <deque>
#include <filesystem>

#include "base/thread_pool.h"
#include "support/docs_fixture.h"

namespace tapps {
namespace {

constexpr char kTemplate[] = "https://example.org/{ecosystem}/{library}/{version}.md";

class RunTest : public test::DocsFixture {
 protected:
  struct Outcome {
    std::vector<Json> progress;
    std::vector<std::pair<int32_t, Json>> done;
  };

  // A project of libraries a, b, c, ... that the template has.
  void Project(int libraries) {
    std::string requirements;
    for (int i = 0; i < libraries; ++i) {
      const std::string name = "lib" + std::to_string(100 + i);
      requirements += name + "==1.0\n";
      origin_.pages["https://example.org/pypi/" + name + "/1.0.md"] = {200, "# " + name + "\n",
                                                                       "text/markdown", false, 0};
    }
    dir_.Write("requirements.txt", requirements);
    Settle();
  }
  std::shared_ptr<const Plan> Make(WarmOptions options = {}) {
    options.url_template = kTemplate;
    auto plan = MakePlan(*docs_, dir_.path(), options);
    EXPECT_TRUE(plan.ok()) << plan.status().message();
    return *plan;
  }
  std::shared_ptr<WarmRun> Begin(std::shared_ptr<const Plan> plan, Outcome* outcome) {
    return WarmRun::Start(
        docs_, std::move(plan),
        [this](std::function<void()> job) { queue_.push_back(std::move(job)); },
        [outcome](const Json& progress) { outcome->progress.push_back(progress); },
        [outcome](int32_t code, const Json& result) { outcome->done.emplace_back(code, result); });
  }
  bool Step() {
    if (queue_.empty()) return false;
    const std::function<void()> job = std::move(queue_.front());
    queue_.pop_front();
    job();
    return true;
  }
  Outcome Run(WarmOptions options = {}) {
    Outcome outcome;
    Begin(Make(options), &outcome);
    while (Step()) {
    }
    return outcome;
  }

  std::deque<std::function<void()>> queue_;
};

TEST_F(RunTest, LooksEveryLibraryUpAndReports) {
  Project(5);
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.done.size(), 1u);
  EXPECT_EQ(outcome.done[0].first, TAPPS_OK);
  const Json& result = outcome.done[0].second;
  EXPECT_EQ(result["total"], 5);
  EXPECT_EQ(result["fetched"], 5);
  EXPECT_EQ(result["failed"], 0);
  EXPECT_GT(result["bytes"], 0);
  ASSERT_EQ(outcome.progress.size(), 5u);
  EXPECT_EQ(outcome.progress[0]["done"], 1);
  EXPECT_EQ(outcome.progress[4]["done"], 5);
  EXPECT_EQ(outcome.progress[4]["eta_us"], 0);
  EXPECT_EQ(outcome.progress[0]["current"], "lib100");
}

TEST_F(RunTest, LookupsAfterARunAreHits) {
  Project(3);
  Run();
  const size_t requests = origin_.requests.size();
  for (const char* ecosystem : {"", "pypi"}) {
    DocsQuery query = Ask("lib101");
    query.url_template = kTemplate;
    query.ecosystem = ecosystem;
    EXPECT_TRUE(docs_->Lookup(query).ok());
  }
  EXPECT_EQ(docs_->Stats()["hits"], 2);
  EXPECT_EQ(origin_.requests.size(), requests);
}

TEST_F(RunTest, WhatIsFreshIsSkipped) {
  Project(4);
  Run();
  const Outcome again = Run();
  EXPECT_EQ(again.done.at(0).second["skipped"], 4);
  EXPECT_EQ(again.done.at(0).second["fetched"], 0);
  EXPECT_EQ(origin_.requests.size(), 4u);
}

TEST_F(RunTest, FailuresAreReportedAndStopNothing) {  // S19
  Project(4);
  origin_.pages.erase("https://example.org/pypi/lib101/1.0.md");
  const Outcome outcome = Run();
  const Json& result = outcome.done.at(0).second;
  EXPECT_EQ(outcome.done[0].first, TAPPS_OK);
  EXPECT_EQ(result["fetched"], 3);
  EXPECT_EQ(result["failed"], 1);
  EXPECT_EQ(result["failures"][0]["library"], "lib101");
  EXPECT_EQ(result["failures"][0]["code"], TAPPS_E_NOT_FOUND);
  EXPECT_NE(result["failures"][0]["message"], "");
  EXPECT_EQ(outcome.progress[1]["code"], TAPPS_E_NOT_FOUND);
}

TEST_F(RunTest, ADeadOriginFailsEveryLibraryAloud) {  // S19
  Project(3);
  origin_.down = true;
  const Json result = Run().done.at(0).second;
  EXPECT_EQ(result["fetched"], 0);
  EXPECT_EQ(result["failed"], 3);
  EXPECT_EQ(result["failures"].size(), 3u);
}

TEST_F(RunTest, TheRequestBudgetIsNeverExceeded) {  // S19
  Project(5);
  WarmOptions options;
  options.max_requests = 2;
  const Json result = Run(options).done.at(0).second;
  EXPECT_EQ(origin_.requests.size(), 2u);
  EXPECT_EQ(result["fetched"], 2);
  EXPECT_EQ(result["failed"], 3);
  EXPECT_EQ(result["failures"][0]["code"], TAPPS_E_QUOTA);
  EXPECT_EQ(Run().done.at(0).second["skipped"], 2) << "the next run goes on from there";
}

TEST_F(RunTest, ACutRunIsContinuedByTheNext) {
  Project(6);
  {
    Outcome outcome;
    Begin(Make(), &outcome);
    for (int i = 0; i < 2; ++i) Step();
    queue_.clear();  // as if the process ended
    ASSERT_EQ(outcome.done.size(), 1u) << "dropped work ends the run";
    EXPECT_EQ(outcome.done[0].first, TAPPS_E_CLOSED);
    EXPECT_EQ(outcome.done[0].second["fetched"], 2);
  }
  Start();
  const Json result = Run().done.at(0).second;
  EXPECT_EQ(result["skipped"], 2);
  EXPECT_EQ(result["fetched"], 4);
}

TEST_F(RunTest, CancelReportsAtOnceAndOnce) {
  Project(6);
  Outcome outcome;
  const auto run = Begin(Make(), &outcome);
  Step();
  run->Cancel();
  ASSERT_EQ(outcome.done.size(), 1u);
  EXPECT_EQ(outcome.done[0].first, TAPPS_E_CANCELLED);
  EXPECT_EQ(outcome.done[0].second["fetched"], 1);
  while (Step()) {
  }
  run->Cancel();
  EXPECT_EQ(outcome.done.size(), 1u);
  EXPECT_EQ(outcome.progress.size(), 1u);
  EXPECT_EQ(origin_.requests.size(), 1u);
}

TEST_F(RunTest, TwoRunsOfOneProjectShareTheWork) {
  Project(6);
  Outcome one;
  Outcome two;
  const auto first_plan = Make();
  const auto second_plan = Make();
  EXPECT_EQ(second_plan->requests, 6) << "planned before the first one ran";
  Begin(first_plan, &one);
  Begin(second_plan, &two);
  while (Step()) {
  }
  EXPECT_EQ(origin_.requests.size(), 6u);
  EXPECT_EQ(one.done.size() + two.done.size(), 2u);
}

TEST_F(RunTest, AnEmptyProjectIsDoneAtOnce) {
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.done.size(), 1u);
  EXPECT_EQ(outcome.done[0].first, TAPPS_OK);
  EXPECT_EQ(outcome.done[0].second["total"], 0);
}

TEST_F(RunTest, AStaleCopyThatCouldNotBeRefreshedIsAFailure) {
  Project(1);
  Run();
  clock_.Advance(31 * kDay);
  origin_.down = true;
  const Json result = Run().done.at(0).second;
  EXPECT_EQ(result["failed"], 1);
  EXPECT_NE(result["failures"][0]["message"].get<std::string>().find("could not connect"),
            std::string::npos);
}

TEST_F(RunTest, NoMoreLookupsRunAtOnceThanAllowed) {
  Project(12);
  struct Shared {
    Mutex mu;
    CondVar changed;
    int running GUARDED_BY(mu) = 0;
    int most GUARDED_BY(mu) = 0;
    bool done GUARDED_BY(mu) = false;
  } shared;
  // Each request waits until three run, so that the bound is reached as well as kept.
  const auto fetch = [&](const PageRequest& request) -> Result<Page> {
    MutexLock lock(shared.mu);
    shared.most = std::max(shared.most, ++shared.running);
    shared.changed.NotifyAll();
    const int64_t limit = Clock::Real().MonotonicNow() + 10 * kSecond;
    while (shared.most < 3 && Clock::Real().MonotonicNow() < limit) {
      shared.changed.WaitFor(shared.mu, 100 * kMillisecond);
    }
    --shared.running;
    return Page{200, "# " + request.url, "text/markdown", false, 0};
  };
  const auto docs = DocsLookup::Make(cache_, fetch, nullptr, &clock_);
  ThreadPool pool("warm", 8);
  Json result;
  WarmRun::Start(
      docs, Make(), [&](std::function<void()> job) { (void)pool.Submit(std::move(job)); }, nullptr,
      [&](int32_t, const Json& json) {
        MutexLock lock(shared.mu);
        result = json;
        shared.done = true;
        shared.changed.NotifyAll();
      });
  {
    MutexLock lock(shared.mu);
    const int64_t limit = Clock::Real().MonotonicNow() + 30 * kSecond;
    while (!shared.done && Clock::Real().MonotonicNow() < limit) {
      shared.changed.WaitFor(shared.mu, 100 * kMillisecond);
    }
    EXPECT_TRUE(shared.done);
    EXPECT_EQ(shared.most, 3);
    EXPECT_EQ(result["fetched"], 12);
  }
  EXPECT_TRUE(pool.Stop(10 * kSecond));
}

// The packages that npm itself is made of: a real tree, where it is installed.
TEST_F(RunTest, EveryPackageOfNpmIsFound) {
  namespace fs = std::filesystem;
  for (const char* root : {"/usr/lib/node_modules/npm", "/usr/local/lib/node_modules/npm"}) {
    if (!fs::exists(std::string(root) + "/node_modules")) continue;
    int packages = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const fs::path folder = entry.path().parent_path();
      const fs::path above = folder.parent_path();
      const bool scoped = above.filename().string().starts_with('@');
      if (entry.path().filename() != "package.json" || folder == root ||
          (scoped ? above.parent_path() : above).filename() != "node_modules") {
        continue;
      }
      const std::string name =
          (scoped ? above.filename().string() + "/" : "") + folder.filename().string();
      const Result<Json> manifest = ParseJson(test::ReadFile(entry.path().string()));
      ASSERT_TRUE(manifest.ok());
      const std::string version = JsonString(*manifest, "version").value_or("");
      DocsQuery query;
      query.library = name;
      query.version = version;
      query.project_root = root;
      const auto value = docs_->Lookup(query);
      ASSERT_TRUE(value.ok()) << name << ": " << value.status().message();
      EXPECT_EQ(Text(value, TAPPS_TEXT_LIBRARY), name);
      EXPECT_EQ(Text(value, TAPPS_TEXT_LIBRARY_VERSION), version);
      ++packages;
    }
    EXPECT_GT(packages, 50);
    return;
  }
  GTEST_SKIP() << "npm is not installed";
}

}  // namespace
}  // namespace tapps
