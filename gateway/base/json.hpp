// The one checked parser of third-party JSON. Nothing here throws, whatever the document holds:
// absent and null are "not available", another type is a fault that names its place, never its content.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gateway {

using Json = nlohmann::json;

// `what` names the document in an error ("GET /health"). Deeper than 64 levels, cut off or empty is malformed.
Result<Json> parse_json(std::string_view body, std::string_view what);

// Parses an array of objects without holding more than one of them; `each` gets the object and its index.
// Returns the number of elements. An error from `each` ends it.
Result<std::size_t> parse_array(std::string_view body, std::string_view what,
                                const std::function<std::optional<Error>(const Json&, std::size_t)>& each);

// A member of an object; nullptr where it is absent or null, or `object` is none. For what costs itself: there is no error.
const Json* member(const Json& object, std::string_view key);

// Reads the fields of one object. The first fault is kept for all Fields that share `fault`; after it, reads go on
// and give nullopt or a value, and the caller looks at `fault` once at its end.
class Fields {
 public:
  Fields(const Json& value, std::string place, std::optional<Error>& fault);

  bool has(std::string_view key) const { return find(key) != nullptr; }  // present and not null
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<std::string> text(std::string_view key) const;  // valid UTF-8, at most 4 kB
  std::optional<bool> boolean(std::string_view key) const;
  // A nested object; absent or null: one without fields.
  Fields object(std::string_view key) const;
  // The keys of this object, in the document's order of keys.
  std::vector<std::string> keys() const;

 private:
  const Json* find(std::string_view key) const;
  void expected(std::string_view key, std::string_view type, const Json& got) const;

  const Json* value_;
  std::string place_;
  std::optional<Error>* fault_;
};

}  // namespace gateway
