#include "docs/lookup.h"

#include <filesystem>

#include "docs/staleness.h"
#include "support/docs_fixture.h"

namespace tapps {
namespace {

namespace fs = std::filesystem;
using test::DocsFixture;

constexpr char kTemplate[] = "https://example.org/{ecosystem}/{library}/{version}.md";

class LookupTest : public DocsFixture {
 protected:
  Result<ValueRef> Online(std::string_view library, std::string_view version = "",
                          std::string_view ecosystem = "npm") {
    DocsQuery query = Ask(library);
    query.version = version;
    query.ecosystem = ecosystem;
    query.url_template = kTemplate;
    return docs_->Lookup(query);
  }
  void Serve(const std::string& path, const std::string& body) {
    origin_.pages["https://example.org/" + path] = {200, body, "text/markdown", false, 0};
  }
};

TEST_F(LookupTest, AnswersFromAnInstalledPackage) {
  Npm("semver", "7.5.4", "# semver\n\nVersions.\n\n## Usage\n\nsemver.valid\n");
  const auto value = Lookup("semver");
  EXPECT_TRUE(Says(value, "semver.valid")) << Bytes(value);
  EXPECT_EQ(Text(value, TAPPS_TEXT_LIBRARY), "semver");
  EXPECT_EQ(Text(value, TAPPS_TEXT_LIBRARY_VERSION), "7.5.4");
  EXPECT_EQ(Text(value, TAPPS_TEXT_ECOSYSTEM), "npm");
  EXPECT_EQ(Text(value, TAPPS_TEXT_SOURCE), "installed: node_modules/semver/README.md");
  EXPECT_EQ(Text(value, TAPPS_TEXT_TOPIC), "semver\nUsage");
  EXPECT_EQ(Text(value, TAPPS_TEXT_CONTENT_TYPE), "text/markdown");
  EXPECT_EQ(Text(value, TAPPS_TEXT_WARNING), "");
  EXPECT_EQ((*value)->info().served_from, TAPPS_FROM_INSTALLED);
  EXPECT_GT((*value)->info().tokens, 10);
}

TEST_F(LookupTest, ARepeatedLookupIsTwoReadsOfTheCache) {
  Npm("semver", "7.5.4", "# semver\n");
  const std::string first = Bytes(Lookup("semver"));
  const int64_t gets = CacheHits();
  const int64_t puts = CacheWrites();
  const auto again = Lookup("semver");
  EXPECT_EQ(Bytes(again), first);
  EXPECT_EQ((*again)->info().served_from, TAPPS_FROM_MEMORY);
  EXPECT_EQ(Text(again, TAPPS_TEXT_LIBRARY_VERSION), "7.5.4");
  EXPECT_EQ(Text(again, TAPPS_TEXT_TOPIC), "semver");
  EXPECT_EQ(CacheHits() - gets, 2);
  EXPECT_EQ(CacheWrites(), puts) << "a read is not a write";
  EXPECT_EQ(docs_->Stats()["hits"], 1);
}

TEST_F(LookupTest, WhatMakesALookupFreshIsWrittenLast) {
  Npm("semver", "7.5.4", "# semver\n");
  ASSERT_TRUE(Lookup("semver").ok());
  ASSERT_TRUE(cache_->Flush(0).ok());
  const Result<std::vector<storage::Listed>> entries = cache_->List("tapps.docs", "", 0, 100);
  ASSERT_TRUE(entries.ok());
  std::string kinds;
  for (const storage::Listed& entry : *entries) kinds += entry.key[0];
  EXPECT_EQ(kinds, "daqq") << "a process may die after any of them";
  // The last one is that of the lookup that was made: without it nothing is fresh.
  ASSERT_TRUE(cache_->Delete({"tapps.docs", entries->back().key}, TAPPS_DURABILITY_ASYNC).ok());
  EXPECT_FALSE(docs_->IsFresh(Ask("semver")));
}

TEST_F(LookupTest, AReinstalledVersionIsSeenAtOnce) {
  Npm("semver", "7.5.4", "# old\n");
  EXPECT_TRUE(Lookup("semver").ok());
  EXPECT_TRUE(Lookup("semver").ok());
  EXPECT_EQ(docs_->Stats()["hits"], 1);
  Npm("semver", "7.6.0", "# new\n");
  const auto value = Lookup("semver");
  EXPECT_EQ(Text(value, TAPPS_TEXT_LIBRARY_VERSION), "7.6.0");
  EXPECT_TRUE(Says(value, "# new"));
  Python("Foo_Bar", "1.0", "old text");
  EXPECT_TRUE(Lookup("foo-bar").ok());
  EXPECT_TRUE(Lookup("foo-bar").ok());
  fs::remove_all(dir_.File(".venv/lib/python3.11/site-packages/Foo_Bar-1.0.dist-info"));
  Python("Foo_Bar", "2.0", "new text");
  EXPECT_TRUE(Says(Lookup("foo.bar"), "new text"));
  EXPECT_EQ(Text(Lookup("foo-bar"), TAPPS_TEXT_LIBRARY_VERSION), "2.0");
}

TEST_F(LookupTest, AnInstalledVersionOtherThanTheOneAskedForIsNotTheAnswer) {
  Npm("semver", "7.5.4", "# semver\n");
  DocsQuery query = Ask("semver");
  query.version = "6.0.0";
  const auto value = docs_->Lookup(query);
  EXPECT_EQ(value.code(), TAPPS_E_NOT_FOUND);
  EXPECT_NE(value.status().message().find("7.5.4"), std::string::npos) << value.status().message();
}

TEST_F(LookupTest, TheLockedVersionComesBeforeTheInstalledOne) {
  dir_.Write("package.json", R"({"name":"app","dependencies":{"semver":"^7.0.0"}})");
  dir_.Write("package-lock.json",
             R"({"lockfileVersion":3,"packages":{"":{"dependencies":{"semver":"^7.0.0"}},
                 "node_modules/semver":{"version":"7.6.0"}}})");
  Npm("semver", "7.5.4", "# installed\n");
  origin_.down = true;
  EXPECT_TRUE(Says(Online("semver"), "# installed")) << "while the locked one cannot be had";
  origin_.down = false;
  Serve("npm/semver/7.6.0.md", "# locked\n");
  const auto value = Online("semver");
  EXPECT_TRUE(Says(value, "# locked")) << Bytes(value);
  const auto offline = Lookup("semver");
  EXPECT_TRUE(Says(offline, "# installed"));
  EXPECT_NE(Text(offline, TAPPS_TEXT_WARNING).find("locks 7.6.0"), std::string::npos);
}

