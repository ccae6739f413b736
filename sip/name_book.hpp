#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace seatgrid {

struct name_book_options {
  seconds ttl_min{30};            ///< a shorter time to live counts as this: a zone's mistake must not become our load
  seconds ttl_max{3'600};         ///< a longer one as this
  seconds failed_retry{30};       ///< a name without an answer is asked again after this; its last addresses hold so long
  std::size_t names_max = 1'000;  ///< further ones stay without addresses
};

/// What DNS said about the names of trunks, and when to ask again. No I/O, no clock.
class name_book {
 public:
  explicit name_book(name_book_options options = {}) : options_(options) {}
  /// These are the names from now on; what is known of others is forgotten.
  void keep(const std::set<std::string>& names);
  /// The names to ask now; each counts as asked.
  std::vector<std::string> take_due(time_point now);
  /// `addresses` empty = no answer. True when the known addresses changed.
  bool answer(const std::string& name, std::vector<std::string> addresses, seconds ttl, time_point now);
  /// Null = no name of ours; empty = no address known.
  const std::vector<std::string>* find(const std::string& name) const;
  std::size_t size() const { return names_.size(); }

 private:
  struct entry {
    std::vector<std::string> addresses{};
    time_point due{};
  };
  name_book_options options_{};
  std::map<std::string, entry> names_{};
};

}  // namespace seatgrid
