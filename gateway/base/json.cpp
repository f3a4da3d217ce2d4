#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

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

// Builds values from the parser's events, one after the other: the whole document, or the elements of the array that it is.
// It counts levels itself: the parser has no bound.
class Builder {
 public:
  enum class Of { document, elements };
  // Gets a value when it is complete; false ends the parse.
  using Take = std::function<bool(Json&)>;

  Builder(Of of, Take take) : base_(of == Of::elements ? 1 : 0), take_(std::move(take)) {}

  bool too_deep() const { return too_deep_; }
  bool unexpected() const { return unexpected_; }  // no array, or an element that is no object
  int depth() const { return depth_; }

  bool null() {
    return scalar([](auto& dom) { return dom.null(); });
  }
  bool boolean(bool value) {
    return scalar([&](auto& dom) { return dom.boolean(value); });
  }
  bool number_integer(std::int64_t value) {
    return scalar([&](auto& dom) { return dom.number_integer(value); });
  }
  bool number_unsigned(std::uint64_t value) {
    return scalar([&](auto& dom) { return dom.number_unsigned(value); });
  }
  bool number_float(double value, const std::string& text) {
    return scalar([&](auto& dom) { return dom.number_float(value, text); });
  }
  bool string(std::string& value) {
    return scalar([&](auto& dom) { return dom.string(value); });
  }
  bool binary(Json::binary_t& value) {
    return scalar([&](auto& dom) { return dom.binary(value); });
  }
  bool key(std::string& name) { return dom_->key(name); }
  bool start_object(std::size_t size) {
    if (base_ == 1 && depth_ == 0) return fail(unexpected_);
    return open() && dom_->start_object(size);
  }
  bool end_object() { return dom_->end_object() && close(); }
  bool start_array(std::size_t size) {
    if (base_ == 1 && depth_ == 0) return ++depth_ == 1;
    if (base_ == 1 && depth_ == 1) return fail(unexpected_);
    return open() && dom_->start_array(size);
  }
  bool end_array() {
    if (base_ == 1 && depth_ == 1) return --depth_ == 0;
    return dom_->end_array() && close();
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

 private:
  using Dom = nlohmann::detail::json_sax_dom_parser<Json>;

  static bool fail(bool& why) {
    why = true;
    return false;
  }
  bool open() {
    if (depth_ == deepest) return fail(too_deep_);
    if (depth_++ == base_) begin();
    return true;
  }
  bool close() { return --depth_ > base_ || take_(value_); }
  void begin() {
    value_ = nullptr;
    dom_.emplace(value_, false);
  }
  template <typename Event>
  bool scalar(const Event& event) {
    if (depth_ > base_) return event(*dom_);
    if (base_ == 1) return fail(unexpected_);
    begin();
    return event(*dom_) && take_(value_);
  }

  int base_, depth_ = 0;
  Take take_;
  bool too_deep_ = false, unexpected_ = false;
  Json value_;
  std::optional<Dom> dom_;
};

std::unexpected<Error> reason(const Builder& builder, std::string_view body, std::string_view what) {
  if (builder.too_deep()) return malformed(what, fmt::format("JSON is nested deeper than {} levels", deepest));
  return malformed(what, fmt::format("not valid JSON ({} bytes)", body.size()));
}

}  // namespace

Result<Json> parse_json(std::string_view body, std::string_view what) {
  body = trimmed(body);
  if (body.empty()) return malformed(what, "expected JSON, got an empty body");
  Json document;
  Builder builder(Builder::Of::document, [&](Json& value) {
    document = std::move(value);
    return true;
  });
  if (!Json::sax_parse(body, &builder)) return reason(builder, body, what);
  return document;
}

Result<std::size_t> parse_array(std::string_view body, std::string_view what,
                                const std::function<std::optional<Error>(const Json&, std::size_t)>& each) {
  body = trimmed(body);
  if (body.empty()) return malformed(what, "expected a JSON array, got an empty body");
  std::size_t index = 0;
  std::optional<Error> fault;
  Builder builder(Builder::Of::elements, [&](const Json& element) {
    fault = each(element, index++);
    return !fault;
  });
  if (Json::sax_parse(body, &builder)) return index;
  if (fault) return std::unexpected(std::move(*fault));
  if (!builder.unexpected()) return reason(builder, body, what);
  if (builder.depth() == 0) return malformed(what, "expected a JSON array");
  return malformed(fmt::format("{}[{}]", what, index), "expected an object");
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
