#include "base/secret.hpp"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <sstream>

#include "base/text.hpp"

namespace gateway {

namespace {
constexpr std::size_t most_seen = 20;
}

struct Secret::State {
  std::filesystem::path file;  // empty: fixed
  std::mutex mutex;
  std::vector<std::string> seen;  // newest first, never empty
};

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::expected<std::string, std::string> read_secret_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream content;
  if (!in || !(content << in.rdbuf()) || trimmed(content.str()).empty())
    return std::unexpected("name a readable, non-empty file with the secret in it");
  std::string secret(trimmed(content.str()));
  if (has_control_characters(secret)) return std::unexpected("the secret in it must be one line without control characters");
  return secret;
}

Secret::Secret(std::string value) : Secret({}, std::move(value)) {}

Secret::Secret(std::filesystem::path file, std::string value) : state_(std::make_shared<State>()) {
  state_->file = std::move(file);
  state_->seen.push_back(std::move(value));
}

std::string Secret::read() const {
  const std::lock_guard lock(state_->mutex);
  auto& seen = state_->seen;
  if (state_->file.empty()) return seen.front();
  auto now = read_secret_file(state_->file);
  if (!now || *now == seen.front()) return seen.front();
  std::erase(seen, *now);
  seen.insert(seen.begin(), std::move(*now));
  if (seen.size() > most_seen) seen.pop_back();
  return seen.front();
}

bool Secret::empty() const {
  const std::lock_guard lock(state_->mutex);
  return state_->seen.front().empty();
}

std::vector<std::string> Secret::seen() const {
  const std::lock_guard lock(state_->mutex);
  return state_->seen;
}

std::vector<std::string> all_values(const std::vector<Secret>& secrets) {
  std::vector<std::string> all;
  for (const auto& secret : secrets) {
    secret.read();
    const auto seen = secret.seen();
    all.insert(all.end(), seen.begin(), seen.end());
  }
  return all;
}

}  // namespace gateway
