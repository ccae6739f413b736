#include "domain/ip_prefix.hpp"

#include <gtest/gtest.h>

namespace seatgrid {
namespace {

bool holds(const char* prefix, const char* address, std::uint16_t port = 5060) {
  return parse_ip_prefix(prefix)->holds(*parse_ip_address(address), port);
}

TEST(IpPrefix, HoldsWhatItsBitsSay) {
  EXPECT_TRUE(holds("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(holds("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(holds("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(holds("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(holds("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(holds("192.0.2.128/25", "192.0.2.1"));
  EXPECT_TRUE(holds("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1")) << "all of IPv4 is not all of IPv6";
  EXPECT_TRUE(holds("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(holds("2001:db8::/32", "2001:db9::1"));
}

TEST(IpPrefix, PortNarrowsIt) {
  EXPECT_TRUE(holds("192.0.2.1:5070", "192.0.2.1", 5070));
  EXPECT_FALSE(holds("192.0.2.1:5070", "192.0.2.1", 5060));
  EXPECT_TRUE(holds("[2001:db8::1]:5070", "2001:db8::1", 5070));
  EXPECT_TRUE(holds("[2001:db8::1]", "2001:db8::1", 1));
}

TEST(IpPrefix, MappedAddressesAreTheIpv4Ones) { EXPECT_TRUE(holds("192.0.2.1", "::ffff:192.0.2.1")); }

TEST(IpPrefix, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "192.0.2", "192.0.2.256", "192.0.2.1/33", "192.0.2.1/24", "192.0.2.0/",
                           "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "[2001:db8::1", "[2001:db8::1]5060", "2001:db8::/129",
                           "host.example", "1.2.3.4:x", "[::1]:", "/8", "[]"})
    EXPECT_FALSE(parse_ip_prefix(text)) << text;
}

TEST(IpPrefix, HostNamesAreToldFromAddresses) {
  for (const char* text : {"sbc.example", "a", "x-1.Carrier.example", "1.2.3.example"}) EXPECT_TRUE(is_host_name(text)) << text;
  for (const char* text :
       {"", "192.0.2.1", "1.2.3", "-a.example", "a-.example", "a..b", "a.", ".a", "a_b", "a:5060", "::1", "[::1]"})
    EXPECT_FALSE(is_host_name(text)) << text;
  EXPECT_FALSE(is_host_name(std::string(64, 'a'))) << "a label has 63 bytes at most";
}

}  // namespace
}  // namespace seatgrid
