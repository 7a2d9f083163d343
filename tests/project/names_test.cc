#include "project/names.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

TEST(NamesTest, PypiNamesAreNormalisedByPep503) {
  EXPECT_EQ(NormalizePypiName("Friendly-._.-Bard"), "friendly-bard");
  EXPECT_EQ(NormalizePypiName("zope.interface"), "zope-interface");
  for (const char* name : {"a", "A9", "ruamel.yaml", "x-y_z"})
    EXPECT_TRUE(IsPypiName(name)) << name;
  for (const char* name : {"", "-a", "a-", "a b", "a/b", ".", "\xC3\xA9"}) {
    EXPECT_FALSE(IsPypiName(name)) << name;
  }
}

TEST(NamesTest, ModulesOfTheStandardLibrariesAreKnown) {
  for (const char* name : {"abc", "json", "os", "zoneinfo", "concurrent", "py-compile"}) {
    EXPECT_TRUE(IsPythonModule(name)) << name;
  }
  for (const char* name : {"requests", "attrs", "jso", "json5"}) {
    EXPECT_FALSE(IsPythonModule(name)) << name;
  }
  for (const char* name : {"fs", "zlib", "async_hooks", "node:test"}) {
    EXPECT_TRUE(IsNodeModule(name)) << name;
  }
  for (const char* name : {"events", "buffer", "fs-extra"})
    EXPECT_FALSE(IsNodeModule(name)) << name;
}

TEST(NamesTest, NpmNamesFollowTheRegistry) {
  for (const char* name : {"react", "@babel/core", "JSONStream", "a.b", "3d-view", "@a/.b2"}) {
    EXPECT_EQ(IsNpmName(name), std::string_view(name) != "@a/.b2") << name;
  }
  for (const char* name : {"", ".a", "_a", " a", "a b", "a/b", "@a", "@/a", "@a/", "@a/b/c", "a:b",
                           "node_modules", "Favicon.ico", "a%20b"}) {
    EXPECT_FALSE(IsNpmName(name)) << name;
  }
  EXPECT_TRUE(IsNpmName(std::string(214, 'a')));
  EXPECT_FALSE(IsNpmName(std::string(215, 'a')));
}

}  // namespace
}  // namespace tapps
