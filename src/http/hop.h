#ifndef TAPPS_HTTP_HOP_H_
#define TAPPS_HTTP_HOP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/fetch_types.h"
#include "http/range.h"

namespace tapps::http {

// One request of a fetch, between two redirects.
struct Hop {
  std::string method;
  Url url;
  Headers
      headers;  // the caller's, with Authorization made of user info; no validators of the cache
  ValueRef body;
  bool credentials = false;  // the headers or the URL carry secrets
  bool persistent = false;   // store_key tells them apart for other processes too
  // Tells apart who asks an origin, as far as quotas go, and tells little of the credential: 16
  // bits of a hash are shared with other processes. 0: nobody in particular.
  uint64_t asker = 0;
  std::string store_key;
  // Where answers to the request without its Cookie are stored, when that is its only secret; else
  // empty. They may answer this one too, unless they vary with Cookie.
  std::string cookieless_key;
  std::optional<ByteRange> range;  // of a request for one part
  CacheControl directives;         // of the request, with the call's policy put in
  bool may_read = false;           // what is stored may be used for it
  bool may_write = false;          // its answer may be stored

  // Whether no disk may have the answer, as it is for the sender of credentials alone.
  bool OffDisk() const { return credentials && !persistent; }
};

// Makes hops, and knows what in them is secret. Any thread.
class HopMaker {
 public:
  // `secrets` outlives it. `salt`: FetchOptions::credential_salt.
  explicit HopMaker(const SecretParameters& secrets, std::string_view salt = {});

  // The first hop of a request. INVALID when it is not one.
  Result<Hop> First(const FetchRequest& request) const;
  // The hop a redirect leads to (RFC 9110 15.4): 303, and 301 and 302 after POST, become GET;
  // secrets stay with their origin. PROTOCOL when it may not be followed.
  Result<Hop> Next(const FetchRequest& request, const Hop& from,
                   const StoredResponse& redirect) const;
  // Where answers to the hop are stored if its URL were `url`: the URL itself; with credentials,
  // the URL without its secrets and a hash of them, salted for this process; with a salt that was
  // given, one that cannot be undone.
  std::string StoreKey(const Hop& hop, const Url& url, bool credentials) const;
  // Whether the answer names a URL, from `base`, that has user info or secret parameters in it.
  bool LeadsToSecrets(const Url& base, const Headers& response) const;

 private:
  void Finish(const FetchRequest& request, Hop* hop) const;
  bool IsSecretField(std::string_view name) const;
  uint64_t AskerOf(const Hop& hop) const;

  const SecretParameters& secrets_;
  const std::string given_salt_;
  uint64_t salt_[2];
};

}  // namespace tapps::http

#endif  // TAPPS_HTTP_HOP_H_
