#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/wire.hpp"
#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {
namespace {

class Restore : public EdgeTest {
 protected:
  /// Runs `first_life` on an edge in a child process, which is then killed where it stands. What it writes comes back.
  std::string die_after(const std::function<std::string(edge&, listening_sink&)>& first_life) {
    int pipe_ends[2];
    EXPECT_EQ(::pipe(pipe_ends), 0);
    const auto child = ::fork();
    if (child == 0) {
      auto started = edge::start(options(), sink_);
      if (!started) ::_exit(1);
      edge_ = std::move(*started);
      edge_->set_directory(directory_);
      const auto text = first_life(*edge_, sink_) + "\n.\n";
      [[maybe_unused]] const auto wrote = ::write(pipe_ends[1], text.data(), text.size());
      for (;;) ::pause();
    }
    std::string all;
    char buffer[4096];
    while (all.find("\n.\n") == std::string::npos) {
      const auto got = ::read(pipe_ends[0], buffer, sizeof buffer);
      if (got <= 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    return all.substr(0, all.find("\n.\n"));
  }
  static std::string hex(const std::string& bytes) {
    std::string out;
    for (const unsigned char c : bytes) {
      out += "0123456789abcdef"[c >> 4];
      out += "0123456789abcdef"[c & 15];
    }
    return out;
  }
  static std::string unhexed(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
  }
  static dialog record_from(const std::string& hex_text) {
    auto d = wire::decode<dialog>(unhexed(hex_text));
    EXPECT_TRUE(d);
    return d.value_or(dialog{});
  }
  /// The INVITE as it came to the phone; its edge died before it heard anything.
  sip_message invited_by_the_dead(const leg_invite& order, sip_peer& phone) {
    return {unhexed(die_after([&](edge& e, listening_sink&) {
      (void)e.command(order);
      return hex(phone.expect_request("INVITE").text);  // the socket is shared with this process
    }))};
  }
  /// What the call's row held before the INVITE left is all that there is.
  void cancel_again(const leg_invite& order) {
    ASSERT_TRUE(edge_->command(leg_restore{
        .leg = order.leg, .saved = order.early, .confirmed = false, .presented = order.presented, .called = order.called}));
  }
  static std::string branch_of(const sip_message& m) {
    const auto via = m.header("Via");
    const auto at = via.find("branch=") + 7;
    return via.substr(at, via.find(';', at) - at);
  }
  static std::string answer_to(const sip_message& invite, const sip_peer& phone) {
    return response_to(invite, "200 OK", "p1", "Contact: <sip:phone@" + phone.host_port() + ">\r\n", std::string{offer_pcma});
  }
};

TEST_F(Restore, TwentyCallsOutliveAKilledEdgeAndEndFromEitherSide) {
  constexpr int calls = 20;
  sip_peer caller{trunk_ip, peer_port(), port_};
  std::vector<peer_dialog> dialogs;
  for (int i = 0; i < calls; ++i) dialogs.push_back({.peer = &caller, .call_id = "restore-" + std::to_string(i) + unique()});
  // The far end is scripted before the fork, so that it lives in this process only while the child answers it.
  std::vector<std::pair<leg_id, dialog>> saved;
  const auto report = die_after([&](edge& e, listening_sink& sink) {
    std::string lines;
    for (auto& d : dialogs) {
      caller.send(d.request("INVITE", std::string{offer_pcma}));
      const auto told = sink.expect<leg_incoming>();
      (void)e.command(leg_answer{.leg = told.leg, .media = our_media()});
      d.learn(caller.expect_status(200, "INVITE"));
      caller.send(d.request("ACK"));
      const auto confirmed = sink.expect<leg_confirmed>();
      lines += hex(wire::encode(confirmed.confirmed)) + "\n";
    }
    return lines;
  });
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < calls; ++i) {
    const auto end = report.find('\n', at);
    saved.push_back({{call_id::make(3, 100 + i), 1}, record_from(report.substr(at, end - at))});
    at = end + 1;
  }
  start();
  for (const auto& [leg, record] : saved) {
    ASSERT_EQ(record.incoming, true);
    ASSERT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = record, .confirmed = true}));
    EXPECT_EQ(sink_.expect<leg_probed>().status, 200);
  }
  for (int i = 0; i < calls; ++i) {
    const auto& [leg, record] = saved[static_cast<std::size_t>(i)];
    if (i % 2 == 0) {
      ASSERT_TRUE(edge_->command(leg_release{.leg = leg, .cause = {}}));
      const auto bye = caller.expect_request("BYE");
      EXPECT_EQ(bye.header("Call-ID"), record.sip_call_id);
      EXPECT_EQ(bye.tag_of("From"), record.local_tag);
      EXPECT_EQ(bye.tag_of("To"), record.remote_tag);
      EXPECT_GT(bye.cseq(), record.local_cseq + 1'000 - 1);
      EXPECT_EQ(bye.request_uri(), record.remote_target);
      caller.send(response_to(bye, "200 OK", ""));
    } else {
      peer_dialog d{.peer = &caller,
                    .call_id = record.sip_call_id,
                    .local = record.remote_uri,
                    .remote = record.local_uri,
                    .local_tag = record.remote_tag,
                    .remote_tag = record.local_tag,
                    .cseq = record.remote_cseq + 1};
      caller.send(d.request("BYE"));
      caller.expect_status(200, "BYE");
      EXPECT_EQ(sink_.expect<leg_ended>().leg, leg);
      ASSERT_TRUE(edge_->command(leg_forget{leg}));
    }
  }
  EXPECT_EQ(edge_->status().restored, 20U);
}

