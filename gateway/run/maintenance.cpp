#include "run/maintenance.hpp"

#include <unistd.h>

#include <array>

#include "base/text.hpp"
#include "cache/private_file.hpp"

namespace gateway {

Maintenance parse_maintenance(std::string_view content) {
  constexpr std::string_view word = "until ";
  constexpr std::size_t longest = 300;
  Maintenance announced;
  content = trimmed(content);
  const auto line = content.substr(0, content.find('\n'));
  if (line.starts_with(word)) {
    const std::string time(trimmed(line.substr(word.size())));
    const auto to_the_second = parse_time(time);
    if (const auto until = to_the_second ? to_the_second : parse_time(time + ":00")) {
      announced.until = static_cast<std::int64_t>(*until);
      content.remove_prefix(line.size());
    }
  }
  announced.text = shortened(std::string(trimmed(one_line(clean_utf8(content)))), longest);
  if (announced.text.empty()) announced.text = "planned maintenance";
  return announced;
}

std::optional<Maintenance> read_maintenance(const std::filesystem::path& cache_file) {
  const auto file = open_regular(std::filesystem::absolute(cache_file).parent_path() / "maintenance");
  if (!file) return std::nullopt;
  std::array<char, 2048> content{};
  const auto length = ::pread(file.get(), content.data(), content.size(), 0);
  if (length < 0) return std::nullopt;
  return parse_maintenance({content.data(), static_cast<std::size_t>(length)});
}

}  // namespace gateway
