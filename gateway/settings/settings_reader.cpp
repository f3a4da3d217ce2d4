// How one variable of each kind is read and judged.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "settings/settings.hpp"

namespace gateway {
namespace {

// Credentials in a URL, or a key in its query, are a fault, and the fault must not show them.
std::string shown_url(const std::string& url) {
  const auto at = url.rfind('@');
  const auto scheme = url.find("://");
  const auto shown =
      at == std::string::npos ? url : (scheme == std::string::npos ? "" : url.substr(0, scheme + 3)) + "***" + url.substr(at);
  const auto query = shown.find('?');
  return query == std::string::npos ? shown : shown.substr(0, query) + "?***";
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  static const std::map<std::string_view, double> units{{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};
  const auto found = units.find(unit);
  if (found == units.end()) return std::nullopt;
  const double ms = amount * found->second;
  constexpr double ten_years = 10 * 366 * 86400e3;  // beyond it a sum of durations could overflow a clock
  if (!(ms >= 1) || ms > ten_years) return std::nullopt;
  return Milliseconds{static_cast<std::int64_t>(std::llround(ms))};
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) {
    url.tls = true;
    url.port = 443;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const auto slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  if (slash != std::string_view::npos) url.path = text.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  if (url.path.find_first_of("?# \r\n\t") != std::string::npos) return std::nullopt;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty()) {
      if (!authority.starts_with(':')) return std::nullopt;
      port = authority.substr(1);
    }
  } else {
    const auto colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  if (url.host.empty() || url.host.find_first_of(" \t\r\n?#") != std::string::npos) return std::nullopt;
  if (port.data() != nullptr) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size() || url.port < 1 || url.port > 65535) return std::nullopt;
  }
  return url;
}

void SettingsReader::fault(const std::string& variable, const std::string& shown, const std::string& remedy) {
  faults_.push_back({variable, shown, remedy});
}

// An empty value counts as not set: compose files pass variables on as `X=`.
std::optional<std::string> SettingsReader::value(const std::string& name, const std::string& fallback) {
  variables_[name] = fallback;
  auto found = environment_(name);
  if (!found || trimmed(*found).empty()) return std::nullopt;
  return std::string(trimmed(*found));
}

std::string SettingsReader::word(const std::string& name, const std::string& fallback) { return value(name, fallback).value_or(fallback); }

std::string SettingsReader::one_of(const std::string& name, const std::string& fallback, const std::vector<std::string>& choices) {
  auto chosen = word(name, fallback);
  if (std::ranges::find(choices, chosen) == choices.end()) {
    fault(name, chosen, fmt::format("use one of: {}", fmt::join(choices, ", ")));
  }
  return chosen;
}

std::string SettingsReader::secret(const std::string& name, const std::string& fallback) {
  const auto direct = value(name, fallback);
  const auto file = environment_(name + "_FILE");
  if (!file || file->empty()) return direct ? noted(*direct) : fallback;
  if (direct) {
    fault(name + "_FILE", *file, "set either " + name + " or " + name + "_FILE, not both");
    return {};
  }
  std::ifstream in(*file);
  std::stringstream content;
  if (!in || !(content << in.rdbuf())) {
    fault(name + "_FILE", *file, "name a readable, non-empty file with the secret in it");
    return {};
  }
  return noted(std::string(trimmed(content.str())));
}

std::string SettingsReader::noted(std::string secret) {
  if (!secret.empty()) secrets_.push_back(secret);
  return secret;
}

std::optional<Milliseconds> SettingsReader::optional_duration(const std::string& name) {
  const auto given = value(name, "");
  if (!given) return std::nullopt;
  const auto parsed = parse_duration(*given);
  if (!parsed) fault(name, *given, "use a positive duration such as 500ms, 10s, 1m, 2h or 14d");
  return parsed;
}

Milliseconds SettingsReader::duration(const std::string& name, const std::string& fallback) {
  const auto given = optional_duration(name);
  variables_[name] = fallback;
  return given.value_or(*parse_duration(fallback));
}

std::int64_t SettingsReader::count(const std::string& name, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto given = value(name, std::to_string(fallback));
  if (!given) return fallback;
  std::int64_t parsed = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), parsed);
  if (error != std::errc{} || end != given->data() + given->size() || parsed < least || parsed > most) {
    fault(name, *given, fmt::format("use a whole number from {} to {}", least, most));
    return fallback;
  }
  return parsed;
}

double SettingsReader::ratio(const std::string& name, double fallback) {
  const auto given = value(name, fmt::format("{}", fallback));
  if (!given) return fallback;
  double parsed = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), parsed);
  if (error != std::errc{} || end != given->data() + given->size() || !(parsed >= 0 && parsed <= 1)) {
    fault(name, *given, "use a number from 0 to 1");
    return fallback;
  }
  return parsed;
}

bool SettingsReader::yes_or_no(const std::string& name, bool fallback) {
  return one_of(name, fallback ? "true" : "false", {"true", "false"}) == "true";
}

std::vector<std::string> SettingsReader::list(const std::string& name) {
  std::vector<std::string> items;
  const auto text = value(name, "").value_or("");
  for (const auto item : split(text, ',')) {
    if (!trimmed(item).empty()) items.emplace_back(trimmed(item));
  }
  return items;
}

std::optional<Url> SettingsReader::url(const std::string& name, const std::string& fallback) {
  variables_[name] = fallback;
  const auto given = environment_(name);
  const std::string chosen(trimmed(given.value_or(fallback)));
  if (chosen.empty()) return std::nullopt;  // said to be not monitored
  auto parsed = parse_url(chosen);
  if (!parsed) fault(name, shown_url(chosen), "use http://HOST[:PORT] or https://HOST[:PORT], without credentials; empty: not monitored");
  return parsed;
}

std::vector<ServiceSettings> SettingsReader::services(const std::string& name) {
  std::vector<ServiceSettings> found;
  // A password with a comma in it is cut in two: then no more than a service's name is shown of any piece.
  const bool credentials = value(name, "").value_or("").find('@') != std::string::npos;
  static const std::set<std::string, std::less<>> taken{"ws-gateway", "model-service", "order-manager", "postgres", "rabbitmq", "gateway"};
  for (const auto& item : list(name)) {
    const auto equals = item.find('=');
    const auto service = item.substr(0, equals);
    auto url = equals == std::string::npos ? std::nullopt : parse_url(item.substr(equals + 1));
    const bool plain = !service.empty() && service.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
    const bool twice = taken.contains(service) || std::ranges::any_of(found, [&](const auto& other) { return other.name == service; });
    if (!url || !plain || twice) {
      auto shown = credentials ? std::string("***") : shown_url(item);
      if (credentials && plain && equals != std::string::npos) shown = service + "=***";
      fault(name, shown, "use NAME=http://HOST:PORT/health, with a new NAME of a-z, 0-9, - and _");
      continue;
    }
    auto path = url->path.empty() ? std::string("/health") : url->path;
    url->path.clear();
    found.push_back({service, std::move(url), std::move(path), {}});
  }
  return found;
}

}  // namespace gateway
