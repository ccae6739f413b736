#include <gtest/gtest.h>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include "domain/acd_messages.hpp"
#include "domain/leg_port.hpp"
#include "domain/media_port.hpp"
#include "proto/schema.hpp"
#include "proto/wire.hpp"
#include "storage/step_codec.hpp"
#include "tests/unit/proto/filler.hpp"

/// Google's own library reads our bytes by a descriptor made from the same declarations, finds nothing unknown in them, and
/// writes the same bytes: what any protobuf tool will see.
namespace seatgrid {
namespace {

namespace pb = google::protobuf;

pb::FieldDescriptorProto::Type type_of(const schema::described_field& field) {
  if (field.message) return pb::FieldDescriptorProto::TYPE_MESSAGE;
  if (field.type == "uint64") return pb::FieldDescriptorProto::TYPE_UINT64;
  if (field.type == "sint64") return pb::FieldDescriptorProto::TYPE_SINT64;
  if (field.type == "bool") return pb::FieldDescriptorProto::TYPE_BOOL;
  if (field.type == "fixed64") return pb::FieldDescriptorProto::TYPE_FIXED64;
  return pb::FieldDescriptorProto::TYPE_BYTES;
}

const pb::FileDescriptor* build(pb::DescriptorPool& pool, const schema::catalog& catalog) {
  pb::FileDescriptorProto file;
  file.set_name("seatgrid.proto");
  file.set_package("seatgrid");
  file.set_syntax("proto2");  // presence as written; fields are written by number
  for (const auto& message : catalog) {
    auto* made = file.add_message_type();
    made->set_name(message.name);
    for (const auto& field : message.fields) {
      auto* f = made->add_field();
      f->set_name(field.name);
      f->set_number(static_cast<int>(field.number));
      f->set_type(type_of(field));
      if (field.message) f->set_type_name(".seatgrid." + field.type);
      f->set_label(field.repeated ? pb::FieldDescriptorProto::LABEL_REPEATED : pb::FieldDescriptorProto::LABEL_OPTIONAL);
    }
  }
  return pool.BuildFile(file);
}

bool has_unknown(const pb::Message& message) {
  const auto* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  std::vector<const pb::FieldDescriptor*> set;
  reflection->ListFields(message, &set);
  for (const auto* field : set) {
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i)
      if (has_unknown(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                           : reflection->GetMessage(message, field)))
        return true;
  }
  return false;
}

template <class T>
void expect_same_bytes(const std::string& name) {
  schema::catalog catalog;
  schema::describe_message<T>(catalog, name);
  pb::DescriptorPool pool;
  const auto* file = build(pool, catalog);
  ASSERT_NE(file, nullptr);
  pb::DynamicMessageFactory factory{&pool};
  const auto* prototype = factory.GetPrototype(file->FindMessageTypeByName(name));
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    T value{};
    seatgrid::testing::filler{seed}.fill(value);
    const auto bytes = wire::encode(value);
    const std::unique_ptr<pb::Message> theirs{prototype->New()};
    ASSERT_TRUE(theirs->ParseFromString(bytes)) << name << " seed " << seed;
    ASSERT_FALSE(has_unknown(*theirs)) << theirs->DebugString();
    ASSERT_EQ(theirs->SerializeAsString(), bytes) << theirs->DebugString();
  }
}

TEST(LibProtobuf, WritesTheSameBytesOfALegEvent) { expect_same_bytes<leg_event>("leg_event"); }
TEST(LibProtobuf, WritesTheSameBytesOfAMediaEvent) { expect_same_bytes<media_event>("media_event"); }
TEST(LibProtobuf, WritesTheSameBytesOfAnAcdMessage) { expect_same_bytes<acd_message>("acd_message"); }
TEST(LibProtobuf, WritesTheSameBytesOfALogRecord) { expect_same_bytes<stored_step>("stored_step"); }
TEST(LibProtobuf, WritesTheSameBytesOfADialog) { expect_same_bytes<dialog>("dialog"); }

TEST(LibProtobuf, ShowsTheValuesThatWereWritten) {
  schema::catalog catalog;
  schema::describe_message<leg_event>(catalog, "leg_event");
  pb::DescriptorPool pool;
  const auto* file = build(pool, catalog);
  ASSERT_NE(file, nullptr);
  pb::DynamicMessageFactory factory{&pool};
  const std::unique_ptr<pb::Message> theirs{factory.GetPrototype(file->FindMessageTypeByName("leg_event"))->New()};
  const leg_event ended = leg_ended{.leg = {call_id{7}, 2}, .at = {-5}, .cancelled = true, .cause = {.q850 = 16, .text = "bye"}};
  ASSERT_TRUE(theirs->ParseFromString(wire::encode(ended)));
  EXPECT_EQ(theirs->ShortDebugString(),
            R"(leg_ended { leg { call: 7 index: 2 } at: -5 cancelled: true cause { q850: 16 text: "bye" } })");
}

}  // namespace
}  // namespace seatgrid
