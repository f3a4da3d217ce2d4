#include "run/load_cache.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.hpp"
#include "cache/cache_file.hpp"
#include "cache/move_aside.hpp"
#include "cache/store.hpp"
#include "run/log.hpp"

namespace gateway {
namespace {

using Result = std::expected<void, std::string>;

const char* label_of(FileState state) {
  switch (state) {
    case FileState::older: return "older";
    case FileState::newer: return "newer";
    case FileState::unreadable: return "unreadable";
    default: return "broken";
  }
}

Result keep(const std::filesystem::path& file, const char* label, const std::string& reason) {
  const auto aside = move_aside(file, label);
  if (!aside)
    return std::unexpected(
        fmt::format("{} would be lost at the next publish: {}; {}. Give the file and its directory to uid {} (chown {} FILE DIRECTORY), "
                    "or move the file away",
                    file.string(), reason, aside.error(), ::geteuid(), ::geteuid()));
  log(Level::warn, "cache_set_aside", {{"file", file.string()}, {"reason", reason}, {"aside", aside->string()}});
  return {};
}

// As a power cut leaves what never reached the disk: there is nothing to keep.
bool empty(const Inspection& inspection) {
  struct stat status{};
  return inspection.file && ::fstat(inspection.file.get(), &status) == 0 && status.st_size == 0;
}

// Loads it if that is possible; else, or if something of it is lost, it is kept.
Result load(Store& store, const std::filesystem::path& file, const Inspection& inspection) {
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

std::int64_t published_at(SQLite::Database& database) {
  return database.execAndGet("SELECT coalesce(max(published_at), 0) FROM gateway_state").getInt64();
}

// Why the saved copy, beside a published file that was loaded, must not simply be replaced by the next save.
std::optional<std::string> reason_to_keep_saved(const Store& store, const std::filesystem::path& saved) {
  const auto file = open_regular(saved);
  if (!file) return errno == ENOENT ? std::nullopt : std::optional(reason_of_errno());
  if (auto fault = faults_of_finished(file)) return fault;
  try {
    auto database = open_published(file.path());
    const auto loaded = store.query("SELECT coalesce(max(published_at), 0) FROM gateway_state");
    if (published_at(database) > integer(loaded.rows.at(0)[0])) return "it is newer than the published file";
    return std::nullopt;
  } catch (const std::exception& e) {
    return e.what();
  }
}

void log_loss(const std::filesystem::path& file, const std::string& reason, Store& store) {
  const auto row = store.query("SELECT published_at FROM gateway_state");
  const auto at = row.empty() ? 0 : integer(row.rows[0][0]).value_or(0);
  log(Level::warn, "cache_lost",
      {{"file", file.string()},
       {"reason", reason},
       {"text", fmt::format("the copy saved {} s ago is loaded; what was recorded after it is missing", unix_now() - at)}});
}

}  // namespace

std::expected<LoadedCache, std::string> load_cache(Store& store, const std::filesystem::path& file) {
  const std::filesystem::path saved = file.string() + ".saved";
  const auto published = inspect(file);
  if (const auto done = load(store, file, published); !done) return std::unexpected(done.error());
  if (published.loadable()) {
    if (const auto reason = reason_to_keep_saved(store, saved)) {
      if (const auto kept = keep(saved, "replaced", *reason); !kept) return std::unexpected(kept.error());
    }
    return LoadedCache{};
  }
  const auto copy = inspect(saved);
  if (const auto done = load(store, saved, copy); !done) return std::unexpected(done.error());
  if (!copy.loadable()) return LoadedCache{};
  log_loss(file, published.state == FileState::absent ? "it is missing" : published.reason, store);
  return LoadedCache{.from_saved_copy = true};
}

}  // namespace gateway
