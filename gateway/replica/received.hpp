// A cache file that came from elsewhere: whether it may be shown here, and what is written into it before it is. Whoever may write
// the object may have made it: nothing in it is executed but our own statements.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "cache/private_file.hpp"

namespace gateway {

// What a copy says of itself, in the view `gateway`.
struct CopyMark {
  std::string origin;
  std::int64_t copied_at = 0;                 // when it came
  std::optional<std::string> error;           // why nothing newer comes
  std::optional<std::int64_t> failing_since;  // with an error
};

// Which publish a file is.
struct Publish {
  std::int64_t at = 0, count = 0;  // count: since that gateway's start
  bool operator==(const Publish&) const = default;
};

// The error: it is not a whole cache file of a gateway with this schema. Reads all of it.
std::expected<Publish, std::string> publish_of(const Descriptor& file);

// Why it is not shown: it was published before what is shown, or so far ahead of this host's clock that it would keep out whatever is
// published until then. `shown`: nullopt where nothing is.
std::optional<std::string> why_not_shown(const Publish& publish, const std::optional<Publish>& shown);

// Writes into a file that nobody else has open. nullopt: done.
std::optional<std::string> mark_as_copy(const Descriptor& file, const CopyMark& mark);

// The mark of a file here. nullopt: it has none.
struct HeldCopy {
  CopyMark mark;
  Publish publish;
};
std::optional<HeldCopy> held_copy(const Descriptor& file);

}  // namespace gateway
