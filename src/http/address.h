#ifndef TAPPS_HTTP_ADDRESS_H_
#define TAPPS_HTTP_ADDRESS_H_

#include <sys/socket.h>

#include <string>

namespace tapps::http {

// Whether the address is one of the public internet: not loopback, private, link-local, shared,
// multicast, reserved or unspecified (RFC 6890). IPv6 forms that carry an IPv4 address (mapped,
// compatible, NAT64, 6to4) count as that address; Teredo and anything but IPv4 and IPv6 is not
// public.
bool IsPublicAddress(const sockaddr* address, socklen_t size);

// "127.0.0.1" or "::1"; "?" for other families.
std::string AddressText(const sockaddr* address, socklen_t size);

}  // namespace tapps::http

#endif  // TAPPS_HTTP_ADDRESS_H_