TEST_F(Restore, CallerWhoWasRingingIsAnsweredByTheNextEdge) {
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller, .call_id = "early-" + unique()};
  const auto report = die_after([&](edge& e, listening_sink& sink) {
    caller.send(d.request("INVITE", std::string{offer_pcma}));
    const auto told = sink.expect<leg_incoming>();
    (void)e.command(leg_ring{.leg = told.leg, .status = 180, .media = {}});
    caller.expect_status(180);
    return hex(wire::encode(told.early));
  });
  start();
  const leg_id leg{call_id::make(3, 5), 1};
  ASSERT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = record_from(report), .confirmed = false}));
  EXPECT_EQ(sink_.expect<leg_probed>().status, 200);
  ASSERT_TRUE(edge_->command(leg_answer{.leg = leg, .media = our_media()}));
  const auto ok = caller.expect_status(200, "INVITE");
  d.learn(ok);
  EXPECT_EQ(ok.tag_of("To"), record_from(report).local_tag);
  const auto cseq = ok.cseq();
  d.local_tag = ok.tag_of("From");
  caller.send(d.request("ACK", {}, {}, {}, cseq));
  EXPECT_EQ(sink_.expect<leg_confirmed>().leg, leg);
  d.cseq = cseq + 1;
  caller.send(d.request("BYE"));
  caller.expect_status(200, "BYE");
}

TEST_F(Restore, PrackThatWasPendingIsTakenByTheNextEdge) {
  for (const bool recorded : {true, false}) {  // killed before the record of the 18x counted, too
    sip_peer caller{trunk_ip, peer_port(), port_};
    peer_dialog d{.peer = &caller, .call_id = "prack-" + unique()};
    const auto report = die_after([&](edge& e, listening_sink& sink) {
      caller.send(d.request("INVITE", std::string{offer_pcma}, "Supported: 100rel\r\n"));
      const auto told = sink.expect<leg_incoming>();
      (void)e.command(leg_ring{.leg = told.leg, .status = 183, .media = our_media()});
      const auto now = sink.expect<leg_dialog_changed>().now;
      const auto progress = caller.expect_status(183);
      return hex(wire::encode(recorded ? now : told.early)) + " " + progress.header("RSeq");
    });
    const auto record = record_from(report.substr(0, report.find(' ')));
    const auto rseq = report.substr(report.find(' ') + 1);
    if (recorded) { EXPECT_EQ(std::to_string(record.rseq), rseq); }
    while (caller.receive(milliseconds{50})) {}
    start();
    const leg_id leg{call_id::make(3, 6), 1};
    ASSERT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = record, .confirmed = false}));
    ASSERT_TRUE(edge_->command(leg_ring{.leg = leg, .status = 183, .media = our_media()}));
    const auto again = caller.expect_status(183);
    EXPECT_EQ(again.header("RSeq"), rseq) << "the repetition of what they may have heard";
    d.learn(again);
    d.local_tag = again.tag_of("From");
    d.cseq = again.cseq() + 1;
    caller.send(d.request("PRACK", {}, "RAck: " + rseq + " " + std::to_string(again.cseq()) + " INVITE\r\n"));
    caller.expect_status(200, "PRACK");
    ASSERT_TRUE(edge_->command(leg_answer{.leg = leg, .media = our_media()}));
    caller.expect_status(200, "INVITE");
    edge_.reset();
  }
}

