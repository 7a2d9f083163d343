#include "docs/staleness.h"

#include <algorithm>
#include <array>
#include <string>

#include "docs/text.h"

namespace tapps {
namespace {

// Words as Words() gives them: lower case, without a plural "s".
constexpr std::array<std::string_view, 6> kCritical = {"auth",  "crypto", "jwt",
                                                       "oauth", "oauth2", "security"};
constexpr std::array<std::string_view, 24> kActive = {
    "ava",      "chai",  "coverage",  "cypress",   "enzyme", "hypothesis", "jasmine",   "jest",
    "karma",    "mocha", "nock",      "nox",       "nyc",    "playwright", "puppeteer", "pytest",
    "selenium", "sinon", "storybook", "supertest", "test",   "testing",    "tox",       "vitest"};

template <size_t kSize>
bool Has(const std::array<std::string_view, kSize>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

int64_t FreshFor(std::string_view library) {
  std::string spaced(library);
  std::replace(spaced.begin(), spaced.end(), '_', ' ');
  int64_t fresh = 30 * kDay;
  for (const std::string& word : Words(spaced)) {
    if (Has(kCritical, word)) return 7 * kDay;
    if (Has(kActive, word)) fresh = 14 * kDay;
  }
  return fresh;
}

}  // namespace tapps
