// Keeps the forced states. Unknown keys are refused: a misspelt force would make a test pass for the wrong reason.
#include "control.hpp"

#include <map>

namespace trading {

using nlohmann::json;

namespace {

enum class Type { boolean, number, text, object };

const std::map<std::string, Type, std::less<>> known_keys{
    {"status", Type::text},
    {"health", Type::object},
    {"http_status", Type::number},
    {"mute", Type::boolean},
    {"delay_ms", Type::number},
    {"rows", Type::boolean},
    {"messages", Type::boolean},
    {"pause", Type::boolean},
    {"hang", Type::boolean},
    {"closed_in_silence", Type::boolean},
    {"websocket_status", Type::text},
    {"websocket_connected", Type::boolean},
    {"websocket_state", Type::object},
    {"train", Type::number},
};

bool fits(const json& value, Type type) {
  switch (type) {
    case Type::boolean: return value.is_boolean();
    case Type::number: return value.is_number();
    case Type::text: return value.is_string();
    case Type::object: return value.is_object();
  }
  return false;
}

}  // namespace

std::optional<std::string> Control::apply(const std::string& body) {
  const json wanted = json::parse(body, nullptr, false);
  if (!wanted.is_object()) return "expected a JSON object";
  for (const auto& [key, value] : wanted.items()) {
    const auto known = known_keys.find(key);
    if (known == known_keys.end()) {
      std::string message = "unknown key " + key + "; known:";
      for (const auto& entry : known_keys) message += " " + entry.first;
      return message;
    }
    if (!value.is_null() && !fits(value, known->second)) return "wrong type of " + key;
  }
  const std::lock_guard lock{mutex_};
  // Not merge_patch: inside "health" a null is a value to show, not a force to take away.
  for (const auto& [key, value] : wanted.items()) {
    if (value.is_null()) {
      forced_.erase(key);
    } else {
      forced_[key] = value;
    }
  }
  return std::nullopt;
}

json Control::forced() const {
  const std::lock_guard lock{mutex_};
  return forced_;
}

bool Control::flag(const char* key, bool otherwise) const {
  const std::lock_guard lock{mutex_};
  const auto found = forced_.find(key);
  return found != forced_.end() ? found->get<bool>() : otherwise;
}

std::optional<std::string> Control::text(const char* key) const {
  const std::lock_guard lock{mutex_};
  const auto found = forced_.find(key);
  if (found == forced_.end()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<double> Control::number(const char* key) const {
  const std::lock_guard lock{mutex_};
  const auto found = forced_.find(key);
  if (found == forced_.end()) return std::nullopt;
  return found->get<double>();
}

std::optional<json> Control::object(const char* key) const {
  const std::lock_guard lock{mutex_};
  const auto found = forced_.find(key);
  if (found == forced_.end()) return std::nullopt;
  return *found;
}

std::optional<double> Control::take_number(const char* key) {
  const std::lock_guard lock{mutex_};
  const auto found = forced_.find(key);
  if (found == forced_.end()) return std::nullopt;
  const double value = found->get<double>();
  forced_.erase(found);
  return value;
}

}  // namespace trading
