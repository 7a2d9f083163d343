// A program as its author would write it: the installed wrapper, the installed library.
#include <iostream>
#include <tapps.hpp>

int main() {
  auto cache = tapps::cxx::Cache::Open(":memory:");
  const bool ok = cache && cache->Put("key", "value") && cache->Get("key")->bytes() == "value";
  std::cout << tapps::cxx::Version() << (ok ? " ok" : " failed") << std::endl;
  return ok ? 0 : 1;
}
