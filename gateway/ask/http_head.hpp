// The head of an HTTP answer, line by line: what of it counts. A peer wrote it, so that nothing of it is quoted.
#pragma once

#include <string>
#include <string_view>

#include "base/source.hpp"

namespace gateway {

class HttpHead {
 public:
  static constexpr std::size_t cap = std::size_t{16} << 10;  // bytes, trailers included

  // One line as it came. False: it is too long by now.
  bool take(std::string_view line);

  bool complete() const { return complete_; }                // libcurl takes an answer that ends within its head
  const std::string& encoding() const { return encoding_; }  // of the body, where it has any; in words of ours
  void tell(HttpAnswer& answer) const;
  const std::string& etag() const { return etag_; }

 private:
  void begin();

  std::size_t bytes_ = 0;
  bool complete_ = false;
  std::string encoding_, etag_;
  std::int64_t age_s_ = 0;
  std::optional<std::int64_t> date_;
};

}  // namespace gateway
