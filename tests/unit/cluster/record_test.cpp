#include "cluster/record.hpp"

#include <gtest/gtest.h>

#include "cluster/fold.hpp"

namespace seatgrid::cluster {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text.push_back(digits[static_cast<unsigned char>(byte) >> 4U]);
    text.push_back(digits[static_cast<unsigned char>(byte) & 15U]);
  }
  return text;
}

record some_claim() {
  record claim{.kind = record_kind::claim, .lane = 3, .owner = {0x0102030405060708, 0x090a0b0c0d0e0f10}, .epoch = 7};
  claim.lanes = 12;
  claim.node = "n1";
  return claim;
}
record some_frame() {
  record frame{.kind = record_kind::frame, .lane = 3, .owner = {1, 2}, .epoch = 7, .seq = 9, .prev = 0xa1b2c3d4};
  frame.body = "body";
  return frame;
}

/// The bytes are frozen: if this fails, every log that was ever written has become unreadable.
TEST(Record, HasTheBytesThatEveryVersionWrites) {
  auto claim = some_claim();
  EXPECT_EQ(hex(write_record(claim)),
            "53474c31"  // "SGL1"
            "01"
            "00"
            "0003"                              // claim, lane 3
            "0102030405060708090a0b0c0d0e0f10"  // process
            "0000000000000007"                  // epoch
            "0000000000000000"
            "00000000"  // seq, prev
            "00000005"
            "65a5edb2"
            "000c"
            "02"
            "6e31");
  auto frame = some_frame();
  EXPECT_EQ(hex(write_record(frame)),
            "53474c31"
            "02"
            "00"
            "0003"
            "00000000000000010000000000000002"
            "0000000000000007"
            "0000000000000009"
            "a1b2c3d4"
            "00000004"
            "334dfc98"
            "626f6479");
}

TEST(Record, IsReadAsItWasWritten) {
  for (auto made : {some_claim(), some_frame()}) {
    const auto bytes = write_record(made);
    const auto read = read_record(bytes);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(*read, made);
  }
}

TEST(Record, IsRefusedWhenAnyByteChanged) {
  for (auto made : {some_claim(), some_frame()}) {
    const auto bytes = write_record(made);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      auto changed = bytes;
      changed[n] = static_cast<char>(changed[n] ^ 0x10);
      EXPECT_FALSE(read_record(changed)) << "byte " << n;
    }
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(read_record(bytes.substr(0, n))) << n << " bytes";
    EXPECT_EQ(read_record(bytes + "x").error().code, errc::corrupt);
  }
}

TEST(Record, TellsALaterProgramFromForeignBytes) {
  auto claim = some_claim();
  auto later = write_record(claim);
  later[3] = '2';
  EXPECT_TRUE(is_record(later));
  EXPECT_EQ(read_record(later).error().code, errc::unsupported);
  EXPECT_FALSE(is_record("hello"));
  auto unknown = some_frame();
  unknown.kind = static_cast<record_kind>(3);
  EXPECT_EQ(read_record(write_record(unknown)).error().code, errc::unsupported);
}

TEST(Record, KeepsWhatALaterProgramAddsToAClaim) {
  auto claim = some_claim();
  claim.body = "later";
  const auto bytes = write_record(claim);
  EXPECT_EQ(read_record(bytes)->node, "n1");
  EXPECT_EQ(read_record(bytes)->body, "later");
}

TEST(ProcessId, IsAnotherEachTime) {
  EXPECT_NE(random_process_id(), random_process_id());
  EXPECT_EQ(to_text(process_id{0x0102030405060708, 0xff}), "010203040506070800000000000000ff");
}

TEST(Fold, IsKeptAsBytesAndReadBack) {
  applied_fold at{.fold = {.next = 42, .owner = {"n1", {3, 4}}, .epoch = 5, .seq = 6, .head = 0xffffffff, .lanes = 8}};
  EXPECT_EQ(decode_fold(encode_fold(at)), at);
  at.log_ahead_us = -3;
  EXPECT_EQ(decode_fold(encode_fold(at)), at);
  EXPECT_FALSE(decode_fold("\xff\xff"));
}

TEST(Fold, HeadTellsHistoriesApart) {
  auto one = some_claim();
  auto other = some_claim();
  other.owner.low = 77;
  write_record(one), write_record(other);
  lane_fold a;
  lane_fold b;
  fold(a, one, judge(a, one));
  fold(b, other, judge(b, other));
  EXPECT_NE(a.head, b.head);
  auto frame = some_frame();
  frame.owner = one.owner;
  frame.seq = 1;
  frame.prev = a.head;
  write_record(frame);
  EXPECT_EQ(judge(a, frame), verdict::counted);
  b.owner = a.owner;
  EXPECT_EQ(judge(b, frame), verdict::diverged) << "everything fits but what it was decided on";
}

TEST(Fold, LetsNoClaimOfAnotherNumberOfLanesWin) {
  auto claim = some_claim();
  lane_fold at;
  fold(at, claim, judge(at, claim));
  ++claim.epoch;
  EXPECT_EQ(judge(at, claim), verdict::claim_won);
  ++claim.lanes;
  EXPECT_EQ(judge(at, claim), verdict::claim_lost);
}

}  // namespace
}  // namespace seatgrid::cluster