TEST_F(LookupTest, AChangedManifestIsSeenShortlyAfter) {
  dir_.Write("requirements.txt", "lib==1.0\n");
  Settle();
  Serve("pypi/lib/1.0.md", "# one\n");
  Serve("pypi/lib/2.0.md", "# two\n");
  EXPECT_TRUE(Says(Online("lib", "", ""), "# one"));
  EXPECT_TRUE(Says(Online("lib", "", ""), "# one"));
  EXPECT_EQ(docs_->Stats()["hits"], 1);
  dir_.Write("requirements.txt", "lib==2.0\n");
  Settle();
  clock_.Advance(100 * kMillisecond);
  EXPECT_TRUE(Says(Online("lib", "", ""), "# two"));
}

TEST_F(LookupTest, AManifestDecidesTheEcosystem) {  // S10
  dir_.Write("requirements.txt", "requests==2.31.0\n");
  Npm("requests", "0.3.0", "# the npm package\n");
  EXPECT_EQ(Lookup("requests").code(), TAPPS_E_NOT_FOUND);
  Python("requests", "2.31.0", "the Python package");
  EXPECT_TRUE(Says(Lookup("requests"), "the Python package"));
}

TEST_F(LookupTest, TopicsPickSectionsAndListHeadingsWhenThereAreNone) {
  Npm("semver", "7.5.4", "# semver\n\n## Ranges\n\n^1.2\n\n## Install\n\nnpm i\n");
  DocsQuery query = Ask("semver");
  query.topic = "ranges";
  const auto value = docs_->Lookup(query);
  EXPECT_EQ(Text(value, TAPPS_TEXT_TOPIC), "Ranges");
  EXPECT_EQ(Bytes(value), "## Ranges\n\n^1.2\n\n");
  query.topic = "rangse";
  const auto none = docs_->Lookup(query);
  EXPECT_EQ(none.code(), TAPPS_E_NOT_FOUND);
  EXPECT_NE(none.status().message().find("Ranges, semver, Install"), std::string::npos)
      << none.status().message();
}

