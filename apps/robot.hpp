#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

/// Robot phones: real SIP (sip/user_agent) and real RTP (media/engine) for the demo, the CLI and tests.
namespace seatgrid {

struct robot_options {
  std::string server{"127.0.0.1:5060"};  ///< where requests go
  std::string host{"127.0.0.1"};         ///< our address
  std::uint16_t sip_port = 0;            ///< 0 = any
  std::uint16_t rtp_first = 40'000, rtp_last = 40'999;
  std::string data_directory{"data/robots"};
  std::string assets{"build/assets"};
};

struct robot_agent {
  std::string user{};
  std::string password{};
  std::string domain{};
  milliseconds answer_after{1'500};
  milliseconds hang_up_after{0};      ///< 0 = leaves that to the caller
  std::string says{"tone:ringback"};  ///< prompt that it plays while talking
};

struct robot_call {
  std::string number{};
  std::string from{"13800138000"};
  std::string press{};              ///< keys, one by one
  milliseconds press_after{3'000};  ///< from the first audio, and between keys
  milliseconds talk{5'000};         ///< after the answer, then hangs up
  milliseconds wait_max{120'000};   ///< for an answer
  std::string wav{};                ///< what it hears is saved here; empty = not
  std::string says{"tone:beep"};
};

struct robot_call_result {
  bool answered = false;
  bool ended_by_us = false;
  std::uint16_t status = 0;  ///< final SIP status
  std::string text{};
  milliseconds to_audio{0};  ///< INVITE to the first media (183 or 200)
  milliseconds to_answer{0};
  milliseconds talked{0};
  std::uint64_t packets_received = 0;
  std::uint64_t packets_lost = 0;
  std::uint16_t mos_hundredths = 0;
};

/// One line for people per thing that happens: "18x", "answered", "key 1", "hung up".
using robot_log = std::function<void(const std::string& who, const std::string& what)>;

class robot_phones {
 public:
  virtual ~robot_phones() = default;
  /// @error unavailable no socket or no port.
  static result<std::unique_ptr<robot_phones>> start(const robot_options& options, robot_log log);
  /// Registers and answers calls until the end. Returns when registered. @error denied, timed_out.
  virtual result<void> add_agent(const robot_agent& agent) = 0;
  /// Places one call and returns when it is over. @error invalid, timed_out no final answer within wait_max.
  virtual result<robot_call_result> call(const robot_call& what) = 0;
  /// Unregisters every agent and ends what still talks.
  virtual void stop() = 0;
};

}  // namespace seatgrid
