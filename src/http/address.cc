#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>

namespace tapps::http {
namespace {

struct Ipv4Block {
  uint32_t address;
  int bits;
};

// RFC 6890 and its registry: what is not globally reachable, and multicast.
constexpr Ipv4Block kNotPublic[] = {
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared, of carriers
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC0586300, 24},  // 6to4 relays
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarking
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 4},   // multicast
    {0xF0000000, 4},   // reserved, broadcast
};

bool IsPublicIpv4(uint32_t address) {
  for (const Ipv4Block& block : kNotPublic) {
    if ((address ^ block.address) >> (32 - block.bits) == 0) return false;
  }
  return true;
}

using Ipv6 = std::array<uint8_t, 16>;

uint32_t Ipv4At(const Ipv6& a, size_t i) {
  return uint32_t{a[i]} << 24 | uint32_t{a[i + 1]} << 16 | uint32_t{a[i + 2]} << 8 | a[i + 3];
}

bool StartsWith(const Ipv6& a, std::initializer_list<uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), a.begin());
}

bool IsPublicIpv6(const Ipv6& a) {
  if (StartsWith(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return IsPublicIpv4(Ipv4At(a, 12));
  if (StartsWith(a, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return IsPublicIpv4(Ipv4At(a, 12));  // NAT64
  }
  if (StartsWith(a, {0x20, 0x02})) return IsPublicIpv4(Ipv4At(a, 2));   // 6to4
  if (StartsWith(a, {0x20, 0x01, 0x0d, 0xb8})) return false;            // documentation
  if (StartsWith(a, {0x20, 0x01}) && (a[2] & 0xfe) == 0) return false;  // assignments, Teredo
  return (a[0] & 0xe0) == 0x20;  // 2000::/3 is all that is allocated as global unicast
}

}  // namespace

bool IsPublicAddress(const sockaddr* address, socklen_t size) {
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    return IsPublicIpv4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof in);
    Ipv6 bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return IsPublicIpv6(bytes);
  }
  return false;
}

std::string AddressText(const sockaddr* address, socklen_t size) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof in);
    inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace tapps::http