TEST_F(LookupTest, NearNamesAreSuggestionsAndNeverAnswers) {  // S9
  Npm("semver", "7.5.4", "# semver\n");
  EXPECT_TRUE(Lookup("semver").ok());
  const auto value = Lookup("semvr");
  ASSERT_EQ(value.code(), TAPPS_E_NOT_FOUND);
  EXPECT_NE(value.status().message().find("near names: semver"), std::string::npos)
      << value.status().message();
  EXPECT_EQ(Lookup("semvr").code(), TAPPS_E_NOT_FOUND) << "nothing was stored under the asked name";
  EXPECT_EQ(docs_->Stats()["hits"], 0);
}

TEST_F(LookupTest, APackageOfAnotherNameIsNeverTheAnswer) {
  NpmAt("node_modules/express", "evil", "1.0.0", "# evil\n");
  EXPECT_EQ(Lookup("express").code(), TAPPS_E_NOT_FOUND);
  dir_.Write(".venv/lib/python3.11/site-packages/flask-1.0.dist-info/METADATA",
             "Name: evil\nVersion: 1.0\n\nevil");
  Settle();
  EXPECT_EQ(Lookup("flask").code(), TAPPS_E_NOT_FOUND);
}

TEST_F(LookupTest, AnAliasOfTheProjectAnswersAsThePackageBehindIt) {
  dir_.Write("package.json", R"({"dependencies":{"old-semver":"npm:semver@^6.0.0"}})");
  NpmAt("node_modules/old-semver", "semver", "6.3.0", "# six\n");
  const auto value = Lookup("old-semver");
  EXPECT_TRUE(Says(value, "# six")) << Bytes(value);
  EXPECT_EQ(Text(value, TAPPS_TEXT_LIBRARY), "semver");
}

TEST_F(LookupTest, LinksThatLeaveTheRootAreRefused) {
  test::TempDir outside;
  outside.Write("express/package.json", R"({"name":"express","version":"1.0.0"})");
  outside.Write("express/README.md", "# forged\n");
  fs::create_directories(dir_.File("node_modules/partly"));
  fs::create_directory_symlink(outside.File("express"), dir_.File("node_modules/express"));
  fs::create_symlink(outside.File("express/README.md"), dir_.File("node_modules/partly/README.md"));
  dir_.Write("node_modules/partly/package.json", R"({"name":"partly","version":"1.0.0"})");
  Settle();
  const auto value = Lookup("express");
  EXPECT_EQ(value.code(), TAPPS_E_NOT_FOUND);
  EXPECT_NE(value.status().message().find("leaves"), std::string::npos) << value.status().message();
  EXPECT_FALSE(Says(Lookup("partly"), "forged"));
}

