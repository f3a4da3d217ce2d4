#include "declared/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/text.hpp"
#include "settings/duration.hpp"
#include "settings/size.hpp"

namespace gateway {
namespace {

std::string shown(std::string_view value) { return "'" + shortened(one_line(value), 60) + "'"; }

const char* kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a mapping";
    case Node::Kind::text: break;
  }
  return "text";
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

void Faults::add(const Node& at, const std::string& key, const std::string& text) const {
  all_.push_back({file_, at.place, key.empty() ? text : key + ": " + text});
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  word = word.substr(0, 60);
  std::string best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& each : known) {
    if (const auto d = distance(word, each); d < least) {
      least = d;
      best = each;
    }
  }
  return best;
}

bool is_plain_name(std::string_view name, std::size_t longest) {
  return !name.empty() && name.size() <= longest && name[0] >= 'a' && name[0] <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

Keys::Keys(const Node& map, std::string path, const std::vector<std::string>& known, const Faults& faults)
    : map_(map), path_(std::move(path)), faults_(faults) {
  if (map.kind != Node::Kind::map) {
    faults.add(map, path_.substr(0, path_.size() - 1), fmt::format("expected a mapping, got {}", kind_of(map)));
    return;
  }
  for (const auto& [key, value] : map.members) {
    if (const auto colon = key.text.find(':'); colon != std::string::npos) {  // what follows may be a secret
      faults.add(key, {}, fmt::format("a space is missing after {}", shown(path_ + key.text.substr(0, colon + 1))));
    } else if (std::ranges::find(known, key.text) == known.end()) {
      const auto near = nearest(key.text, known);
      faults.add(key, {}, fmt::format("unknown key {}{}", shown(path_ + key.text), near.empty() ? "" : ": did you mean " + near + "?"));
    } else if (value.kind == Node::Kind::text && value.text.empty() && value.plain) {
      faults.add(key, path_ + key.text, "needs a value");
    }
  }
}

const Node* Keys::find(const std::string& key) const {
  const auto* found = map_.find(key);
  return found != nullptr && found->kind == Node::Kind::text && found->text.empty() && found->plain ? nullptr : found;
}

void Keys::fault(const std::string& key, const std::string& text) const {
  const auto* at = map_.find(key);
  faults_.add(at == nullptr ? map_ : *at, path_ + key, text);
}

const Node* Keys::scalar(const std::string& key) const {
  const auto* found = find(key);
  if (found == nullptr || found->kind == Node::Kind::text) return found;
  fault(key, fmt::format("expected text, got {}", kind_of(*found)));
  return nullptr;
}

std::string Keys::text(const std::string& key, bool several_lines) const {
  const auto* found = scalar(key);
  if (found == nullptr) return {};
  auto value = std::string(trimmed(found->text));
  if (!several_lines && value.find('\n') != std::string::npos) fault(key, "expected one line");
  return value;
}

std::string Keys::sql(const std::string& key) const {
  const auto* found = scalar(key);
  if (found == nullptr) return {};
  if (found->comment_follows) fault(key, fmt::format("' #' begins a comment and cuts it off: write it as a block: {}: |", key));
  auto value = std::string(trimmed(found->text));
  if (value.find(';') != std::string::npos) fault(key, "one statement, without ;");
  return value;
}

std::string Keys::name(const std::string& key) const {
  const auto given = text(key);
  if (!given.empty() && !is_plain_name(given, 40)) {
    fault(key, shown(given) + ": letters a-z, digits and _ only, a letter first, at most 40");
    return {};
  }
  return given;
}

std::vector<std::string> Keys::list(const std::string& key) const {
  const auto* found = find(key);
  if (found == nullptr) return {};
  if (found->kind == Node::Kind::text) return {std::string(trimmed(found->text))};
  std::vector<std::string> all;
  if (found->kind == Node::Kind::map) fault(key, "expected a list, got a mapping");
  for (const auto& [_, value] : found->members) {
    if (value.kind == Node::Kind::text) all.push_back(value.text);
    else if (found->kind == Node::Kind::list) faults_.add(value, path_ + key, fmt::format("expected text, got {}", kind_of(value)));
  }
  return all;
}

std::optional<std::int64_t> Keys::count(const std::string& key, std::int64_t least, std::int64_t most) const {
  const auto given = text(key);
  if (given.empty()) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc{} || end != given.data() + given.size()) {
    fault(key, shown(given) + " is not a whole number");
    return std::nullopt;
  }
  if (value > most) fault(key, fmt::format("{} is more than {}", value, most));
  if (value < least) fault(key, fmt::format("{} is less than {}", value, least));
  return std::clamp(value, least, most);
}

std::optional<std::int64_t> Keys::bytes(const std::string& key, std::int64_t most) const {
  const auto given = text(key);
  if (given.empty()) return std::nullopt;
  const auto parsed = parse_size(given);
  if (!parsed || *parsed > most) fault(key, fmt::format("{}: use a size from 1MB to {}MiB, such as 8MiB", shown(given), most >> 20));
  return parsed ? std::min(*parsed, most) : most;
}

std::optional<Milliseconds> Keys::duration(const std::string& key, Milliseconds least, Milliseconds most) const {
  const auto given = text(key);
  if (given.empty()) return std::nullopt;
  const auto parsed = parse_duration(given);
  if (!parsed) fault(key, shown(given) + " is not a duration: use 500ms, 10s, 5m, 2h or 14d");
  else if (*parsed < least || *parsed > most)
    fault(key, fmt::format("{} is outside of {} to {} seconds", shown(given), least.count() / 1000, most.count() / 1000));
  return parsed;
}

bool Keys::flag(const std::string& key) const {
  const auto given = text(key);
  if (!given.empty() && given != "true" && given != "false") fault(key, shown(given) + " is not true or false");
  return given == "true";
}

std::string Keys::one_of(const std::string& key, const std::vector<std::string>& words) const {
  auto given = text(key);
  if (given.empty() || std::ranges::find(words, given) != words.end()) return given;
  fault(key, fmt::format("unknown {} {}: use {}", key, shown(given), fmt::join(words, ", ")));
  return {};
}

void Keys::members(const std::string& key, const std::function<void(const Node&, const Node&)>& each) const {
  const auto* found = find(key);
  if (found == nullptr) return;
  if (found->kind != Node::Kind::map) {
    fault(key, fmt::format("expected a mapping, got {}", kind_of(*found)));
    return;
  }
  for (const auto& [name, value] : found->members) each(name, value);
}

}  // namespace gateway
