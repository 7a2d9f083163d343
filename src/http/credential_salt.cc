#include "http/credential_salt.h"

#include "base/random.h"

namespace tapps::http {
namespace {

constexpr Key kKey = {"tapps.salt", "credentials"};
constexpr size_t kBytes = 32;

}  // namespace

std::string CredentialSalt(Cache& cache) {
  const Result<ValueRef> known = cache.Get(kKey, GetOptions());
  if (known.ok() && (*known)->bytes().size() == kBytes) return std::string((*known)->bytes());
  std::string salt;
  while (salt.size() < kBytes) {
    const uint64_t bits = RandomBits();
    salt.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  PutOptions options;
  options.ttl_us = TAPPS_NONE;
  cache.PutAsync(kKey, salt, options, [](const Status&) {});
  return salt;
}

}  // namespace tapps::http