TEST_F(Restore, ProgressThatWasAcknowledgedBeforeTheKillHoldsTheAnswerBackForAMomentOnly) {
  sip_peer caller{trunk_ip, peer_port(), port_};
  peer_dialog d{.peer = &caller, .call_id = "acked-" + unique()};
  const auto report = die_after([&](edge& e, listening_sink& sink) {
    caller.send(d.request("INVITE", std::string{offer_pcma}, "Supported: 100rel\r\n"));
    const auto told = sink.expect<leg_incoming>();
    (void)e.command(leg_ring{.leg = told.leg, .status = 183, .media = our_media()});
    const auto progress = caller.expect_status(183);
    d.learn(progress);
    ++d.cseq;
    caller.send(d.request("PRACK", {}, "RAck: " + progress.header("RSeq") + " 1 INVITE\r\n"));
    caller.expect_status(200, "PRACK");
    return hex(wire::encode(sink.expect<leg_dialog_changed>().now));
  });
  start();
  const leg_id leg{call_id::make(3, 6), 1};
  ASSERT_TRUE(edge_->command(leg_restore{.leg = leg, .saved = record_from(report), .confirmed = false}));
  ASSERT_TRUE(edge_->command(leg_ring{.leg = leg, .status = 183, .media = our_media()}));
  ASSERT_TRUE(edge_->command(leg_answer{.leg = leg, .media = our_media()}));
  caller.expect_status(183);
  caller.expect_status(200, "INVITE");  // they hear a repetition and say nothing
  EXPECT_FALSE(sink_.is_told<leg_ended>(milliseconds{50}));
}

TEST_F(Restore, PhoneThatWasRingingIsCancelledWithTheOldBranch) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  const auto invite = invited_by_the_dead(order, phone);
  start();
  cancel_again(order);
  const auto cancel = phone.expect_request("CANCEL");
  EXPECT_EQ(branch_of(cancel), branch_of(invite));
  EXPECT_EQ(cancel.cseq(), invite.cseq());
  EXPECT_EQ(cancel.request_uri(), invite.request_uri());
  for (const auto* name : {"From", "To", "Call-ID"}) EXPECT_EQ(cancel.header(name), invite.header(name));
  phone.send(response_to(cancel, "200 OK", "p1"));
  phone.send(response_to(invite, "487 Request Terminated", "p1"));
  phone.expect_request("ACK");
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 487);
}

TEST_F(Restore, AnEdgeThatLivedOnCancelsWhatTheNewOwnerOfTheCallGaveUp) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  start();
  ASSERT_TRUE(edge_->command(order));
  const auto invite = phone.expect_request("INVITE");
  phone.send(response_to(invite, "180 Ringing", "p1"));
  sink_.expect<leg_progress>();
  cancel_again(order);
  phone.send(response_to(phone.expect_request("CANCEL"), "200 OK", "p1"));
  phone.send(response_to(invite, "487 Request Terminated", "p1"));
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 487);
}

TEST_F(Restore, AnEdgeThatLivedOnTellsTheNewOwnerAgainThatThePhoneAnswered) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  start();
  ASSERT_TRUE(edge_->command(order));
  phone.send(answer_to(phone.expect_request("INVITE"), phone));
  const auto first = sink_.expect<leg_answered>();  // died with the former owner
  cancel_again(order);
  const auto again = sink_.expect<leg_answered>();
  EXPECT_EQ(again.confirmed, first.confirmed);
  EXPECT_EQ(again.media, first.media);
  ASSERT_TRUE(edge_->command(leg_release{.leg = order.leg, .cause = {}}));
  phone.expect_request("ACK");
  phone.expect_request("BYE");
}

TEST_F(Restore, PhoneThatAnswersAcrossThatCancelGetsAckAndBye) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  const auto invite = invited_by_the_dead(order, phone);
  start();
  cancel_again(order);
  phone.expect_request("CANCEL");
  phone.send(answer_to(invite, phone));
  EXPECT_EQ(phone.expect_request("ACK").cseq(), invite.cseq());
  phone.expect_request("BYE");
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 487);
}

