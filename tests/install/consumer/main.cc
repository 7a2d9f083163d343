// A program as its author would write it: the installed wrapper, the installed library.
#include <iostream>
#include <tapps.hpp>

int main() {
  auto cache = tapps::cxx::Cache::Open(":memory:");
  if (!cache || !cache->Put("key", "value")) return 1;
  const auto value = cache->Get("key");
  const bool ok = value && value->bytes() == "value";
  std::cout << tapps::cxx::Version() << (ok ? " ok" : " failed") << std::endl;
  return ok ? 0 : 1;
}
