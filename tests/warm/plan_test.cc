#include "warm/plan.h"

#include "support/docs_fixture.h"

namespace tapps {
namespace {

class PlanTest : public test::DocsFixture {
 protected:
  Result<std::shared_ptr<const Plan>> Make(const WarmOptions& options = {}) {
    return MakePlan(*docs_, dir_.path(), options);
  }
  static const PlanItem* Find(const Plan& plan, const std::string& library) {
    for (const PlanItem& item : plan.items) {
      if (item.library == library) return &item;
    }
    return nullptr;
  }
};

constexpr char kTemplate[] = "https://example.org/{ecosystem}/{library}/{version}.md";

TEST_F(PlanTest, ListsEveryLibraryOfTheProjectWithWhatItTakes) {
  dir_.Write("package.json",
             R"({"name":"app","dependencies":{"semver":"^7.0.0"},
                 "devDependencies":{"lodash":"^4.0.0"}})");
  dir_.Write("requirements.txt", "Flask==3.0.0\n");
  Npm("semver", "7.5.4", "# semver\n");
  WarmOptions options;
  options.url_template = kTemplate;
  const auto plan = Make(options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  ASSERT_EQ((*plan)->items.size(), 3u);
  EXPECT_EQ((*plan)->requests, 2);
  const PlanItem* flask = Find(**plan, "flask");
  ASSERT_NE(flask, nullptr);
  EXPECT_EQ(flask->ecosystem, "pypi");
  EXPECT_EQ(flask->version, "3.0.0");
  EXPECT_EQ(flask->manifest, "requirements.txt");
  EXPECT_EQ(flask->line, 1);
  EXPECT_EQ(flask->requests, 1);
  EXPECT_EQ(Find(**plan, "semver")->requests, 0);
  EXPECT_EQ(Find(**plan, "lodash")->kind, "dev");
  EXPECT_TRUE(origin_.requests.empty()) << "a plan asks nothing of the network";
  const Json json = DescribePlan(**plan);
  EXPECT_EQ(json["items"].size(), 3u);
  EXPECT_EQ(json["requests"], 2);
  for (const char* member : {"library", "ecosystem", "version", "constraint", "kind", "direct",
                             "priority", "manifest", "line", "fresh", "requests"}) {
    EXPECT_TRUE(json["items"][0].contains(member)) << member;
  }
}

TEST_F(PlanTest, LocalModulesAndTheStandardLibraryAreNotPlanned) {  // S11
  dir_.Write("package.json",
             R"({"name":"app","workspaces":["packages/*"],
                 "dependencies":{"mine":"*","fs":"*","semver":"^7.0.0"}})");
  dir_.Write("packages/mine/package.json", R"({"name":"mine","version":"1.0.0"})");
  dir_.Write("requirements.txt", "json\n-r other.txt\nrequests\n");
  dir_.Write("other.txt", "os\n");
  Settle();
  const auto plan = Make();
  ASSERT_TRUE(plan.ok());
  std::vector<std::string> names;
  for (const PlanItem& item : (*plan)->items) names.push_back(item.library);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"requests", "semver"}));
}

TEST_F(PlanTest, AMalformedManifestIsADiagnostic) {
  dir_.Write("package.json", "{broken");
  dir_.Write("requirements.txt", "flask\n");
  Settle();
  const auto plan = Make();
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ((*plan)->items.size(), 1u);
  ASSERT_EQ((*plan)->diagnostics.size(), 1u);
  EXPECT_EQ(DescribePlan(**plan)["diagnostics"][0]["file"], "package.json");
}

TEST_F(PlanTest, OptionsAreChecked) {
  EXPECT_EQ(MakePlan(*docs_, dir_.File("nowhere"), {}).code(), TAPPS_E_INVALID);
  WarmOptions options;
  options.concurrency = 17;
  EXPECT_EQ(Make(options).code(), TAPPS_E_INVALID);
  options = {};
  options.url_template = "nonsense";
  EXPECT_EQ(Make(options).code(), TAPPS_E_INVALID);
}

}  // namespace
}  // namespace tapps