TEST_F(LookupTest, AForgedFolderAnswersForItselfOnly) {
  Npm("express", "4.0.0", "# real\n");
  test::TempDir forged;
  forged.Write("node_modules/express/package.json", R"({"name":"express","version":"4.0.0"})");
  forged.Write("node_modules/express/README.md", "# forged\n");
  DocsQuery query = Ask("express");
  query.project_root = forged.path();
  EXPECT_TRUE(Says(docs_->Lookup(query), "# forged"));
  EXPECT_TRUE(Says(Lookup("express"), "# real"));
  EXPECT_TRUE(Says(docs_->Lookup(query), "# forged"));
}

TEST_F(LookupTest, ARootThatIsPointedElsewhereIsLookedIntoAgain) {
  NpmAt("one/node_modules/a", "a", "1.0.0", "# one\n");
  NpmAt("two/node_modules/a", "a", "1.0.0", "# two\n");
  fs::create_directory_symlink("one", dir_.File("current"));
  DocsQuery query = Ask("a");
  const std::string root = dir_.File("current");
  query.project_root = root;
  EXPECT_TRUE(Says(docs_->Lookup(query), "# one"));
  fs::remove(dir_.File("current"));
  fs::create_directory_symlink("two", dir_.File("current"));
  EXPECT_TRUE(Says(docs_->Lookup(query), "# two"));
}

TEST_F(LookupTest, NamesThatAreNoNamesAreInvalid) {
  dir_.Write("etc/package.json", R"({"name":"../../etc"})");
  for (const char* name : {"../../etc", "..", "", "a/b", "/etc/passwd"}) {
    EXPECT_EQ(Lookup(name).code(), TAPPS_E_INVALID) << name;
  }
}

TEST_F(LookupTest, MalformedManifestsAreReasonsNotAnswers) {
  dir_.Write("node_modules/broken/package.json", "{\"name\": broken");
  dir_.Write("node_modules/broken/README.md", "# x\n");
  Settle();
  const auto value = Lookup("broken");
  EXPECT_EQ(value.code(), TAPPS_E_NOT_FOUND);
  EXPECT_NE(value.status().message().find("line 1"), std::string::npos) << value.status().message();
}

TEST_F(LookupTest, ReadmesThatAreNotUtf8AreRepaired) {
  Npm("latin", "1.0.0", "# caf\xE9\n");
  EXPECT_TRUE(Says(Lookup("latin"), "caf\xEF\xBF\xBD"));
}

TEST_F(LookupTest, ALongReadmeIsBounded) {
  std::string readme = "# big\n\nstart\n\n";
  for (int i = 0; readme.size() < (5u << 20); ++i) {
    readme += "## Part " + std::to_string(i) + "\n\n" + std::string(900, 'x') + "\n\n";
  }
  Npm("big", "1.0.0", readme);
  const auto value = Lookup("big");
  EXPECT_LE((*value)->info().tokens, 8000);
  EXPECT_GT((*value)->info().tokens, 7000);
  DocsQuery query = Ask("big");
  query.max_tokens = TAPPS_UNLIMITED;
  EXPECT_GT(Bytes(docs_->Lookup(query)).size(), 5u << 20);
  query.max_tokens = 50;
  EXPECT_LE((*docs_->Lookup(query))->info().tokens, 50);
}

TEST_F(LookupTest, FurtherFoldersAreLookedIntoAfterTheProject) {
  test::TempDir global;
  global.Write("semver/package.json", R"({"name":"semver","version":"1.0.0"})");
  global.Write("semver/README.md", "# global\n");
  global.Write("foo-1.0.dist-info/METADATA", "Name: foo\nVersion: 1.0\n\nfoo text");
  DocsQuery query = Ask("semver");
  query.paths = global.path();
  Settle();
  EXPECT_TRUE(Says(docs_->Lookup(query), "# global"));
  Npm("semver", "2.0.0", "# local\n");
  EXPECT_TRUE(Says(docs_->Lookup(query), "# local"));
  query.library = "Foo";
  EXPECT_TRUE(Says(docs_->Lookup(query), "foo text"));
}

