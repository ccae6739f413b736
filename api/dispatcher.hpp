#pragma once

#include <memory>

#include "api/http.hpp"
#include "api/routes.hpp"

namespace seatgrid {

class idempotency_table;

/// Finds the route of a request, asks for the token and for media types that both sides know, remembers answers by
/// Idempotency-Key. Thread-safe.
class dispatcher {
 public:
  explicit dispatcher(std::shared_ptr<api_state> state);
  /// What the head alone decides, before a byte of the body is taken. Its `handle` may outlive the dispatcher.
  http_admission admit(const http_request& head) const;

 private:
  std::shared_ptr<api_state> state_;
  std::shared_ptr<idempotency_table> repeated_;
};

}  // namespace seatgrid
