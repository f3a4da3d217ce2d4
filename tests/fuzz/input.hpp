// The bytes of one run taken apart into what a target wants. Bytes that are missing are zeros, so that every input means
// something; what is asked for last takes the rest, so that text stays text and mutations stay local.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/rows.hpp"

namespace fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return left_.empty(); }
  std::string_view rest() const { return left_; }

  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return first;
  }
  bool flag() { return (byte() & 1) != 0; }
  std::size_t below(std::size_t limit) { return byte() % limit; }

  template <typename T>
  T raw() {
    T value{};
    const auto length = std::min(sizeof value, left_.size());
    std::memcpy(&value, left_.data(), length);
    left_.remove_prefix(length);
    return value;
  }

  // Up to the separator, which is dropped; without one: all that is left.
  std::string_view piece(char separator) {
    const auto at = left_.find(separator);
    const auto found = left_.substr(0, at);
    left_.remove_prefix(at == std::string_view::npos ? left_.size() : at + 1);
    return found;
  }
  std::string_view text() { return piece('\0'); }

  std::int64_t integer();
  double real();  // finite
  // Any storage class; PostgreSQL's adapter has already made text valid and numbers finite.
  gateway::Value value();

 private:
  std::string_view left_;
};

}  // namespace fuzz