TEST_F(LookupTest, AFurtherFolderDoesNotHideALaterInstallInTheProject) {
  test::TempDir global;
  global.Write("semver/package.json", R"({"name":"semver","version":"1.0.0"})");
  fs::create_directories(dir_.File("node_modules"));
  Settle();
  DocsQuery query = Ask("semver");
  query.paths = global.path();
  for (const std::string& path : {global.File("semver/package.json"), global.File("semver")}) {
    SetTime(path);
  }
  EXPECT_EQ(Text(docs_->Lookup(query), TAPPS_TEXT_LIBRARY_VERSION), "1.0.0");
  EXPECT_EQ(docs_->Stats()["hits"], 0);
  EXPECT_TRUE(docs_->Lookup(query).ok());
  EXPECT_EQ(docs_->Stats()["hits"], 1);
  Npm("semver", "2.0.0", "# local\n");
  EXPECT_EQ(Text(docs_->Lookup(query), TAPPS_TEXT_LIBRARY_VERSION), "2.0.0");
}

TEST_F(LookupTest, NestedPackagesAreFound) {
  Npm("outer", "1.0.0", "# outer\n");
  Npm("inner", "1.0.0", "# inner one\n");
  NpmAt("node_modules/outer/node_modules/inner", "inner", "2.0.0", "# inner two\n");
  NpmAt("node_modules/outer/node_modules/@s/only", "@s/only", "1.0.0", "# only\n");
  NpmAt("node_modules/.pnpm/deep@1.0.0/node_modules/deep", "deep", "1.0.0", "# deep\n");
  EXPECT_TRUE(Says(Lookup("inner"), "inner one"));
  DocsQuery query = Ask("inner");
  query.version = "2.0.0";
  EXPECT_TRUE(Says(docs_->Lookup(query), "inner two"));
  EXPECT_TRUE(Says(Lookup("@s/only"), "# only"));
  EXPECT_TRUE(Says(Lookup("deep"), "# deep"));
}

TEST_F(LookupTest, TheTemplateAnswersWhatIsNotInstalled) {
  Serve("npm/%40scope%2Flib/1.2.3.md", "# lib\n");
  const auto value = Online("@scope/lib", "1.2.3");
  EXPECT_TRUE(Says(value, "# lib")) << Bytes(value);
  EXPECT_EQ((*value)->info().served_from, TAPPS_FROM_NETWORK);
  EXPECT_EQ(Text(value, TAPPS_TEXT_SOURCE),
            "template: https://example.org/npm/%40scope%2Flib/1.2.3.md");
  EXPECT_TRUE(Says(Online("@scope/lib", "1.2.3"), "# lib"));
  EXPECT_EQ(origin_.requests.size(), 1u);
}

TEST_F(LookupTest, WhatTheTemplateLacksIsRemembered) {
  EXPECT_EQ(Online("absent").code(), TAPPS_E_NOT_FOUND);
  EXPECT_EQ(Online("absent").code(), TAPPS_E_NOT_FOUND);
  EXPECT_EQ(origin_.requests.size(), 1u);
  clock_.Advance(61 * kSecond);
  Serve("npm/absent/latest.md", "# now\n");
  EXPECT_TRUE(Says(Online("absent"), "# now"));
}

TEST_F(LookupTest, OfflineLeavesTheTemplateOut) {
  DocsQuery query = Ask("lib");
  query.url_template = kTemplate;
  query.offline = true;
  EXPECT_EQ(docs_->Lookup(query).code(), TAPPS_E_NOT_FOUND);
  EXPECT_TRUE(origin_.requests.empty());
}

TEST_F(LookupTest, AStaleCopyStandsInForASourceThatFails) {
  Serve("npm/lib/latest.md", "# lib\n");
  EXPECT_TRUE(Online("lib").ok());
  origin_.down = true;
  clock_.Advance(31 * kDay);
  const auto value = Online("lib");
  EXPECT_TRUE(Says(value, "# lib")) << Bytes(value);
  ASSERT_TRUE(value.ok());
  EXPECT_TRUE((*value)->info().flags & TAPPS_VALUE_STALE);
  EXPECT_NE(Text(value, TAPPS_TEXT_WARNING).find("31 days old"), std::string::npos)
      << Text(value, TAPPS_TEXT_WARNING);
  clock_.Advance(30 * kDay);
  EXPECT_EQ(Online("lib").code(), TAPPS_E_NETWORK);
}

