// A password or an API key. One that comes from a file may be replaced while the gateway runs: it is read again whenever it is used.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// In a header or a connection string they would end what they are part of and begin something else.
bool has_control_characters(std::string_view text);

// The secret in a file, without the blanks around it; or what is wrong, as a remedy.
std::expected<std::string, std::string> read_secret_file(const std::filesystem::path& file);

// Copies share their state. Thread-safe.
class Secret {
 public:
  Secret() : Secret(std::string()) {}
  Secret(std::string value);                                 // NOLINT(google-explicit-constructor): a fixed text is one
  Secret(const char* value) : Secret(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  // `value`: what the file held when the settings were read.
  Secret(std::filesystem::path file, std::string value);

  // As it is now. While its file is absent or holds nothing usable, as in the middle of a rotation, what it held before. Blocks on the
  // disk.
  std::string read() const;
  bool empty() const;
  // Every value that was seen, newest first, at most 20: a peer may still repeat an old one.
  std::vector<std::string> seen() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Of all of them, each read again: for SecretMask.
std::vector<std::string> all_values(const std::vector<Secret>& secrets);

}  // namespace gateway
