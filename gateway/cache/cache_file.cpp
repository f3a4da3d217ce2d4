#include "cache/cache_file.hpp"

#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "base/text.hpp"
#include "cache/open_file_vfs.hpp"
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

std::optional<Header> header_of(const Descriptor& file) {
  Header header{};
  if (::pread(file.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) return std::nullopt;
  return header;
}

std::uint32_t big_endian(const Header& header, std::size_t at, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(header[at + i]);
  return value;
}

off_t size_by(const Header& header) {
  const auto page_size = big_endian(header, 16, 2) == 1 ? 65536U : big_endian(header, 16, 2);
  return off_t{page_size} * big_endian(header, 28, 4);
}

Inspection why_not_opened(const std::filesystem::path& file) {
  if (errno == ENOENT || errno == ENOTDIR) return {};
  const auto reason = reason_of_errno();
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0) return {FileState::unreadable, reason, {}};
  if (!S_ISREG(status.st_mode)) return {FileState::broken, fmt::format("it is {}", describe(status)), {}};
  return {FileState::unreadable, fmt::format("{} ({})", reason, describe(status)), {}};
}

Inspection inspect_content(const Descriptor& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) == 0 && status.st_size == 0) return {FileState::broken, "it is empty", {}};
  try {
    auto database = open_published(file.path());
    const auto id = database.execAndGet("PRAGMA application_id").getInt64();
    const auto version = database.execAndGet("PRAGMA user_version").getInt64();
    if (id != ours().application_id) return {FileState::broken, "it is not a cache of this gateway (application_id)", {}};
    if (version > ours().user_version)
      return {FileState::newer, fmt::format("its schema version {} is newer than {}", version, ours().user_version), {}};
    // Not PRAGMA encoding, which is lenient with a number that there is not: loading the file is not.
    constexpr std::size_t encoding = 56;
    constexpr std::uint32_t utf8 = 1;
    const auto header = header_of(file);
    if (!header || big_endian(*header, encoding, 4) != utf8) return {FileState::broken, "its text is not UTF-8", {}};
    // SQLite fills up with zeros what a last page lacks.
    if (status.st_size < size_by(*header)) return {FileState::broken, "it is truncated", {}};
    sqlite3_progress_handler(database.getHandle(), 0, nullptr, nullptr);  // the file's size bounds the check
    const auto check = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (check != "ok") return {FileState::broken, one_line(check), {}};
    if (version < ours().user_version)
      return {FileState::older, fmt::format("its schema version is {}, now {}", version, ours().user_version), {}};
    return {FileState::good, {}, {}};
  } catch (const SQLite::Exception& e) {
    return {FileState::broken, e.what(), {}};
  }
}

}  // namespace

std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '?' || c == '#' || c == '%') uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else uri += c;
  }
  uri += "?mode=ro&immutable=1";
  if (const auto vfs = vfs_for(file); !vfs.empty()) uri += fmt::format("&vfs={}", vfs);
  return uri;
}

SQLite::Database open_published(const std::filesystem::path& file) {
  struct stat status{};
  const bool found = ::stat(file.c_str(), &status) == 0;
  // The open of a FIFO would wait.
  if (found && !S_ISREG(status.st_mode)) throw SQLite::Exception("it is " + describe(status), SQLITE_CANTOPEN);
  if (::access(file.c_str(), R_OK) != 0 && errno == EACCES)
    throw SQLite::Exception(fmt::format("{}: {}", reason_of_errno(), found ? describe(status) : "its directory is closed"),
                            SQLITE_CANTOPEN);
  // To SQLite that is a database without tables. A power cut leaves it so until the gateway publishes again.
  if (found && status.st_size == 0) throw SQLite::Exception("it is empty: the gateway has not published yet", SQLITE_CANTOPEN);
  SQLite::Database database(immutable_uri(file), SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  database.exec("PRAGMA query_only = 1");
  // The tables of a planted file may be views without an end: a statement that takes seconds is interrupted.
  // A scan of the longest history takes a tenth of these steps.
  constexpr int most_steps = 50'000'000;
  sqlite3_progress_handler(database.getHandle(), most_steps, [](void*) { return 1; }, nullptr);
  return database;
}

Inspection inspect(const std::filesystem::path& file) {
  auto opened = open_regular(file);
  if (!opened) return why_not_opened(file);
  Inspection inspection = inspect_content(opened);
  inspection.file = std::move(opened);
  return inspection;
}

std::optional<std::string> faults_of_finished(const Descriptor& file) {
  const auto found = header_of(file);
  if (!found) return "it has no header";
  const auto& header = *found;
  if (std::string_view(header.data(), 15) != "SQLite format 3") return "it is not a SQLite database";
  if (header[18] != 1 || header[19] != 1) return "its header says WAL";
  if (big_endian(header, 68, 4) != ours().application_id) return "its application_id is wrong";
  if (big_endian(header, 60, 4) != ours().user_version) return "its user_version is wrong";
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || status.st_size != size_by(header)) return "its size is not what its header says";
  return std::nullopt;
}

std::optional<std::string> faults_of_finished(const std::filesystem::path& file) {
  const auto opened = open_regular(file);
  if (!opened) return reason_of_errno();
  return faults_of_finished(opened);
}

}  // namespace gateway
