#include "base/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace gateway {
namespace {

constexpr std::size_t shortest_secret = 3;
constexpr std::size_t shortest_in_data = 6;
constexpr std::size_t shortest_base64 = 6;
constexpr std::size_t shortest_cut = 4;
constexpr std::size_t shortest_shortened = 1000;  // no text is cut off to less than that without an ellipsis
constexpr std::string_view hidden = "***";
constexpr std::string_view ellipsis = "…";

// The characters that the secret alone decides when `before` bytes (0 to 2) stand in front of it in its group of three.
std::string base64_within(std::string_view secret, std::size_t before, std::string_view alphabet) {
  std::string encoded;
  unsigned bits = 0, pending = static_cast<unsigned>(8 * before);  // `pending` bits of unknown bytes come first
  std::size_t unknown = pending;
  for (const char c : secret) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    pending += 8;
    while (pending >= 6) {
      pending -= 6;
      if (unknown > 0) unknown -= std::min<std::size_t>(6, unknown);  // a character that unknown bits share in
      else encoded += alphabet[bits >> pending & 63U];
    }
  }
  return encoded;
}

std::string percent_encoded(std::string_view secret) {
  std::string encoded;
  for (const char c : secret) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) encoded += c;
    else encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::vector<std::string> forms_of(const std::string& secret) {
  constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view for_urls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<std::string> forms{secret, percent_encoded(secret)};
  for (std::size_t before = 0; before < 3; ++before) {
    for (const auto alphabet : {standard, for_urls}) {
      if (auto encoded = base64_within(secret, before, alphabet); encoded.size() >= shortest_base64) forms.push_back(std::move(encoded));
    }
  }
  return forms;
}

// Longest first, so that a secret that contains another one is hidden whole.
void sort_forms(std::vector<std::string>& forms) {
  std::ranges::sort(forms, [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
}

// How many characters at the end of the text are the beginning of a secret.
std::size_t cut_secret(std::string_view form, std::string_view text) {
  for (auto length = std::min(form.size() - 1, text.size()); length >= shortest_cut; --length) {
    if (text.ends_with(form.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

SecretMask::SecretMask(const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    if (secret.size() < shortest_secret) continue;
    for (auto& form : forms_of(secret)) {
      if (secret.size() >= shortest_in_data) long_forms_.push_back(form);
      forms_.push_back(std::move(form));
    }
  }
  sort_forms(forms_);
  sort_forms(long_forms_);
}

std::string SecretMask::masked_by(const std::vector<std::string>& forms, std::string_view text) {
  std::string result(text);
  const bool shortened = text.ends_with(ellipsis);
  if (shortened || text.size() >= shortest_shortened) {
    const auto body = text.substr(0, text.size() - (shortened ? ellipsis.size() : 0));
    std::size_t cut = 0;
    for (const auto& form : forms) cut = std::max(cut, cut_secret(form, body));
    if (cut > 0) result.replace(body.size() - cut, cut, hidden);
  }
  for (const auto& form : forms) {
    for (auto at = result.find(form); at != std::string::npos; at = result.find(form, at + hidden.size())) {
      result.replace(at, form.size(), hidden);
    }
  }
  return result;
}

}  // namespace gateway
