#ifndef TAPPS_TESTS_SUPPORT_TURKISH_LOCALE_H_
#define TAPPS_TESTS_SUPPORT_TURKISH_LOCALE_H_

#include <cctype>
#include <clocale>
#include <cstdlib>
#include <locale>
#include <string>

#include "support/child.h"
#include "support/temp_dir.h"

namespace tapps::test {

// As long as it lives, the process writes "1.234,5", and its small I is not an i. The locale of C
// is made for the test where the system can make it; that of C++ has the same numbers everywhere.
class TurkishLocale {
 public:
  TurkishLocale() : cpp_(std::locale::global(std::locale(std::locale(), new Numbers))) {
    const std::string name = "tr_TR.ISO-8859-9";
    (void)RunChild({"/usr/bin/localedef", "--no-archive", "-i", "tr_TR", "-f", "ISO-8859-9",
                    folder_.File(name)});
    setenv("LOCPATH", folder_.path().c_str(), 1);
    of_c_ = std::setlocale(LC_ALL, name.c_str()) != nullptr;
    unsetenv("LOCPATH");
  }
  ~TurkishLocale() {
    std::locale::global(cpp_);
    std::setlocale(LC_ALL, "C");
  }
  TurkishLocale(const TurkishLocale&) = delete;
  TurkishLocale& operator=(const TurkishLocale&) = delete;

  // Whether C follows it too; where not, "locales" is not installed.
  bool of_c() const {
    return of_c_ && std::strtod("1,5", nullptr) == 1.5 && std::tolower('I') != 'i';
  }

 private:
  struct Numbers : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  TempDir folder_;
  std::locale cpp_;
  bool of_c_ = false;
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_TURKISH_LOCALE_H_