TEST_F(Restore, PhoneThatKnowsNoSuchInviteIsQuietOnceNoAnswerCanHaveCrossed) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);  // its edge died before it left
  start();
  cancel_again(order);
  phone.send(response_to(phone.expect_request("CANCEL"), "481 No Transaction", "p1"));
  const auto second = phone.expect_request("CANCEL");  // of the try that a 422 may have asked for
  EXPECT_EQ(branch_of(second), order.early.invite + "r");
  EXPECT_EQ(second.cseq(), order.early.local_cseq + 1);
  phone.send(response_to(second, "481 No Transaction", "p1"));
  EXPECT_FALSE(sink_.is_told<leg_failed>(options().t2 + options().t1)) << "a 2xx may still be repeated";
  EXPECT_EQ(sink_.expect<leg_failed>(2 * options().t2 + milliseconds{2'000}).cause.sip, 481);
}

TEST_F(Restore, AnswerThatTheDeadEdgeNeverAcknowledgedIsEndedAlthoughTheCancelFindsNothing) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  const auto invite = invited_by_the_dead(order, phone);
  start();
  cancel_again(order);
  phone.send(response_to(phone.expect_request("CANCEL"), "481 No Transaction", "p1"));
  phone.send(response_to(phone.expect_request("CANCEL"), "481 No Transaction", "p1"));
  phone.send(answer_to(invite, phone));
  phone.expect_request("ACK");
  phone.expect_request("BYE");
}

TEST_F(Restore, SecondTryAfterA422IsCancelledToo) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  const auto report = die_after([&](edge& e, listening_sink&) {
    (void)e.command(order);
    phone.send(response_to(phone.expect_request("INVITE"), "422 Too Small", "s1", "Min-SE: 3600\r\n"));
    return hex(phone.expect([](const sip_message& m) { return m.header("Min-SE") == "3600"; }, "second INVITE").text);
  });
  const sip_message invite{unhexed(report)};
  start();
  cancel_again(order);
  phone.send(response_to(phone.expect_request("CANCEL"), "481 No Transaction", "s1"));
  const auto cancel = phone.expect_request("CANCEL");
  EXPECT_EQ(branch_of(cancel), branch_of(invite));
  EXPECT_EQ(cancel.cseq(), invite.cseq());
  phone.send(response_to(cancel, "200 OK", "s1"));
  phone.send(response_to(invite, "487 Request Terminated", "s1"));
  phone.expect_request("ACK");
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 487);
}

TEST_F(Restore, FailureOfTheCancelIsNoWordAboutThePhone) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  const auto invite = invited_by_the_dead(order, phone);
  start();
  cancel_again(order);
  phone.send(response_to(phone.expect_request("CANCEL"), "503 Later", "p1"));
  EXPECT_FALSE(sink_.is_told<leg_failed>(milliseconds{300}));
  phone.send(response_to(invite, "480 Expired", "p1"));
  phone.expect_request("ACK");
  EXPECT_EQ(sink_.expect<leg_failed>().cause.sip, 480);
}

TEST_F(Restore, AnswerWhoseAckDiedWithTheEdgeIsAcknowledgedByTheNext) {
  sip_peer phone{phone_ip, peer_port(), port_};
  const auto order = order_to(phone);
  sip_message invite;
  const auto report = die_after([&](edge& e, listening_sink& sink) {
    (void)e.command(order);
    const auto came = phone.expect_request("INVITE");
    phone.send(answer_to(came, phone));
    return hex(came.text) + " " + hex(wire::encode(sink.expect<leg_answered>().confirmed));
  });
  invite.text = unhexed(report.substr(0, report.find(' ')));
  const auto record = record_from(report.substr(report.find(' ') + 1));
  sink_.open = false;
  start();
  phone.send(answer_to(invite, phone));
  EXPECT_TRUE(phone.is_silent(milliseconds{200})) << "not before the edge knows its dialogs";
  ASSERT_TRUE(edge_->command(leg_restore{.leg = order.leg, .saved = record, .confirmed = true}));
  EXPECT_EQ(sink_.expect<leg_probed>().status, 200);
  phone.send(answer_to(invite, phone));
  const auto ack = phone.expect_request("ACK");
  EXPECT_EQ(ack.cseq(), invite.cseq());
  EXPECT_EQ(ack.request_uri(), "sip:phone@" + phone.host_port());
  EXPECT_TRUE(phone.is_silent(milliseconds{200})) << "no BYE";
  EXPECT_EQ(edge_->status().legs, 1U);
}

TEST_F(Restore, RecordThatDoesNotParseEndsTheLeg) {
  start();
  ASSERT_TRUE(edge_->command(leg_restore{.leg = {call_id::make(7, 9), 1}, .saved = {}, .confirmed = true}));
  EXPECT_EQ(sink_.expect<leg_ended>().cause.sip, 481);
}

}  // namespace
}  // namespace seatgrid::test
