#include "proto/wire.hpp"

#include <gtest/gtest.h>

#include "domain/acd_messages.hpp"
#include "domain/leg_port.hpp"
#include "domain/media_port.hpp"
#include "domain/registrar_port.hpp"
#include "tests/unit/proto/filler.hpp"

namespace seatgrid {
namespace {

using seatgrid::testing::filler;

template <class T>
class WireRoundTrip : public ::testing::Test {};
using messages = ::testing::Types<leg_event, media_event, acd_message>;
TYPED_TEST_SUITE(WireRoundTrip, messages);

/// Every alternative of the variant as its initialisers make it, all zero, and filled in `count` ways.
template <class V, class Each>
void every_alternative(int count, Each each) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto one = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
      each(V{std::in_place_index<N>});
      for (int seed = 1; seed <= count; ++seed) {
        std::variant_alternative_t<N, V> value{};
        filler{static_cast<std::uint64_t>(seed)}.fill(value);
        each(V{std::in_place_index<N>, std::move(value)});
      }
    };
    (one(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<std::variant_size_v<V>>{});
}

TYPED_TEST(WireRoundTrip, GivesBackEveryAlternative) {
  every_alternative<TypeParam>(20, [](const TypeParam& value) {
    const auto bytes = wire::encode(value);
    const auto back = wire::decode<TypeParam>(bytes);
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(*back, value) << "alternative " << value.index();
    EXPECT_EQ(wire::encode(*back), bytes);
  });
}

TYPED_TEST(WireRoundTrip, AnyPrefixIsDecodedOrRefusedButNeverCrashes) {
  std::size_t refused = 0;
  every_alternative<TypeParam>(3, [&](const TypeParam& value) {
    const auto bytes = wire::encode(value);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string prefix{bytes, 0, size};  // its own memory, so that a sanitizer sees a read beyond it
      const auto back = wire::decode<TypeParam>(prefix);
      if (back) continue;
      ++refused;
      ASSERT_EQ(back.error().code, errc::corrupt);
    }
    // A variant is one length-delimited field: cut anywhere it is not whole.
    ASSERT_FALSE(wire::decode<TypeParam>(std::string{bytes, 0, bytes.size() - 1}));
  });
  EXPECT_GT(refused, 100U);
}

TYPED_TEST(WireRoundTrip, AnyFlippedByteIsDecodedOrRefusedButNeverCrashes) {
  std::size_t refused = 0;
  every_alternative<TypeParam>(2, [&](const TypeParam& value) {
    auto bytes = wire::encode(value);
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (const char flip : {'\x01', '\x07', '\x80', '\xff'}) {
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
        if (!wire::decode<TypeParam>(bytes)) ++refused;
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
      }
  });
  EXPECT_GT(refused, 100U);
}

struct inner {
  std::uint32_t n = 5;  // a default that is not zero
  bool operator==(const inner&) const = default;
  static constexpr auto fields() { return members{field{1, "n", &inner::n}}; }
};
struct grown {
  std::uint32_t a = 1;
  std::string b{};
  inner c{};
  std::vector<inner> d{};
  std::optional<std::string> e{};
  std::map<char, std::string> f{};
  std::vector<std::pair<std::string, std::string>> g{};
  std::int64_t h = 0;
  std::optional<inner> i{};
  bool operator==(const grown&) const = default;
  static constexpr auto fields() {
    return members{field{1, "a", &grown::a},     field{2, "b", &grown::b}, field{3, "c", &grown::c},
                   field{1'000, "d", &grown::d}, field{5, "e", &grown::e}, field{6, "f", &grown::f},
                   field{7, "g", &grown::g},     field{8, "h", &grown::h}, field{9, "i", &grown::i}};
  }
};
struct older {
  std::int64_t h = 0;
  bool operator==(const older&) const = default;
  static constexpr auto fields() { return members{field{8, "h", &older::h}}; }
};

TEST(Wire, WritesTheBytesOfTheEncodingGuide) {
  // developers.google.com/protocol-buffers/docs/encoding: field 1 = 150 is 08 96 01, field 2 = "testing" is 12 07 ...
  EXPECT_EQ(wire::encode(grown{.a = 150, .b = "testing"}), "\x08\x96\x01\x12\x07testing");
  EXPECT_EQ(wire::encode(grown{.a = 0, .h = -2}), "\x40\x03") << "zigzag";
  EXPECT_EQ(wire::encode(grown{.a = 0, .c = {.n = 3}}), "\x1a\x02\x08\x03");
}

TEST(Wire, KeepsZeroWhereTheInitialiserIsNot) {
  const grown zero{.a = 0, .c = {.n = 0}, .d = {{.n = 0}, {.n = 5}}, .i = inner{.n = 0}};
  EXPECT_EQ(wire::decode<grown>(wire::encode(zero)), zero);
  EXPECT_EQ(wire::encode(grown{.a = 0}), "") << "defaults are not written";
  EXPECT_EQ(wire::decode<grown>(""), grown{.a = 0}) << "what was not written is zero";
}

TEST(Wire, TellsAnEmptyOptionalFromAnEmptyValue) {
  EXPECT_EQ(wire::decode<grown>(wire::encode(grown{.e = ""}))->e, std::string{});
  EXPECT_EQ(wire::decode<grown>(wire::encode(grown{}))->e, std::nullopt);
}

TEST(Wire, CarriesNestedMessagesOfEveryLengthOfLength) {
  for (const std::size_t size : {0U, 1U, 120U, 126U, 127U, 128U, 129U, 16'383U, 16'384U, 70'000U}) {
    const grown value{.f = {{'1', std::string(size, 'x')}}, .g = {{std::string(size, 'y'), "z"}}};
    EXPECT_EQ(wire::decode<grown>(wire::encode(value)), value) << size;
  }
}

TEST(Wire, SkipsFieldsItDoesNotKnow) {
  grown value{};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    filler{seed}.fill(value);
    const auto old = wire::decode<older>(wire::encode(value));
    ASSERT_TRUE(old);
    EXPECT_EQ(old->h, value.h);
  }
}

TEST(Wire, RefusesAnAlternativeItDoesNotKnow) {
  using newer = std::variant<leg_ended, media_closed>;
  using known = std::variant<leg_digit>;
  const auto refused = wire::decode<known>(wire::encode(newer{media_closed{}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::corrupt);
  EXPECT_FALSE(wire::decode<known>(""));
}

TEST(Wire, RefusesAFieldOfAnotherWireType) {
  EXPECT_EQ(wire::decode<grown>("\x0a\x01x").error().code, errc::corrupt) << "field 1 as a string";
  EXPECT_EQ(wire::decode<grown>("\x10\x01").error().code, errc::corrupt) << "field 2 as a number";
  EXPECT_EQ(wire::decode<older>(std::string("\x41\0\0\0\0\0\0\0\0", 9)).error().code, errc::corrupt) << "field 8 as fixed64";
}

TEST(Wire, TheLastOfARepeatedScalarFieldWins) { EXPECT_EQ(wire::decode<grown>("\x08\x01\x08\x07")->a, 7U); }

TEST(Wire, AppendsToWhatIsThere) {
  std::string out = "before ";
  wire::encode_into(out, grown{.a = 150});
  EXPECT_EQ(out, "before \x08\x96\x01");
}

}  // namespace
}  // namespace seatgrid
