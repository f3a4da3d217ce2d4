#include "datasets/health_words.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"

namespace gateway {
namespace {

struct Words {
  const char* health;
  std::initializer_list<std::string_view> words;
};

const std::map<std::string, std::string, std::less<>>& known_words() {
  static const auto words = [] {
    std::map<std::string, std::string, std::less<>> all;
    for (const auto& [health, of_it] : {
             Words{"healthy",
                   {"healthy", "ok", "okay", "up", "pass", "passed", "passing", "alive", "available", "running", "ready", "serving", "good",
                    "green", "online", "operational", "connected", "success"}},
             Words{"degraded",
                   {"degraded", "warn", "warning", "partial", "partially_available", "impaired", "limited", "yellow", "unstable",
                    "degraded_performance", "partial_outage"}},
             Words{"unhealthy",
                   {"unhealthy", "down",        "fail",    "failed",      "failing",   "failure",   "error",        "out_of_service",
                    "critical",  "dead",        "red",     "unavailable", "not_ready", "not_alive", "not_serving",  "not_ok",
                    "offline",   "not_running", "stopped", "crashed",     "fatal",     "broken",    "disconnected", "major_outage"}},
         }) {
      for (const auto word : of_it) all.emplace(word, health);
    }
    return all;
  }();
  return words;
}

}  // namespace

std::optional<std::string> health_of_word(std::string_view word) {
  std::string key(trimmed(word));
  std::ranges::transform(key, key.begin(), [](char c) {
    if (c == '-' || c == ' ') return '_';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto found = known_words().find(key);
  if (found == known_words().end()) return std::nullopt;
  return found->second;
}

std::string health_of_answer(int http_status, std::string_view word) {
  const auto said = health_of_word(word);
  if (http_status < 500) return said.value_or("degraded");
  return http_status == 503 && said == "healthy" ? "degraded" : "unhealthy";
}

bool is_worse(std::string_view a, std::string_view b) {
  constexpr std::array<std::string_view, 4> best_first{"healthy", "unknown", "degraded", "unhealthy"};
  return std::ranges::find(best_first, a) > std::ranges::find(best_first, b);
}

}  // namespace gateway
