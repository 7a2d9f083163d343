#include "docs/names.h"

#include <gtest/gtest.h>

namespace tapps {
namespace {

TEST(NamesTest, NamesAreCheckedByTheirEcosystem) {
  EXPECT_EQ(*LibraryName("pypi", "Flask_SQLAlchemy"), "flask-sqlalchemy");
  EXPECT_EQ(*LibraryName("npm", "@angular/core"), "@angular/core");
  EXPECT_EQ(*LibraryName("go", "github.com/gin-gonic/gin"), "github.com/gin-gonic/gin");
  EXPECT_EQ(LibraryName("pypi", "@angular/core").code(), TAPPS_E_INVALID);
}

TEST(NamesTest, NoNameLeavesAFolder) {
  for (const char* name : {"../../etc", "..", ".", "a/../b", "@a/..", "@../b", "a/b/c",
                           "/etc/passwd", "a\\b", "", "node_modules", "a b", "a\nb", "@a", "@/a"}) {
    EXPECT_EQ(LibraryName("npm", name).code(), TAPPS_E_INVALID) << name;
    EXPECT_EQ(LibraryName("pypi", name == std::string_view("node_modules") ? ".." : name).code(),
              TAPPS_E_INVALID)
        << name;
  }
  for (const char* name : {"../../etc", "a/../b", "a//b", "/a", "a/", "a?b", "a#b"}) {
    EXPECT_EQ(LibraryName("go", name).code(), TAPPS_E_INVALID) << name;
  }
  EXPECT_EQ(LibraryName("npm", std::string(300, 'a')).code(), TAPPS_E_INVALID);
}

TEST(NamesTest, PythonVersionsAreComparedByValue) {
  EXPECT_TRUE(SameVersion("pypi", "1.0", "1.0.0"));
  EXPECT_FALSE(SameVersion("pypi", "1.0", "1.0.1"));
  EXPECT_FALSE(SameVersion("npm", "1.0", "1.0.0"));
}

TEST(NamesTest, NearNamesAreFewEditsAwayOrHoldTheName) {
  const std::vector<std::string> names = {"semver", "lodash", "react-dom", "react", "sever"};
  EXPECT_EQ(NearNames("semvr", names, 5), (std::vector<std::string>{"semver", "sever"}));
  EXPECT_EQ(NearNames("react", names, 5), std::vector<std::string>{"react-dom"});
  EXPECT_TRUE(NearNames("django", names, 5).empty());
  EXPECT_EQ(NearNames("semvr", names, 1).size(), 1u);
}

TEST(NamesTest, EditDistanceStopsAtItsBound) {
  EXPECT_EQ(EditDistance("kitten", "sitting", 5), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 2), 3u);
  EXPECT_EQ(EditDistance("", "abc", 9), 3u);
}

}  // namespace
}  // namespace tapps
