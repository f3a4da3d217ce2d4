#include "run/load_cache.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/cache_file.hpp"
#include "cache/move_aside.hpp"
#include "cache/store.hpp"
#include "run/log.hpp"

namespace gateway {
namespace {

const char* label_of(FileState state) {
  switch (state) {
    case FileState::older: return "older";
    case FileState::newer: return "newer";
    case FileState::unreadable: return "unreadable";
    default: return "broken";
  }
}

std::expected<void, std::string> keep(const std::filesystem::path& file, const char* label, const std::string& reason) {
  const auto aside = move_aside(file, label);
  if (!aside)
    return std::unexpected(
        fmt::format("{} would be lost at the next publish: {}; {}. Give the file and its directory to uid {} (chown {} FILE DIRECTORY), "
                    "or move the file away",
                    file.string(), reason, aside.error(), ::geteuid(), ::geteuid()));
  log(Level::warn, "cache_set_aside", {{"file", file.string()}, {"reason", reason}, {"aside", aside->string()}});
  return {};
}

bool empty(const Inspection& inspection) {
  struct stat status{};
  return inspection.file && ::fstat(inspection.file.get(), &status) == 0 && status.st_size == 0;
}

}  // namespace

std::expected<void, std::string> load_cache(Store& store, const std::filesystem::path& file) {
  const auto inspection = inspect(file);
  if (inspection.state == FileState::absent || empty(inspection)) return {};
  if (inspection.state != FileState::good) {
    if (auto kept = keep(file, label_of(inspection.state), inspection.reason); !kept) return kept;
  }
  if (!inspection.loadable()) return {};
  const auto rejected = store.restore(inspection.file.path());
  for (const auto& table : rejected) log(Level::warn, "cache_not_carried_over", {{"table", table}});
  if (rejected.empty() || inspection.state != FileState::good) return {};
  return keep(file, "partly-loaded", rejected.front());
}

}  // namespace gateway
