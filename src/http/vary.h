#ifndef TAPPS_HTTP_VARY_H_
#define TAPPS_HTTP_VARY_H_

#include <optional>
#include <string>
#include <string_view>

#include "http/headers.h"

// Which of the responses stored for a URL a request selects (RFC 9111 4.1), as pure functions.
namespace tapps::http {

// The request's fields that the response's Vary names, each once and normalised: repeats combined,
// white space around list members removed; of Accept-Language, Accept-Charset and Accept-Encoding
// also the case and the order, which mean nothing (RFC 9110 12.5).
Headers SelectingFields(const Headers& request, const Headers& response);

// The language the request prefers above all others, in lower case (RFC 9110 12.5.4).
std::optional<std::string> PreferredLanguage(const Headers& request);

// The language of the response, in lower case, when it is negotiated and there is one (RFC
// 9110 8.5).
std::optional<std::string> NegotiatedLanguage(const Headers& response);

// The selecting fields of all requests that prefer this language and agree in the rest.
Headers SelectingByLanguage(const Headers& selecting, std::string_view language);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_VARY_H_
