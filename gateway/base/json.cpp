#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace gateway {
namespace {

constexpr int deepest = 64;  // the contract's documents have four levels
constexpr std::size_t longest_text = 4096;

std::unexpected<Error> malformed(std::string_view what, std::string_view why) {
  return failure(ErrorClass::malformed, fmt::format("{}: {}", what, why));
}

// A key is the peer's text, and may be anything.
std::string within(std::string_view place, std::string_view key) {
  return fmt::format("{}.{}", place, shortened(one_line(clean_utf8(key)), 100));
}

constexpr std::string_view space = " \t\r\n";

struct Extent {
  std::size_t end = 0;  // behind the value, or the end of a text that is cut off
  int depth = 0;        // the most of its levels that are open at once
};

// How far the value goes that begins at `from`, by its brackets and strings alone; whether it is sound the parser says.
// Ours, and in one pass: the parser's callbacks visit all siblings again at the end of each.
Extent extent(std::string_view body, std::size_t from) {
  Extent found{.end = body.size()};
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = from; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string) {
      if (c == '\\') ++i;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      found.depth = std::max(found.depth, ++depth);
    } else if ((c == ']' || c == '}') && --depth <= 0) {
      found.end = i + 1;
      break;
    }
  }
  return found;
}

}  // namespace

Result<Json> parse_json(std::string_view body, std::string_view what) {
  body = trimmed(body);
  if (body.empty()) return malformed(what, "expected JSON, got an empty body");
  if (extent(body, 0).depth > deepest) return malformed(what, fmt::format("JSON is nested deeper than {} levels", deepest));
  auto document = Json::parse(body, nullptr, false);
  if (document.is_discarded()) return malformed(what, fmt::format("not valid JSON ({} bytes)", body.size()));
  return document;
}

Result<std::size_t> parse_array(std::string_view body, std::string_view what,
                                const std::function<std::optional<Error>(const Json&, std::size_t)>& each) {
  body = trimmed(body);
  if (body.empty()) return malformed(what, "expected a JSON array, got an empty body");
  if (body.front() != '[') return malformed(what, "expected a JSON array");
  const auto invalid = [&] { return malformed(what, fmt::format("not valid JSON ({} bytes)", body.size())); };
  std::size_t index = 0, at = 1;
  const auto next = [&] {  // the next character that says something; NUL: there is none
    at = std::min(body.find_first_not_of(space, at), body.size());
    return at < body.size() ? body[at] : '\0';
  };
  if (next() != ']') {
    for (;; ++at, next()) {
      if (at == body.size()) return invalid();
      if (body[at] != '{') return malformed(fmt::format("{}[{}]", what, index), "expected an object");
      const auto [end, depth] = extent(body, at);
      if (depth >= deepest) return malformed(what, fmt::format("JSON is nested deeper than {} levels", deepest));
      const auto element = Json::parse(body.substr(at, end - at), nullptr, false);
      if (element.is_discarded()) return invalid();
      if (auto fault = each(element, index++)) return std::unexpected(std::move(*fault));
      at = end;
      if (next() != ',') break;
    }
  }
  if (at + 1 != body.size() || body[at] != ']') return invalid();
  return index;
}

Fields::Fields(const Json& value, std::string place, std::optional<Error>& fault)
    : value_(&value), place_(std::move(place)), fault_(&fault) {
  if (!value.is_object() && !value.is_null() && !fault) {
    fault = Error{ErrorClass::malformed, fmt::format("{}: expected object, got {}", place_, value.type_name())};
  }
}

const Json* member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json* Fields::find(std::string_view key) const { return member(*value_, key); }

void Fields::expected(std::string_view key, std::string_view type, const Json& got) const {
  if (!*fault_) *fault_ = Error{ErrorClass::malformed, fmt::format("{}: expected {}, got {}", within(place_, key), type, got.type_name())};
}

std::optional<std::int64_t> Fields::integer(std::string_view key) const {
  const auto* found = find(key);
  if (found == nullptr) return std::nullopt;
  constexpr double exact = 9007199254740992.0;  // beyond 2^53 a double is no count any more
  if (found->is_number_unsigned()) {
    if (const auto value = found->get<std::uint64_t>(); value <= static_cast<std::uint64_t>(INT64_MAX))
      return static_cast<std::int64_t>(value);
  } else if (found->is_number_integer()) {
    return found->get<std::int64_t>();
  } else if (found->is_number_float()) {
    if (const auto value = found->get<double>(); std::trunc(value) == value && std::abs(value) <= exact)
      return static_cast<std::int64_t>(value);
  }
  expected(key, "integer", *found);
  return std::nullopt;
}

std::optional<double> Fields::number(std::string_view key) const {
  const auto* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_number()) {
    if (const auto value = found->get<double>(); std::isfinite(value)) return value;
  }
  expected(key, "number", *found);
  return std::nullopt;
}

std::optional<std::string> Fields::text(std::string_view key) const {
  const auto* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = found->get_ptr<const std::string*>()) return shortened(clean_utf8(*value), longest_text);
  expected(key, "string", *found);
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view key) const {
  const auto* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_boolean()) return found->get<bool>();
  expected(key, "boolean", *found);
  return std::nullopt;
}

Fields Fields::object(std::string_view key) const {
  static const Json none = nullptr;
  const auto* found = find(key);
  return {found == nullptr ? none : *found, within(place_, key), *fault_};
}

std::vector<std::string> Fields::keys() const {
  std::vector<std::string> found;
  if (!value_->is_object()) return found;
  for (const auto& [key, _] : value_->items()) found.push_back(key);
  return found;
}

}  // namespace gateway
