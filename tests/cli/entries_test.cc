// get, put, rm, ls as a user meets them.
#include <filesystem>

#include "cli/program.h"

namespace tapps::cli {
namespace {

class EntriesTest : public ProgramTest {};

TEST_F(EntriesTest, WhatIsPutIsGotByLaterRuns) {
  EXPECT_EQ(Run({"put", "greeting", "hello"}).exit_code, 0);
  const auto got = Run({"get", "greeting"});
  EXPECT_EQ(got.exit_code, 0);
  EXPECT_EQ(got.out, "hello");
  EXPECT_EQ(got.err, "");
}

TEST_F(EntriesTest, AMissingKeyIsNotFound) {
  const auto got = Run({"get", "nothing"});
  EXPECT_EQ(got.exit_code, 1);
  EXPECT_EQ(got.out, "");
  EXPECT_EQ(got.err, "tapps: no entry 'nothing'\n");
  EXPECT_EQ(Json({"get", "nothing"}, 1)["error"]["code"], "NOT_FOUND");
}

TEST_F(EntriesTest, ValuesComeFromStdinAndFilesByteForByte) {
  const std::string bytes("\0\x01\xff\n{", 5);
  options_.input = bytes;
  EXPECT_EQ(Run({"put", "a"}).exit_code, 0);
  EXPECT_EQ(Run({"put", "b", "-"}).exit_code, 0);
  options_.input = "";
  EXPECT_EQ(Run({"put", "c", "--file", dir_.Write("value", bytes)}).exit_code, 0);
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(Run({"get", key}).out, bytes) << key;
  const std::string out = dir_.File("out");
  EXPECT_EQ(Run({"get", "a", "-o", out}).out, "");
  EXPECT_EQ(test::ReadFile(out), bytes);
}

TEST_F(EntriesTest, JsonTellsWhatIsKnownOfAnEntry) {
  Run({"put", "k", "v", "--ttl", "1h", "--tag", "x", "--tag", "[a,b]", "--content-type",
       "text/plain", "--source", "hand", "--meta", "{\"n\":1}"});
  const auto json = Json({"get", "k"});
  EXPECT_EQ(json["key"], "k");
  EXPECT_EQ(json["namespace"], "default");
  EXPECT_EQ(json["value"], "v");
  EXPECT_EQ(json["size"], 1);
  EXPECT_EQ(json["content_type"], "text/plain");
  EXPECT_EQ(json["source"], "hand");
  EXPECT_EQ(json["tags"], nlohmann::json({"x", "[a,b]"}));
  EXPECT_EQ(json["json"]["n"], 1);
  EXPECT_EQ(json["served_from"], "disk");
  EXPECT_EQ(json["expires_us"].get<int64_t>() - json["created_us"].get<int64_t>(), 3'600'000'000);
}

TEST_F(EntriesTest, JsonCarriesOtherBytesAsBase64) {
  options_.input = "\xff\xfe";
  Run({"put", "\xff", "-"});
  const auto json = Json({"get", "\xff"});
  EXPECT_EQ(json["value_base64"], "//4=");
  EXPECT_EQ(json["key_base64"], "/w==");
  EXPECT_FALSE(json.contains("value"));
}

TEST_F(EntriesTest, OddKeysAreKeys) {
  for (const char* key : {"stats", "[a,b]", "a b", "\n"}) {
    EXPECT_EQ(Run({"put", key, "x"}).exit_code, 0) << key;
    EXPECT_EQ(Run({"get", key}).out, "x") << key;
    EXPECT_EQ(Json({"rm", key})["removed"], 1) << key;
    EXPECT_EQ(Run({"get", key}).exit_code, 1) << key;
  }
  EXPECT_EQ(Run({"put", "--", "-k", "-v"}).exit_code, 0);
  EXPECT_EQ(Run({"get", "--", "-k"}).out, "-v");
}

TEST_F(EntriesTest, AnEmptyValueIsAValue) {
  EXPECT_EQ(Run({"put", "k", ""}).exit_code, 0);
  const auto got = Run({"get", "k"});
  EXPECT_EQ(got.exit_code, 0);
  EXPECT_EQ(got.out, "");
}

TEST_F(EntriesTest, NamespacesAreApart) {
  Run({"put", "-n", "one", "k", "1"});
  Run({"put", "k", "2", "--namespace", "two"});
  EXPECT_EQ(Run({"get", "k", "-n", "one"}).out, "1");
  EXPECT_EQ(Run({"-n", "two", "get", "k"}).out, "2");
  EXPECT_EQ(Run({"get", "k"}).exit_code, 1);
}

TEST_F(EntriesTest, ANegativeEntryIsNotFound) {
  Run({"put", "k", "v"});
  EXPECT_EQ(Run({"put", "k", "--negative"}).exit_code, 0);
  EXPECT_EQ(Run({"get", "k"}).exit_code, 1);
}

TEST_F(EntriesTest, RemovesByKeyPrefixTagAndAll) {
  for (const char* key : {"a/1", "a/2", "b"}) Run({"put", key, "x"});
  Run({"put", "tagged", "x", "-t", "old"});
  Run({"put", "-n", "other", "k", "x"});
  EXPECT_EQ(Run({"rm", "b"}).exit_code, 0);
  EXPECT_EQ(Json({"rm", "b"})["removed"], 0);
  EXPECT_EQ(Json({"rm", "--prefix", "a/"})["removed"], 2);
  EXPECT_EQ(Json({"rm", "--tag", "old"})["removed"], 1);
  EXPECT_EQ(Run({"rm", "--all"}).exit_code, 0);
  EXPECT_EQ(Run({"get", "-n", "other", "k"}).exit_code, 1);
}

TEST_F(EntriesTest, RmAsksWhatToRemoveAndNotTwice) {
  EXPECT_EQ(Run({"rm"}).exit_code, 2);
  EXPECT_EQ(Run({"rm", "--all", "--prefix", "a"}).exit_code, 2);
  EXPECT_EQ(Run({"rm", "k", "--all"}).exit_code, 2);
  EXPECT_EQ(Run({"rm", "--prefix", ""}).exit_code, 2);
}

// "$NS" of a variable that is not set must not widen what is meant.
TEST_F(EntriesTest, EmptyNamesAreRefused) {
  Run({"put", "k", "v", "-t", "old"});
  EXPECT_EQ(Run({"-n", "", "put", "a", "b"}).exit_code, 2);
  EXPECT_EQ(Run({"get", "a"}).exit_code, 1);
  const auto all = Run({"rm", "--all", "-n", ""});
  EXPECT_EQ(all.exit_code, 2);
  EXPECT_EQ(all.err, "tapps: --namespace: may not be empty (see tapps --help)\n");
  EXPECT_EQ(Run({"rm", "--prefix", "", "--tag", "old"}).exit_code, 2);
  EXPECT_EQ(Run({"rm", "--prefix", "k", "--tag", ""}).exit_code, 2);
  EXPECT_EQ(Run({"--cache", "", "ls"}).exit_code, 2);
  EXPECT_EQ(Run({"get", "k"}).out, "v");
}

TEST_F(EntriesTest, LsListsKeysInOrder) {
  for (const char* key : {"b", "a\n", "c/1", "c/2"}) Run({"put", key, "xyz"});
  Run({"put", "-n", "other", "hidden", "x"});
  EXPECT_EQ(Run({"ls"}).out, "a\\x0a\nb\nc/1\nc/2\n");
  EXPECT_EQ(Run({"ls", "c/"}).out, "c/1\nc/2\n");
  EXPECT_EQ(Run({"ls", "--limit", "1"}).out, "a\\x0a\n");
  EXPECT_EQ(Run({"ls", "nothing"}).out, "");
  const std::string table = Run({"ls", "-A"}).out;
  EXPECT_NE(table.find("NAMESPACE"), std::string::npos);
  EXPECT_NE(table.find("hidden"), std::string::npos);
  const auto json = Json({"ls", "c/"});
  ASSERT_EQ(json["entries"].size(), 2U);
  EXPECT_EQ(json["entries"][0]["key"], "c/1");
  EXPECT_EQ(json["entries"][0]["size"], 3);
}

TEST_F(EntriesTest, BadInputIsAUsageError) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"get", ""},
                                                    {"get", std::string(4097, 'k')},
                                                    {"put", std::string(4097, 'k'), "v"},
                                                    {"get", "k", "-n", "\xff"},
                                                    {"get", "k", "-n", std::string(256, 'n')},
                                                    {"put", "k", "v", "-n", "tapps.docs"},
                                                    {"put", "k", "v", "--meta", "{no json"},
                                                    {"put", "k", "v", "--ttl", "soon"},
                                                    {"put", "k", "v", "--ttl", "0"},
                                                    {"put", "k", "v", "--ttl", "0s"},
                                                    {"put", "k", "v", "--ttl", "0.1us"},
                                                    {"put", "k", "v", "--stale", "0"},
                                                    {"fetch", "http://x/", "--timeout", "0"},
                                                    {"fetch", "http://x/", "--max-size", "0"},
                                                    {"docs", "lib", "--timeout", "0ms"},
                                                    {"warm", ".", "--timeout", "0"},
                                                    {"put", "k", "v", "--file", "x"},
                                                    {"ls", "--limit", "0"},
                                                    {"get"},
                                                    {"get", "a", "b"},
                                                    {"frobnicate"},
                                                    {"get", "k", "--frobnicate"},
                                                    {}}) {
    const auto result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << (arguments.empty() ? "" : arguments.back());
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.err.starts_with("tapps: ")) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST_F(EntriesTest, WhatIsWrongIsSaidInTheUsersWords) {
  EXPECT_TRUE(Run({"bogus"}).err.starts_with("tapps: unknown command 'bogus'; known: docs, "));
  EXPECT_EQ(Run({"put", "k", "v", "--tll", "3"}).err,
            "tapps: unknown option '--tll' (see tapps --help)\n");
  EXPECT_EQ(Run({"get", "a", "b"}).err, "tapps: unexpected argument 'b' (see tapps --help)\n");
  EXPECT_EQ(Run({"fetch", "http://x/", "--policy", "foo"}).err,
            "tapps: --policy: expected default, reload, no-store, no-cache, force-cache or "
            "only-if-cached, not 'foo' (see tapps --help)\n");
  EXPECT_EQ(Run({"docs", "left-pad", "--ecosystem", "bogus"}).err,
            "tapps: ecosystem 'bogus': expected npm or pypi (see tapps --help)\n");
}

TEST_F(EntriesTest, AMissingFileIsAFileError) {
  const auto result = Run({"put", "k", "--file", dir_.File("nothing")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("No such file"), std::string::npos) << result.err;
}

TEST_F(EntriesTest, AFullDiskUnderTheOutputIsSaid) {
  Run({"put", "k", std::string(100'000, 'v')});
  options_.env["OUT"] = "/dev/full";
  const auto result =
      test::RunChild({"sh", "-c", std::string(TAPPS_PROGRAM) + " get k > /dev/full"}, options_);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("cannot write the output"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace tapps::cli
