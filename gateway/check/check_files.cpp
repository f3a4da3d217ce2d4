#include "check/check_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>

#include "cache/cache_file.hpp"
#include "cache/private_file.hpp"
#include "check/mounts.hpp"
#include "settings/unprotected.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;

std::string mountinfo() {
  std::ifstream in("/proc/self/mountinfo");
  return {std::istreambuf_iterator<char>(in), {}};
}

fs::path real(const fs::path& path) {
  std::error_code ignored;
  auto found = fs::weakly_canonical(path, ignored);
  return found.empty() ? fs::absolute(path) : found;
}

// Grafana's SQLite plugin refuses paths with these parts, in any case (frser-sqlite-datasource 4.0.3).
std::optional<std::string> refused_by_plugin(const fs::path& file) {
  static constexpr std::array parts{".env", "credentials", "grafana.db", ".ssh", ".aws", "/proc/", "/sys/"};
  auto lower = file.string();
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string part : parts) {
    if (lower.find(part) != std::string::npos) return part;
  }
  return std::nullopt;
}

Finding not_a_directory(const fs::path& directory) {
  return {Grade::fault, fmt::format("{} is not a directory", directory.string()),
          fmt::format("set CACHE_PATH to a file in a directory of its own, or: mv {0} {0}.old && mkdir {0}", directory.string())};
}

Finding check_writable(const fs::path& directory) {
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0)
    return {Grade::good, fmt::format("{} can be written by uid {}", directory.string(), ::geteuid()), {}};
  const auto reason = reason_of_errno();
  if (errno == EROFS)
    return {Grade::fault, fmt::format("{} is mounted read-only", directory.string()),
            "mount it read-write for the gateway; only its readers mount it read-only"};
  struct stat status{};
  const auto now = ::stat(directory.c_str(), &status) == 0 ? describe(status) : std::string("not there");
  return {Grade::fault, fmt::format("{} cannot be written by uid {}: {} ({})", directory.string(), ::geteuid(), reason, now),
          fmt::format("as root: chown {}:{} {} (with Compose: make up does it)", ::geteuid(), ::getegid(), directory.string())};
}

Finding check_mount(const fs::path& file, const fs::path& directory) {
  const auto all = mountinfo();
  if (const auto own = mount_of(file.string(), all); own && own->point == file.string())
    return {
        Grade::fault, fmt::format("{} is itself a mount point: a file is mounted instead of its directory", file.string()),
        fmt::format("mount the directory: each publish replaces the file, and a mounted file stays the old one ({})", directory.string())};
  const auto mount = mount_of(directory.string(), all);
  if (!mount) return {Grade::note, "the kernel's list of mounts cannot be read: the file system was not checked", {}};
  if (const auto reason = unfit(mount->type))
    return {Grade::fault, fmt::format("{} is on {} ({})", directory.string(), mount->type, *reason),
            "set CACHE_PATH to a local file system; with Compose on a desktop use a named volume instead of ./volumes/cache"};
  return {Grade::good, fmt::format("{} is on {}", directory.string(), mount->type), {}};
}

Finding check_reader(const Reader& reader, const fs::path& file, const Settings& settings) {
  const auto blocked = what_keeps_out(reader, fs::exists(file) ? file : file.parent_path());
  if (blocked.empty()) return {Grade::good, fmt::format("{} may read {}", reader.name, file.string()), {}};
  struct stat status{};
  const auto now = ::stat(blocked.c_str(), &status) == 0 ? describe(status) : reason_of_errno();
  if (blocked != file)
    return {Grade::fault, fmt::format("{} may not enter {} ({})", reader.name, blocked.string(), now),
            fmt::format("chmod o+x {}", blocked.string())};
  return {Grade::fault, fmt::format("{} may not read {} ({})", reader.name, file.string(), now),
          settings.cache_mode == 0440
              ? fmt::format("put it into the file's group {} (usermod -aG, or group_add in Compose), or set CACHE_MODE=0444", status.st_gid)
              : std::string("set CACHE_MODE=0440 and put it into the file's group, or set CACHE_MODE=0444")};
}

