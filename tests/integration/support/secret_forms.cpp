#include "secret_forms.hpp"

#include <gtest/gtest.h>

#include <cctype>

namespace integration {

std::string base64(const std::string& text) {
  static constexpr const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    const auto byte = [&](std::size_t n) { return at + n < text.size() ? static_cast<unsigned char>(text[at + n]) : 0U; };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (int shift = 18; shift >= 0; shift -= 6) encoded += alphabet[group >> shift & 63U];
  }
  const auto missing = (3 - text.size() % 3) % 3;
  return encoded.replace(encoded.size() - missing, missing, missing, '=');
}

std::string percent_encoded(const std::string& text, const char* letters) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-') encoded += c;
    else encoded.append({'%', letters[byte >> 4], letters[byte & 15U]});
  }
  return encoded;
}

void expect_no_secret(const std::vector<std::string>& secrets, const std::string& where, const std::string& text) {
  EXPECT_FALSE(text.empty()) << where << " must have been looked at";
  const auto expect_none = [&](const std::string& form, const std::string& secret) {
    EXPECT_EQ(text.find(form), std::string::npos) << where << " contains " << secret << " as " << form;
  };
  for (const auto& secret : secrets) {
    expect_none(secret, secret);
    expect_none(percent_encoded(secret), secret);
    expect_none(percent_encoded(secret, "0123456789abcdef"), secret);
    // The middle of any base64 of it, at the three offsets that it can have.
    for (const auto* before : {"", "x", "xy"}) {
      const auto encoded = base64(before + secret);
      expect_none(encoded.substr(4, encoded.size() - 8), secret);
    }
  }
}

}  // namespace integration
