#include "domain/release_causes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace seatgrid::calls {
namespace {

struct sip_to_q850 {
  std::uint16_t sip;
  std::uint16_t q850;
};
// RFC 3398 section 8.2.6.1, with the statuses that later RFCs added put to their nearest neighbours.
constexpr auto from_sip = std::to_array<sip_to_q850>({
    {400, 41},  {401, 21},  {402, 21},  {403, 21}, {404, 1},   {405, 63},  {406, 79},  {407, 21},  {408, 102},
    {410, 22},  {413, 127}, {414, 127}, {415, 79}, {416, 127}, {420, 127}, {421, 127}, {422, 31},  {423, 127},
    {433, 21},  {480, 18},  {481, 41},  {482, 25}, {483, 25},  {484, 28},  {485, 1},   {486, 17},  {487, 16},
    {488, 88},  {491, 31},  {493, 31},  {500, 41}, {501, 79},  {502, 38},  {503, 41},  {504, 102}, {505, 127},
    {513, 127}, {580, 47},  {600, 17},  {603, 21}, {604, 1},   {606, 88},  {607, 21},  {608, 21},
});

struct q850_to_sip {
  std::uint16_t q850;
  std::uint16_t sip;
  std::string_view text;
};
// RFC 3398 section 7.2.4.1; texts are short forms of the Q.850 names.
constexpr auto from_q850 = std::to_array<q850_to_sip>({
    {1, 404, "unallocated number"},
    {2, 404, "no route to network"},
    {3, 404, "no route to destination"},
    {16, 480, "normal clearing"},
    {17, 486, "user busy"},
    {18, 408, "no user responding"},
    {19, 480, "no answer"},
    {20, 480, "subscriber absent"},
    {21, 403, "call rejected"},
    {22, 410, "number changed"},
    {23, 410, "redirection"},
    {25, 483, "exchange routing error"},
    {26, 404, "answered elsewhere"},
    {27, 502, "destination out of order"},
    {28, 484, "invalid number"},
    {29, 501, "facility rejected"},
    {31, 480, "normal, unspecified"},
    {34, 503, "no circuit available"},
    {38, 503, "network out of order"},
    {41, 503, "temporary failure"},
    {42, 503, "congestion"},
    {47, 503, "resource unavailable"},
    {55, 403, "incoming calls barred"},
    {57, 403, "not authorized"},
    {58, 503, "bearer capability not available"},
    {63, 501, "service not available"},
    {65, 488, "bearer capability not implemented"},
    {70, 488, "restricted bearer only"},
    {79, 501, "service not implemented"},
    {87, 403, "not a member of the group"},
    {88, 488, "incompatible destination"},
    {102, 504, "recovery on timer expiry"},
    {111, 500, "protocol error"},
    {127, 500, "interworking"},
});

const q850_to_sip* row_of(std::uint16_t cause) noexcept {
  const auto* at = std::find_if(from_q850.begin(), from_q850.end(), [&](const auto& row) { return row.q850 == cause; });
  return at == from_q850.end() ? nullptr : at;
}

}  // namespace

std::uint16_t q850_of_sip(std::uint16_t status) noexcept {
  if (status < 300) return q850::normal;
  const auto* at = std::find_if(from_sip.begin(), from_sip.end(), [&](const auto& row) { return row.sip == status; });
  if (at != from_sip.end()) return at->q850;
  if (status < 400) return 23;
  if (status < 500) return q850::interworking;
  return status < 600 ? q850::temporary_failure : q850::rejected;
}

std::uint16_t sip_of_q850(std::uint16_t cause) noexcept {
  if (const auto* row = row_of(cause)) return row->sip;
  if (cause < 32) return 480;
  return cause < 64 ? 503 : 500;
}

std::string_view text_of_q850(std::uint16_t cause) noexcept {
  const auto* row = row_of(cause);
  return row == nullptr ? std::string_view{"unspecified"} : row->text;
}

release_cause cause_of(std::uint16_t q850, std::uint16_t sip, std::string text) {
  if (text.empty()) text = text_of_q850(q850);
  return {.q850 = q850, .sip = sip, .text = std::move(text)};
}

release_cause completed(release_cause cause) {
  // 16 is also what an edge fills in when no Reason header came: a refusal's status says more.
  if (cause.sip >= 300 && (cause.q850 == 0 || cause.q850 == q850::normal)) cause.q850 = q850_of_sip(cause.sip);
  if (cause.q850 == 0) cause.q850 = q850::normal;
  if (cause.text.empty()) cause.text = text_of_q850(cause.q850);
  return cause;
}

attempt_failure failure_of(const release_cause& cause) noexcept {
  const auto is_one_of = [&](auto... statuses) { return ((cause.sip == statuses) || ...); };
  if (is_one_of(486, 600)) return attempt_failure::busy;
  if (is_one_of(401, 403, 407, 433, 603, 607, 608)) return attempt_failure::rejected;
  if (is_one_of(408, 480, 487)) return attempt_failure::no_answer;
  if (cause.sip == 0 && cause.q850 == q850::user_busy) return attempt_failure::busy;
  return attempt_failure::unreachable;
}

}  // namespace seatgrid::calls