Finding check_file(const fs::path& file, bool of_follower) {
  const auto found = inspect(file);
  switch (found.state) {
    case FileState::absent:
      return {Grade::note, file.string() + " does not exist yet",
              of_follower ? "start the follower: cache-gateway follow" : "start the gateway: cache-gateway run"};
    case FileState::good: return {Grade::good, file.string() + " is a valid cache", {}};
    case FileState::older:
      return {Grade::note, fmt::format("{}: {}", file.string(), found.reason), "nothing to do: the next start migrates it"};
    case FileState::newer:
      return {Grade::fault, fmt::format("{}: {}", file.string(), found.reason),
              "install the newer gateway again, or start this one: it moves the file aside and starts with an empty cache"};
    case FileState::unreadable:
      return {Grade::fault, fmt::format("{}: {}", file.string(), found.reason),
              fmt::format("as root: chown {} {}, or move the file away", ::geteuid(), file.string())};
    case FileState::broken: break;
  }
  return {Grade::fault, fmt::format("{}: {}", file.string(), found.reason),
          of_follower ? "start the follower: it moves the file aside and fetches the cache again"
                      : "start the gateway: it moves the file aside and loads cache.db.saved"};
}

bool is_loopback(std::string_view bind) {
  return bind.empty() || bind.starts_with("127.") || bind == "::1" || bind == "[::1]" || bind == "localhost";
}

}  // namespace

Findings check_cache(const Settings& settings, const std::optional<Reader>& reader, bool of_follower) {
  const auto file = real(settings.cache_path), directory = file.parent_path();
  Findings all;
  std::error_code ignored;
  if (!fs::exists(directory, ignored)) {
    all.push_back({Grade::note, directory.string() + " does not exist yet",
                   "nothing: the gateway makes it where it may; with Compose mount it from the host"});
  } else if (!fs::is_directory(directory, ignored)) {
    all.push_back(not_a_directory(directory));
    return all;
  } else {
    all.push_back(check_writable(directory));
    all.push_back(check_mount(file, directory));
    all.push_back(check_file(file, of_follower));
  }
  if (const auto part = refused_by_plugin(file))
    all.push_back({Grade::fault, fmt::format("Grafana's SQLite plugin refuses {}: the path contains {}", file.string(), *part),
                   "set CACHE_PATH to another directory, or mount it for Grafana under another name, such as /cache"});
  if (reader && fs::exists(directory, ignored)) all.push_back(check_reader(*reader, file, settings));
  struct stat status{};
  if (::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0)
    all.push_back({Grade::note, fmt::format("every user of this host may read {} (mode {:04o})", file.string(), status.st_mode & 07777U),
                   "set CACHE_MODE=0440 and put readers into the file's group"});
  return all;
}

Findings check_exposure(const Settings& settings, const Environment& environment, const std::string& env_file) {
  Findings all;
  const auto password = environment("GRAFANA_ADMIN_PASSWORD"), bind = environment("GRAFANA_BIND");
  if (password == "admin") {
    const bool open = !is_loopback(bind.value_or(""));
    all.push_back(
        {open ? Grade::fault : Grade::note,
         fmt::format("Grafana's administrator has the password admin{}", open ? " and is open to the network: it will not start" : ""),
         "set GRAFANA_ADMIN_PASSWORD, then: make up"});
  }
  struct stat status{};
  if (!env_file.empty() && ::stat(env_file.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    all.push_back({Grade::note, fmt::format("{} holds secrets and is accessible to other users ({})", env_file, describe(status)),
                   fmt::format("chmod 600 {}", env_file)});
  for (const auto& line : unprotected_credentials(settings)) {
    const auto remedy = line.rfind("; ");
    all.push_back({Grade::note, line.substr(0, remedy), remedy == std::string::npos ? "" : line.substr(remedy + 2)});
  }
  return all;
}

}  // namespace gateway