TEST_F(LookupTest, AStaleCopyStandsInForAPackageThatIsGone) {
  Npm("lib", "1.0.0", "# lib\n");
  EXPECT_TRUE(Lookup("lib").ok());
  fs::remove_all(dir_.File("node_modules/lib"));
  const auto value = Lookup("lib");
  ASSERT_TRUE(value.ok()) << Bytes(value);
  EXPECT_TRUE(Says(value, "# lib"));
  EXPECT_TRUE((*value)->info().flags & TAPPS_VALUE_STALE);
  EXPECT_NE(Text(value, TAPPS_TEXT_WARNING).find("not installed"), std::string::npos);
}

TEST_F(LookupTest, ABackgroundRefreshFetchesAndStoresTheNewPage) {  // S8
  with_background_ = true;
  Start();
  Serve("npm/lib/latest.md", "# old\n");
  EXPECT_TRUE(Online("lib").ok());
  Serve("npm/lib/latest.md", "# new\n");
  clock_.Advance(31 * kDay);
  const auto stale = Online("lib");
  EXPECT_TRUE(Says(stale, "# old")) << "served at once";
  EXPECT_TRUE((*stale)->info().flags & TAPPS_VALUE_STALE);
  EXPECT_TRUE(Online("lib").ok());
  ASSERT_EQ(jobs_.size(), 1u) << "one refresh, however often it is asked for";
  RunJobs();
  EXPECT_EQ(origin_.requests.size(), 2u);
  const auto fresh = Online("lib");
  EXPECT_TRUE(Says(fresh, "# new"));
  EXPECT_EQ((*fresh)->info().flags, 0u);
  EXPECT_EQ(docs_->Stats()["refreshed"], 1);
}

TEST_F(LookupTest, RefreshesThatFailAreTriedLessAndLess) {
  with_background_ = true;
  Start();
  Serve("npm/lib/latest.md", "# old\n");
  EXPECT_TRUE(Online("lib").ok());
  clock_.Advance(31 * kDay);
  origin_.down = true;
  for (int minute = 0; minute < 60; ++minute) {
    EXPECT_TRUE(Says(Online("lib"), "# old"));
    RunJobs();
    clock_.Advance(kMinute);
  }
  EXPECT_LE(origin_.requests.size(), 8u);
  EXPECT_GE(origin_.requests.size(), 4u);
}

TEST_F(LookupTest, RefreshAsksTheSourcesWhateverIsStored) {
  Serve("npm/lib/latest.md", "# old\n");
  EXPECT_TRUE(Online("lib").ok());
  Serve("npm/lib/latest.md", "# new\n");
  EXPECT_TRUE(Says(Online("lib"), "# old"));
  clock_.Advance(kSecond);
  DocsQuery query = Ask("lib");
  query.ecosystem = "npm";
  query.url_template = kTemplate;
  query.refresh = true;
  EXPECT_TRUE(Says(docs_->Lookup(query), "# new"));
  EXPECT_TRUE(Says(Online("lib"), "# new"));
}

TEST_F(LookupTest, LifetimesFollowTheKindOfLibrary) {
  EXPECT_EQ(FreshFor("express-jwt"), 7 * kDay);
  EXPECT_EQ(FreshFor("pyjwt"), 30 * kDay) << "whole words only";
  EXPECT_EQ(FreshFor("pytest-asyncio"), 14 * kDay);
  EXPECT_EQ(FreshFor("@testing-library/react"), 14 * kDay);
  EXPECT_EQ(FreshFor("author"), 30 * kDay);
  Serve("npm/oauth/latest.md", "# oauth\n");
  EXPECT_TRUE(Online("oauth").ok());
  clock_.Advance(7 * kDay + kSecond);
  EXPECT_TRUE(Online("oauth").ok());
  EXPECT_EQ(origin_.requests.size(), 2u);
}

