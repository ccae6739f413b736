#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/call_state.hpp"

/// What happened to a call's legs and their audio. Facts for the log: each carries what its effects need, because they are
/// derived from the event and the state after it. Members marked "in memory only" never reach a row, a log or another process.
namespace seatgrid::calls {

/// A leg begins: the caller's, or one of ours that waits for its RTP port.
struct leg_added {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "leg_added";
  std::uint32_t leg{0};
  leg_role role{leg_role::none};
  std::string name{};
  agent_id agent{};
  attempt_no attempt{0};
  destination to{};
  time_point at{};
  bool operator==(const leg_added&) const = default;
  static constexpr auto fields() {
    return std::tuple{
        field{1, "leg", &leg_added::leg},     field{2, "role", &leg_added::role},       field{3, "name", &leg_added::name},
        field{4, "agent", &leg_added::agent}, field{5, "attempt", &leg_added::attempt}, field{6, "to", &leg_added::to},
        field{7, "at", &leg_added::at}};
  }
};
/// The leg's RTP port is bound.
struct leg_endpoint_ready {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "leg_endpoint_ready";
  std::uint32_t leg{0};
  media_address local{};
  bool operator==(const leg_endpoint_ready&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_endpoint_ready::leg}, field{2, "local", &leg_endpoint_ready::local}};
  }
};
/// The leg's endpoint is gone; `known` is false when its statistics never came.
struct leg_endpoint_closed {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "leg_endpoint_closed";
  std::uint32_t leg{0};
  bool known{true};
  media_statistics statistics{};
  bool operator==(const leg_endpoint_closed&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_endpoint_closed::leg}, field{2, "known", &leg_endpoint_closed::known},
                      field{3, "statistics", &leg_endpoint_closed::statistics}};
  }
};
/// An RTP port is wanted for the leg.
struct leg_endpoint_asked {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "leg_endpoint_asked";
  std::uint32_t leg{0};
  bool operator==(const leg_endpoint_asked&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "leg", &leg_endpoint_asked::leg}}; }
};
/// 18x to the caller; with media it is early media.
struct caller_rang {
  static constexpr std::uint32_t tag = 5;
  static constexpr std::string_view type = "caller_rang";
  std::uint16_t status{180};
  std::optional<session_description> media{};
  time_point at{};
  bool operator==(const caller_rang&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "status", &caller_rang::status}, field{2, "media", &caller_rang::media},
                      field{3, "at", &caller_rang::at}};
  }
};
/// 200 to the caller: charging begins.
struct caller_answered {
  static constexpr std::uint32_t tag = 6;
  static constexpr std::string_view type = "caller_answered";
  session_description media{};
  std::string why{};
  bool ours_is_offer{false};
  time_point at{};
  bool operator==(const caller_answered&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "media", &caller_answered::media}, field{2, "why", &caller_answered::why},
                      field{3, "ours_is_offer", &caller_answered::ours_is_offer}, field{4, "at", &caller_answered::at}};
  }
};
/// ACK for our 2xx.
struct leg_acknowledged {
  static constexpr std::uint32_t tag = 7;
  static constexpr std::string_view type = "leg_acknowledged";
  std::uint32_t leg{0};
  dialog now{};
  bool operator==(const leg_acknowledged&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_acknowledged::leg}, field{2, "now", &leg_acknowledged::now}};
  }
};
/// An INVITE of ours. Its names on the wire are in `early`: durable before it leaves, so that whoever adopts the call can CANCEL
/// it.
struct leg_invited {
  static constexpr std::uint32_t tag = 8;
  static constexpr std::string_view type = "leg_invited";
  std::uint32_t leg{0};
  caller_identity presented{};
  std::string called{};
  session_description offer{};
  milliseconds expires{20'000};
  std::uint32_t hops_left{69};
  std::string diverted_from{};
  dialog early{};
  time_point at{};
  bool operator==(const leg_invited&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_invited::leg},
                      field{2, "presented", &leg_invited::presented},
                      field{3, "called", &leg_invited::called},
                      field{4, "offer", &leg_invited::offer},
                      field{5, "expires", &leg_invited::expires},
                      field{6, "hops_left", &leg_invited::hops_left},
                      field{7, "diverted_from", &leg_invited::diverted_from},
                      field{8, "early", &leg_invited::early},
                      field{9, "at", &leg_invited::at}};
  }
};
/// 18x to an INVITE of ours.
struct leg_alerted {
  static constexpr std::uint32_t tag = 9;
  static constexpr std::string_view type = "leg_alerted";
  std::uint32_t leg{0};
  std::uint16_t status{180};
  dialog early{};
  time_point at{};
  bool operator==(const leg_alerted&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_alerted::leg}, field{2, "status", &leg_alerted::status},
                      field{3, "early", &leg_alerted::early}, field{4, "at", &leg_alerted::at}};
  }
};
/// 2xx to an INVITE of ours.
struct leg_accepted {
  static constexpr std::uint32_t tag = 10;
  static constexpr std::string_view type = "leg_accepted";
  std::uint32_t leg{0};
  dialog now{};
  time_point at{};
  bool operator==(const leg_accepted&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_accepted::leg}, field{2, "now", &leg_accepted::now},
                      field{3, "at", &leg_accepted::at}};
  }
};
/// The far end ended the leg, refused it or is gone.
struct leg_lost {
  static constexpr std::uint32_t tag = 11;
  static constexpr std::string_view type = "leg_lost";
  std::uint32_t leg{0};
  bool cancelled{false};
  release_cause cause{};
  time_point at{};
  bool operator==(const leg_lost&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_lost::leg}, field{2, "cancelled", &leg_lost::cancelled},
                      field{3, "cause", &leg_lost::cause}, field{4, "at", &leg_lost::at}};
  }
};
/// We end the leg: `ending` says how.
struct leg_dropped {
  static constexpr std::uint32_t tag = 12;
  static constexpr std::string_view type = "leg_dropped";
  std::uint32_t leg{0};
  leg_ending ending{leg_ending::nothing};
  release_cause cause{};
  std::uint32_t retry_after_s{0};
  bool patient{false};
  time_point at{};
  bool operator==(const leg_dropped&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_dropped::leg},         field{2, "ending", &leg_dropped::ending},
                      field{3, "cause", &leg_dropped::cause},     field{4, "retry_after_s", &leg_dropped::retry_after_s},
                      field{5, "patient", &leg_dropped::patient}, field{6, "at", &leg_dropped::at}};
  }
};
/// The edge still speaks of a leg that is over: it may forget it.
struct leg_cleared {
  static constexpr std::uint32_t tag = 13;
  static constexpr std::string_view type = "leg_cleared";
  std::uint32_t leg{0};
  bool operator==(const leg_cleared&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "leg", &leg_cleared::leg}}; }
};
/// An INVITE that we gave up rings no more: its final response came, or its time is over.
struct leg_quieted {
  static constexpr std::uint32_t tag = 28;
  static constexpr std::string_view type = "leg_quieted";
  std::uint32_t leg{0};
  leg_input by{leg_input::far_end_left};
  time_point at{};
  bool operator==(const leg_quieted&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_quieted::leg}, field{2, "by", &leg_quieted::by}, field{3, "at", &leg_quieted::at}};
  }
};
/// Where and what the leg's endpoint sends.
struct leg_path_set {
  static constexpr std::uint32_t tag = 14;
  static constexpr std::string_view type = "leg_path_set";
  std::uint32_t leg{0};
  media_path path{};
  std::optional<session_description> remote{};
  bool changed{true};
  bool early_media{false};
  bool operator==(const leg_path_set&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &leg_path_set::leg}, field{2, "path", &leg_path_set::path},
                      field{3, "remote", &leg_path_set::remote}, field{4, "changed", &leg_path_set::changed},
                      field{5, "early_media", &leg_path_set::early_media}};
  }
};
/// The dialog record changed.
struct dialog_kept {
  static constexpr std::uint32_t tag = 15;
  static constexpr std::string_view type = "dialog_kept";
  std::uint32_t leg{0};
  dialog now{};
  bool operator==(const dialog_kept&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "leg", &dialog_kept::leg}, field{2, "now", &dialog_kept::now}}; }
};
/// Something is heard on the leg, in place of what was.
struct play_began {
  static constexpr std::uint32_t tag = 16;
  static constexpr std::string_view type = "play_began";
  std::uint32_t leg{0};
  std::uint32_t play_id{0};
  std::vector<prompt_ref> list{};
  bool loop{false};
  bool operator==(const play_began&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &play_began::leg}, field{2, "play_id", &play_began::play_id},
                      field{3, "list", &play_began::list}, field{4, "loop", &play_began::loop}};
  }
};
/// It ended by itself, or was stopped.
struct play_ended {
  static constexpr std::uint32_t tag = 17;
  static constexpr std::string_view type = "play_ended";
  std::uint32_t leg{0};
  std::uint32_t play_id{0};
  bool stopped{false};
  std::vector<std::string> missing{};
  bool operator==(const play_ended&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &play_ended::leg}, field{2, "play_id", &play_ended::play_id},
                      field{3, "stopped", &play_ended::stopped}, field{4, "missing", &play_ended::missing}};
  }
};
/// A key that came by INFO goes on to the far leg. The key itself is nobody's business.
struct digit_relayed {
  static constexpr std::uint32_t tag = 18;
  static constexpr std::string_view type = "digit_relayed";
  std::uint32_t leg{0};
  std::uint16_t length_ms{160};
  char digit{'0'};  ///< in memory only
  bool operator==(const digit_relayed&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &digit_relayed::leg}, field{2, "length_ms", &digit_relayed::length_ms}};
  }
};
/// Two legs hear each other.
struct legs_bridged {
  static constexpr std::uint32_t tag = 19;
  static constexpr std::string_view type = "legs_bridged";
  std::uint32_t a{0};
  std::uint32_t b{0};
  bool operator==(const legs_bridged&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "a", &legs_bridged::a}, field{2, "b", &legs_bridged::b}}; }
};
/// They no longer do.
struct legs_unbridged {
  static constexpr std::uint32_t tag = 20;
  static constexpr std::string_view type = "legs_unbridged";
  std::uint32_t a{0};
  std::uint32_t b{0};
  bool operator==(const legs_unbridged&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "a", &legs_unbridged::a}, field{2, "b", &legs_unbridged::b}}; }
};
/// 200 to their re-INVITE or UPDATE.
struct offer_answered {
  static constexpr std::uint32_t tag = 21;
  static constexpr std::string_view type = "offer_answered";
  std::uint32_t leg{0};
  std::uint32_t offer_id{0};
  session_description media{};
  dialog now{};
  bool ours_is_offer{false};
  bool operator==(const offer_answered&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &offer_answered::leg}, field{2, "offer_id", &offer_answered::offer_id},
                      field{3, "media", &offer_answered::media}, field{4, "now", &offer_answered::now},
                      field{5, "ours_is_offer", &offer_answered::ours_is_offer}};
  }
};
/// Their re-INVITE or UPDATE cannot be met; the call goes on.
struct offer_refused {
  static constexpr std::uint32_t tag = 22;
  static constexpr std::string_view type = "offer_refused";
  std::uint32_t leg{0};
  std::uint32_t offer_id{0};
  std::uint16_t status{488};
  std::string why{};
  dialog now{};
  bool operator==(const offer_refused&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &offer_refused::leg}, field{2, "offer_id", &offer_refused::offer_id},
                      field{3, "status", &offer_refused::status}, field{4, "why", &offer_refused::why},
                      field{5, "now", &offer_refused::now}};
  }
};
/// A re-INVITE of ours.
struct offer_made {
  static constexpr std::uint32_t tag = 23;
  static constexpr std::string_view type = "offer_made";
  std::uint32_t leg{0};
  session_description media{};
  bool operator==(const offer_made&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "leg", &offer_made::leg}, field{2, "media", &offer_made::media}}; }
};
/// The leg put the other side on hold, or took it back.
struct hold_changed {
  static constexpr std::uint32_t tag = 24;
  static constexpr std::string_view type = "hold_changed";
  std::uint32_t leg{0};
  bool held{false};
  time_point at{};
  bool operator==(const hold_changed&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &hold_changed::leg}, field{2, "held", &hold_changed::held},
                      field{3, "at", &hold_changed::at}};
  }
};
/// No RTP: does the far end still know the dialog?
struct probe_sent {
  static constexpr std::uint32_t tag = 25;
  static constexpr std::string_view type = "probe_sent";
  std::uint32_t leg{0};
  time_point silent_since{};
  bool operator==(const probe_sent&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &probe_sent::leg}, field{2, "silent_since", &probe_sent::silent_since}};
  }
};
/// It does.
struct probe_answered {
  static constexpr std::uint32_t tag = 26;
  static constexpr std::string_view type = "probe_answered";
  std::uint32_t leg{0};
  bool operator==(const probe_answered&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "leg", &probe_answered::leg}}; }
};
/// 202 or a refusal to a REFER, or a NOTIFY about it.
struct refer_answered {
  static constexpr std::uint32_t tag = 27;
  static constexpr std::string_view type = "refer_answered";
  std::uint32_t leg{0};
  std::uint32_t refer_id{0};
  bool notify{false};
  std::uint16_t status{202};
  bool last{false};
  bool operator==(const refer_answered&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "leg", &refer_answered::leg}, field{2, "refer_id", &refer_answered::refer_id},
                      field{3, "notify", &refer_answered::notify}, field{4, "status", &refer_answered::status},
                      field{5, "last", &refer_answered::last}};
  }
};

}  // namespace seatgrid::calls
