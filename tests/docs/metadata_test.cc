#include "docs/metadata.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

TEST(MetadataTest, ReadsHeadersAndTheBody) {
  const PythonMetadata metadata = ParsePythonMetadata(
      "Metadata-Version: 2.1\nName: Foo_Bar\nVersion: 1.2\nSummary: Does\n    things\n"
      "Project-URL: Docs, https://example.org\nRequires-Python: >=3.8\n"
      "Description-Content-Type: text/markdown; charset=UTF-8\n\n# Foo\n\nName: not a header\n");
  EXPECT_EQ(metadata.name, "Foo_Bar");
  EXPECT_EQ(metadata.version, "1.2");
  EXPECT_EQ(metadata.summary, "Does things");
  EXPECT_EQ(metadata.requires_python, ">=3.8");
  ASSERT_EQ(metadata.urls.size(), 1u);
  EXPECT_EQ(metadata.urls[0].second, "https://example.org");
  EXPECT_EQ(metadata.content_type, "text/markdown; charset=UTF-8");
  EXPECT_EQ(metadata.description, "# Foo\n\nName: not a header\n");
}

TEST(MetadataTest, ReadsTheDescriptionHeaderOfOldVersions) {
  const PythonMetadata metadata = ParsePythonMetadata(
      "Metadata-Version: 1.0\r\nName: old\r\nDescription: Old\r\n        ===\r\n        \r\n"
      "            code\r\n       |pipe\r\nPlatform: UNKNOWN\r\n");
  EXPECT_EQ(metadata.description, "Old\n===\n\n    code\npipe\n");
}

TEST(MetadataTest, UnknownIsNothing) {
  const PythonMetadata metadata = ParsePythonMetadata("Name: a\nSummary: UNKNOWN\n\nUNKNOWN\n");
  EXPECT_EQ(metadata.summary, "");
  EXPECT_EQ(metadata.description, "");
}

TEST(MetadataTest, WhateverIsMalformedIsPassedOver) {
  EXPECT_EQ(ParsePythonMetadata("").name, "");
  EXPECT_EQ(ParsePythonMetadata("  folded first\nnonsense\n:\nName: a\nProject-URL: x").name, "a");
  EXPECT_EQ(ParsePythonMetadata("Name: \xFF\xFE\n").name, "\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace tapps