TEST_F(LookupTest, WhatWasHadWithCredentialsIsNotStored) {
  DocsQuery query = Ask("lib");
  query.ecosystem = "npm";
  query.url_template = "https://user:hunter2@example.org/{library}?token=s3cret";
  origin_.pages["https://user:hunter2@example.org/lib?token=s3cret"] = {200, "# lib\n", "", false,
                                                                        0};
  const auto value = docs_->Lookup(query);
  EXPECT_TRUE(Says(value, "# lib")) << Bytes(value);
  EXPECT_EQ(Text(value, TAPPS_TEXT_SOURCE).find("s3cret"), std::string::npos);
  EXPECT_EQ(Bytes(docs_->Lookup(query)), Bytes(value)) << "memory has it";
  EXPECT_EQ(origin_.requests.size(), 1u);
  ASSERT_TRUE(cache_->Flush(0).ok());
  const Result<std::vector<storage::Listed>> entries = cache_->List("tapps.docs", "", 0, 100);
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->size(), 0u) << entries->front().key;
}

TEST_F(LookupTest, AQueryWithoutCredentialsIsStored) {
  DocsQuery query = Ask("lib");
  query.url_template = "https://example.org/docs?of={library}";
  origin_.pages["https://example.org/docs?of=lib"] = {200, "# lib\n", "", false, 0};
  EXPECT_TRUE(docs_->Lookup(query).ok());
  ASSERT_TRUE(cache_->Flush(0).ok());
  EXPECT_EQ(cache_->List("tapps.docs", "", 0, 100)->size(), 3u);
}

TEST_F(LookupTest, ARequestBudgetIsKept) {
  std::atomic<int64_t> left{1};
  Serve("npm/a/latest.md", "# a\n");
  Serve("npm/b/latest.md", "# b\n");
  for (const char* name : {"a", "b"}) {
    DocsQuery query = Ask(name);
    query.ecosystem = "npm";
    query.url_template = kTemplate;
    query.requests = &left;
    EXPECT_EQ(docs_->Lookup(query).code(), name[0] == 'a' ? TAPPS_OK : TAPPS_E_QUOTA);
  }
  EXPECT_EQ(origin_.requests.size(), 1u);
}

TEST_F(LookupTest, ArgumentsAreChecked) {
  const auto code = [&](const std::function<void(DocsQuery&)>& change) {
    DocsQuery query = Ask("lib");
    change(query);
    return docs_->Lookup(query).code();
  };
  EXPECT_EQ(code([](DocsQuery& q) { q.ecosystem = "../x"; }), TAPPS_E_INVALID);
  EXPECT_EQ(code([](DocsQuery& q) { q.version = "1 2"; }), TAPPS_E_INVALID);
  EXPECT_EQ(code([](DocsQuery& q) { q.topic = "\xFF"; }), TAPPS_E_INVALID);
  EXPECT_EQ(code([](DocsQuery& q) { q.max_tokens = -3; }), TAPPS_E_INVALID);
  EXPECT_EQ(code([](DocsQuery& q) { q.url_template = "file:///{library}"; }), TAPPS_E_INVALID);
  EXPECT_EQ(code([](DocsQuery& q) { q.url_template = "https://x/"; }), TAPPS_E_INVALID);
  EXPECT_EQ(code([](DocsQuery& q) { q.project_root = "/nowhere/at/all"; }), TAPPS_E_INVALID);
  EXPECT_EQ(code([](DocsQuery& q) { q.paths = "relative"; }), TAPPS_E_INVALID);
}

}  // namespace
}  // namespace tapps
