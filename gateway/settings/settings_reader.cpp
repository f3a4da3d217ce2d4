#include "settings/settings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "settings/duration.hpp"
#include "settings/size.hpp"

namespace gateway {
namespace {

constexpr const char* one_plain_line = "must be one line without control characters";

std::optional<std::int64_t> whole_number(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc{} || end != text.data() + text.size() || parsed < least || parsed > most) return std::nullopt;
  return parsed;
}

}  // namespace

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

std::string SettingsReader::word(const std::string& name, const std::string& fallback) {
  auto given = value(name, fallback);
  if (given && has_control_characters(*given)) {
    fault(name, one_line(*given), one_plain_line);
    return fallback;
  }
  return given.value_or(fallback);
}

std::string SettingsReader::host(const std::string& name, const std::string& fallback, bool several) {
  auto chosen = word(name, fallback);
  const auto* const remedy = several ? "use a host name, or several separated by commas; port, user and password have settings of their own"
                                     : "use a host name; port, user and password have settings of their own";
  // A socket's directory may have any name.
  const bool url = chosen.find("://") != std::string::npos || (!chosen.starts_with('/') && chosen.find('@') != std::string::npos);
  if (url) {
    fault(name, "...", remedy);
  } else if (!several && chosen.find(',') != std::string::npos) {
    fault(name, chosen, remedy);
  } else {
    for (const auto one : split(chosen, ',')) {
      if (trimmed(one).empty()) fault(name, chosen, remedy);
    }
  }
  return chosen;
}

std::string SettingsReader::ports(const std::string& name, const std::string& fallback, std::size_t hosts) {
  auto chosen = word(name, fallback);
  const auto each = split(chosen, ',');
  const bool count_fits = each.size() == 1 || each.size() == hosts;
  const bool all_are_ports = std::ranges::all_of(each, [](std::string_view text) {
    int port = 0;
    text = trimmed(text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
  });
  if (!count_fits || !all_are_ports) fault(name, chosen, "use a whole number from 1 to 65535, or one for each host, separated by commas");
  return chosen;
}

std::string SettingsReader::one_of(const std::string& name, const std::string& fallback, const std::vector<std::string>& choices) {
  auto chosen = word(name, fallback);
  if (std::ranges::find(choices, chosen) == choices.end()) {
    fault(name, chosen, fmt::format("use one of: {}", fmt::join(choices, ", ")));
  }
  return chosen;
}

Secret SettingsReader::secret(const std::string& name, const Secret& fallback) {
  const auto direct = value(name, fallback.read());
  const auto file = environment_(name + "_FILE");
  if (!file || file->empty()) {
    if (!direct) return fallback;
    if (has_control_characters(*direct)) fault(name, "***", one_plain_line);
    return noted(*direct);
  }
  if (direct) {
    fault(name + "_FILE", *file, "set either " + name + " or " + name + "_FILE, not both");
    return {};
  }
  const auto secret = read_secret_file(*file);
  if (!secret) {
    fault(name + "_FILE", *file, secret.error());
    return {};
  }
  return noted({*file, *secret});
}

Secret SettingsReader::noted(Secret secret) {
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

std::int64_t SettingsReader::bytes(const std::string& name, const std::string& fallback) {
  const auto given = value(name, fallback);
  if (!given) return *parse_size(fallback);
  const auto parsed = parse_size(*given);
  if (!parsed) fault(name, *given, "use a size from 1MB on, such as 500MB, 5GB or 2GiB");
  return parsed.value_or(*parse_size(fallback));
}

std::int64_t SettingsReader::count(const std::string& name, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto given = value(name, std::to_string(fallback));
  if (!given) return fallback;
  const auto parsed = whole_number(*given, least, most);
  if (!parsed) fault(name, *given, fmt::format("use a whole number from {} to {}", least, most));
  return parsed.value_or(fallback);
}

SettingsReader::Counts SettingsReader::counts(const std::string& name, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  Counts all{fallback, {}};
  const auto given = value(name, std::to_string(fallback)).value_or("");
  for (const auto item : split(given, ',')) {
    if (trimmed(item).empty()) continue;
    const auto equals = item.rfind('=');
    const bool of_pattern = equals != std::string_view::npos;
    const auto number = whole_number(trimmed(item.substr(of_pattern ? equals + 1 : 0)), least, most);
    const auto pattern = of_pattern ? trimmed(item.substr(0, equals)) : std::string_view();
    if (!number || (of_pattern && pattern.empty())) {
      fault(name, std::string(trimmed(item)),
            fmt::format("use a whole number from {} to {}, or PATTERN=NUMBER, separated by commas", least, most));
    } else if (of_pattern) {
      all.second.emplace_back(pattern, *number);
    } else {
      all.first = *number;
    }
  }
  return all;
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

}  // namespace gateway
