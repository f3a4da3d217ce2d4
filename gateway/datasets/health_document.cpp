#include "datasets/health_document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "datasets/health_words.hpp"

namespace gateway {
namespace {

constexpr std::size_t most_parts = 100;  // the trading system's services have four
constexpr std::size_t longest_plain_word = 64;

std::string shown(const std::string& text, std::size_t longest) { return shortened(one_line(clean_utf8(text)), longest); }

// A word, or a boolean in place of one.
std::optional<std::string> word_in(const Json& object, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    const auto* found = member(object, key);
    if (found == nullptr) continue;
    if (found->is_boolean()) return found->get<bool>() ? "healthy" : "unhealthy";
    if (const auto* text = found->get_ptr<const std::string*>()) return shown(*text, 200);
  }
  return std::nullopt;
}

std::optional<std::string> text_in(const Json& object, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    const auto* found = member(object, key);
    const auto* text = found == nullptr ? nullptr : found->get_ptr<const std::string*>();
    if (text != nullptr && !trimmed(*text).empty()) return shown(*text, 1000);
  }
  return std::nullopt;
}

void worsen(Component& part, const std::string& status, const std::optional<std::string>& error) {
  if (!is_worse(status, part.status)) return;
  part.status = status;
  if (!part.error) part.error = error;
}

// `disk_space_warning: true` beside `healthy: true`: what a part complains of counts, too.
void add_complaints(const Json& object, Component& part) {
  for (const auto& [key, value] : object.items()) {
    const bool warning = key == "warning" || key == "warnings" || key.ends_with("_warning");
    const bool critical = key == "critical" || key.ends_with("_critical");
    if (!warning && !critical) continue;
    const auto* text = value.get_ptr<const std::string*>();
    if (value != true && (text == nullptr || trimmed(*text).empty())) continue;
    worsen(part, critical ? "unhealthy" : "degraded", text != nullptr ? shown(*text, 1000) : shown(key, 100));
  }
}

void set_word(Component& part, const std::string& word) {
  const auto health = health_of_word(word);
  part.status = health.value_or("degraded");
  if (!health) part.error = word;
}

void read_object(const Json& object, Component& part) {
  if (const auto word = word_in(object, {"status", "state", "health", "healthy", "connected", "ok"})) set_word(part, *word);
  add_complaints(object, part);
  auto error = text_in(object, {"error"});
  if (!error && part.status != "healthy") error = text_in(object, {"message", "output", "description", "reason"});
  for (const auto* key : {"details", "data"}) {
    const auto* nested = member(object, key);
    if (!error && nested != nullptr) error = text_in(*nested, {"error"});
  }
  if (error) part.error = error;
}

Component part_of(const std::string& name, const Json& value) {
  Component part{shown(name == "message_queue" ? "queue" : name, 100), "unknown", "reported", std::nullopt};
  if (part.name == "connection") part.name += " (reported)";  // not to be taken for what we probed
  if (value.is_object()) {
    read_object(value, part);
  } else if (value.is_array()) {  // health+json: several observations of one part, the worst counts
    for (const auto& one : value) {
      const auto seen = part_of(name, one);
      if (part.status == "unknown" || is_worse(seen.status, part.status)) part.status = seen.status, part.error = seen.error;
    }
  } else if (value.is_boolean()) {
    part.status = value.get<bool>() ? "healthy" : "unhealthy";
  } else if (const auto* text = value.get_ptr<const std::string*>()) {
    if (const auto health = health_of_word(*text)) part.status = *health;
    if (part.status != "healthy") part.error = shown(*text, 1000);
  }
  if (part.status == "unknown" && !part.error) part.error = fmt::format("reported in a form we do not know ({})", value.type_name());
  return part;
}

class Parts {
 public:
  // A part that is there already says more than a flag beside it.
  void add(Component part) {
    if (std::ranges::any_of(found_, [&](const auto& other) { return other.name == part.name; })) return;
    if (found_.size() < most_parts) {
      found_.push_back(std::move(part));
    } else {
      ++left_out_;
    }
  }
  std::vector<Component> taken() {
    if (left_out_ > 0) found_.push_back({"(more)", "unknown", "reported", fmt::format("{} more checks are not shown", left_out_)});
    return std::move(found_);
  }

 private:
  std::vector<Component> found_;
  std::size_t left_out_ = 0;
};

void add_list(const Json& list, const std::string& key, Parts& parts) {
  if (list.is_object()) {
    for (const auto& [name, value] : list.items()) parts.add(part_of(name, value));
  } else if (list.is_array()) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto name = text_in(list[i], {"name", "component", "id", "key"});
      parts.add(part_of(name.value_or(fmt::format("{}[{}]", key, i)), list[i]));
    }
  }
}

std::vector<Component> parts_of(const Json& body) {
  Parts parts;
  for (const auto* key : {"checks", "components", "entries", "dependencies"}) {
    if (const auto* list = member(body, key)) add_list(*list, key, parts);
  }
  // Spring Boot 1 and 2.0 call it `details`; others keep there what is no part.
  if (const auto* details = member(body, "details"); details != nullptr && details->is_object()) {
    for (const auto& [name, value] : details->items()) {
      if (member(value, "status") != nullptr) parts.add(part_of(name, value));
    }
  }
  for (const auto& [key, value] : body.items()) {
    if (!key.ends_with("_connected") || value.is_null()) continue;
    auto part = part_of(key.substr(0, key.size() - std::string_view("_connected").size()), value);
    if (part.status == "unhealthy") part.error = "not connected";
    parts.add(std::move(part));
  }
  return parts.taken();
}

}  // namespace

Result<HealthDocument> read_health(std::string_view body, std::string_view what) {
  if (body.size() <= longest_plain_word && health_of_word(body)) return HealthDocument{std::string(trimmed(body)), std::nullopt, {}, {}};
  auto document = parse_json(body, what);
  if (!document) return std::unexpected(document.error());
  if (const auto* text = document->get_ptr<const std::string*>(); text != nullptr && health_of_word(*text)) {
    return HealthDocument{std::string(trimmed(*text)), std::nullopt, {}, {}};
  }
  if (!document->is_object()) {
    return failure(ErrorClass::malformed, fmt::format("{}: expected object, got {}", what, document->type_name()));
  }
  HealthDocument read;
  if (const auto* status = member(*document, "status"); status != nullptr && status->is_object()) {
    read.word = word_in(*status, {"code", "status"});  // Spring Boot can nest it
  }
  if (!read.word) read.word = word_in(*document, {"status", "healthy", "ok"});
  if (read.word) read.word = std::string(trimmed(*read.word));
  read.text = text_in(*document, {"error", "message", "output", "description", "reason"});
  read.parts = parts_of(*document);
  read.body = std::move(*document);
  return read;
}

std::optional<std::string> reason_of(const HealthDocument& document, int http_status, const std::string& verdict) {
  if (verdict == "healthy") return std::nullopt;
  std::vector<std::string> down;
  for (const auto* status : {"unhealthy", "degraded"}) {
    for (const auto& part : document.parts) {
      if (part.status == status && down.size() < 3) down.push_back(part.name + ": " + part.error.value_or(part.status));
    }
    if (!down.empty()) return fmt::format("{}", fmt::join(down, "; "));
  }
  if (document.text) return document.text;
  const auto word = document.word.value_or("");
  if (http_status != 200) return fmt::format("HTTP {}, \"{}\"", http_status, word);
  return health_of_word(word) ? fmt::format("it reports \"{}\", without a reason", word) : word;
}

}  // namespace gateway
