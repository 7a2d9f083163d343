#ifndef TAPPS_HTTP_CREDENTIAL_SALT_H_
#define TAPPS_HTTP_CREDENTIAL_SALT_H_

#include <string>

#include "cache/cache.h"

namespace tapps::http {

// What credentials are hashed with (FetchOptions::credential_salt), the same for all processes that
// share the cache: 32 random bytes in its namespace "tapps.salt", made when there are none. Does
// not wait for a write: of processes that make one at the same time the last decides, and what the
// others store until they open the file again is found by themselves alone.
std::string CredentialSalt(Cache& cache);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_CREDENTIAL_SALT_H_
