#include "base/secrets.hpp"

#include <algorithm>
#include <charconv>
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

// The byte that the text begins with as an encoder may have written it, and how long that is.
struct Encoded {
  char byte;
  std::size_t length;
};

Encoded decoded(std::string_view text) {
  if (text.size() >= 2 && text[0] == '\\') return {text[1], 2};
  unsigned byte = 0;
  if (text.size() < 3 || text[0] != '%' || std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr != text.data() + 3)
    return {text[0], 1};
  return {static_cast<char>(byte), 3};
}

// How much of the text is the secret, with any of its characters encoded. `whole`: not cut off by the end of the text.
struct Match {
  std::size_t length = 0;
  bool whole = false;
};

Match match_encoded(std::string_view text, std::string_view secret) {
  std::size_t length = 0;
  for (const char wanted : secret) {
    if (length == text.size()) return {length, false};
    const auto found = decoded(text.substr(length));
    if (found.byte == wanted) length += found.length;
    else if (text[length] == wanted || (text[length] == '+' && wanted == ' ')) ++length;
    else return {};
  }
  return {length, true};
}

std::vector<std::string> forms_of(const std::string& secret) {
  constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view for_urls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<std::string> forms{secret};
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

void hide_encoded(std::string& text, const std::string& secret, bool may_be_cut) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto match = match_encoded(std::string_view(text).substr(at), secret);
    if (match.whole || (may_be_cut && match.length >= shortest_cut)) text.replace(at, match.length, hidden);
  }
}

}  // namespace

SecretMask::SecretMask(const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    if (secret.size() < shortest_secret) continue;
    for (auto* list : {&all_, &long_}) {
      if (list == &long_ && secret.size() < shortest_in_data) continue;
      list->plain.push_back(secret);
      for (auto& form : forms_of(secret)) list->forms.push_back(std::move(form));
    }
  }
  for (auto* list : {&all_, &long_}) {
    sort_forms(list->plain);
    sort_forms(list->forms);
  }
}

std::string SecretMask::masked_by(const Secrets& secrets, std::string_view text) {
  std::string result(text);
  const bool shortened = text.ends_with(ellipsis);
  const bool may_be_cut = shortened || text.size() >= shortest_shortened;
  if (shortened) result.erase(result.size() - ellipsis.size());
  // First, because a shorter secret may be the beginning of one that is encoded.
  if (result.find_first_of("%\\") != std::string::npos) {
    for (const auto& secret : secrets.plain) hide_encoded(result, secret, may_be_cut);
  }
  if (may_be_cut) {
    std::size_t cut = 0;
    for (const auto& form : secrets.forms) cut = std::max(cut, cut_secret(form, result));
    if (cut > 0) result.replace(result.size() - cut, cut, hidden);
  }
  for (const auto& form : secrets.forms) {
    for (auto at = result.find(form); at != std::string::npos; at = result.find(form, at + hidden.size())) {
      result.replace(at, form.size(), hidden);
    }
  }
  if (shortened) result += ellipsis;
  return result;
}

}  // namespace gateway
