#include "cache/cache_file.hpp"

#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <system_error>
#include <vector>

#include "base/text.hpp"
#include "cache/aside.hpp"
#include "cache/schema.hpp"

namespace gateway {
namespace {

struct Version {
  std::int64_t application_id = 0, user_version = 0;
};

// What schema.sql says of itself, so that the numbers stand in one place.
const Version& ours() {
  static const Version version = [] {
    SQLite::Database memory(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    memory.exec(schema_sql);
    return Version{memory.execAndGet("PRAGMA application_id").getInt64(), memory.execAndGet("PRAGMA user_version").getInt64()};
  }();
  return version;
}

using Header = std::array<char, 100>;

std::optional<Header> header_of(const std::filesystem::path& file) {
  Header header{};
  std::ifstream in(file, std::ios::binary);
  if (!in.read(header.data(), header.size())) return std::nullopt;
  return header;
}

std::uint32_t big_endian(const Header& header, std::size_t at, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(header[at + i]);
  return value;
}

}  // namespace

std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '?' || c == '#' || c == '%') uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else uri += c;
  }
  return uri + "?mode=ro&immutable=1";
}

SQLite::Database open_published(const std::filesystem::path& file) {
  SQLite::Database database(immutable_uri(file), SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  database.exec("PRAGMA query_only = 1");
  return database;
}

Inspection inspect(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  if (status.type() != std::filesystem::file_type::regular) return {FileState::broken, "it is not a regular file"};
  try {
    auto database = open_published(file);
    const auto id = database.execAndGet("PRAGMA application_id").getInt64();
    const auto version = database.execAndGet("PRAGMA user_version").getInt64();
    if (id != ours().application_id) return {FileState::broken, "it is not a cache of this gateway (application_id)"};
    if (version > ours().user_version)
      return {FileState::newer, fmt::format("its schema version {} is newer than {}", version, ours().user_version)};
    // Not PRAGMA encoding, which is lenient with a number that there is not: loading the file is not.
    constexpr std::size_t encoding = 56;
    constexpr std::uint32_t utf8 = 1;
    const auto header = header_of(file);
    if (!header || big_endian(*header, encoding, 4) != utf8) return {FileState::broken, "its text is not UTF-8"};
    const auto check = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (check != "ok") return {FileState::broken, one_line(check)};
    if (version < ours().user_version)
      return {FileState::older, fmt::format("its schema version is {}, now {}", version, ours().user_version)};
    return {FileState::good, {}};
  } catch (const SQLite::Exception& e) {
    return {FileState::broken, e.what()};
  }
}

std::optional<std::string> faults_of_finished(const std::filesystem::path& file) {
  const auto found = header_of(file);
  if (!found) return "it has no header";
  const auto& header = *found;
  if (std::string_view(header.data(), 15) != "SQLite format 3") return "it is no SQLite file";
  if (header[18] != 1 || header[19] != 1) return "its header says WAL";
  if (big_endian(header, 68, 4) != ours().application_id) return "its application_id is wrong";
  if (big_endian(header, 60, 4) != ours().user_version) return "its user_version is wrong";
  const auto page_size = big_endian(header, 16, 2) == 1 ? 65536U : big_endian(header, 16, 2);
  std::error_code error;
  if (std::filesystem::file_size(file, error) != std::uintmax_t{page_size} * big_endian(header, 28, 4))
    return "its size is not what its header says";
  return std::nullopt;
}

std::expected<std::filesystem::path, std::string> move_aside(const std::filesystem::path& file, const std::string& label) {
  const auto prefix = file.filename().string() + ".aside-";
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto directory = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::filesystem::path aside;
  std::error_code error;
  for (int n = 0; n < 100; ++n) {
    // The time comes before the label, so that names sort by age.
    aside = directory / fmt::format("{}{:%Y-%m-%dT%H-%M-%S}.{:03}Z-{}", prefix, fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
                                    (now - second).count() + n, label);
    std::filesystem::create_hard_link(file, aside, error);
    if (error != std::errc::file_exists) break;
  }
  if (error && error != std::errc::file_exists) {  // not every file system has hard links, nor may everybody make them
    error.clear();
    std::filesystem::copy_file(file, aside, error);
    std::error_code ignored;
    if (error && error != std::errc::file_exists) std::filesystem::remove(aside, ignored);  // a copy that was cut short
  }
  if (error) return std::unexpected(fmt::format("{}: {}", aside.string(), error.message()));
  keep_the_most_worth(directory, prefix);
  return aside;
}

Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);
}

Lock::State Lock::acquire() {
  if (fd_ >= 0) return State::held;
  const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    detail_ = fmt::format("{}: {}", path_.string(), std::generic_category().message(errno));
    return State::impossible;
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char holder[256] = {};
    const auto length = ::read(fd, holder, sizeof holder - 1);
    detail_ = length > 0 ? std::string(trimmed(std::string_view(holder, static_cast<std::size_t>(length)))) : "an unnamed process";
    ::close(fd);
    return State::taken;
  }
  char host[256] = "?";
  ::gethostname(host, sizeof host - 1);
  const auto self = fmt::format("process {} on {}\n", ::getpid(), host);
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, self.data(), self.size(), 0) < 0) {
    detail_ = fmt::format("{}: {}", path_.string(), std::generic_category().message(errno));  // held all the same: only unnamed
  }
  fd_ = fd;
  return State::held;
}

}  // namespace gateway
