#include "ask/http_head.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace gateway {
namespace {

constexpr std::int64_t longest_age = 366 * 86'400;  // s; a larger value is not credible
constexpr std::size_t longest_etag = 200;

// The value of the header `name`, if this line is one.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
  const bool same =
      std::ranges::equal(line.substr(0, name.size()), name, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
  if (!same) return std::nullopt;
  auto value = line.substr(name.size() + 1);
  constexpr std::string_view space = " \t\r\n";
  const auto from = value.find_first_not_of(space);
  if (from == std::string_view::npos) return std::string_view{};
  return value.substr(from, value.find_last_not_of(space) - from + 1);
}

// For an error's text, which never quotes a peer.
std::string known_encoding(std::string_view value) {
  for (const auto* known : {"gzip", "br", "deflate", "zstd", "compress"}) {
    if (value == known) return known;
  }
  return "an unknown encoding";
}

// It is sent back as it is: what could end a header is no ETag.
bool is_etag(std::string_view value) {
  return value.size() <= longest_etag && std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

// Also of what comes before the answer: 100, 102, 103.
void HttpHead::begin() {
  const auto bytes = bytes_;
  *this = HttpHead();
  bytes_ = bytes;
}

bool HttpHead::take(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > cap) return false;
  if (line.starts_with("HTTP/")) {
    begin();
  } else if (line == "\r\n" || line == "\n") {
    complete_ = true;
  } else if (const auto age = value_of(line, "age")) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(age->data(), age->data() + age->size(), seconds);
    if (error == std::errc{} && end == age->data() + age->size() && seconds >= 0) age_s_ = std::min(seconds, longest_age);
  } else if (const auto date = value_of(line, "date")) {
    const auto at = curl_getdate(std::string(*date).c_str(), nullptr);
    if (at > 0) date_ = at;
  } else if (const auto etag = value_of(line, "etag"); etag && is_etag(*etag)) {
    etag_ = *etag;
  } else if (const auto encoding = value_of(line, "content-encoding"); encoding && *encoding != "identity") {
    encoding_ = known_encoding(*encoding);
  }
  return true;
}

void HttpHead::tell(HttpAnswer& answer) const {
  answer.age_s = age_s_;
  answer.date = date_;
}

}  // namespace gateway
