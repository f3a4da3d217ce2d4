// The working database, in memory: the last good answer of every source, and how each source fares. Used by the loop
// thread only. Every public call is one transaction or none; what SQLite throws ends here, as an Error or a throw of
// std::runtime_error where nothing sensible can go on (no memory, a schema that does not parse).
#pragma once

#include <algorithm>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "cache/attempt_record.hpp"
#include "cache/database.hpp"
#include "cache/history.hpp"
#include "cache/row_writer.hpp"
#include "cache/store_copy.hpp"
#include "cache/storing.hpp"
#include "declared/files.hpp"
#include "settings/retention.hpp"

namespace gateway {

// What a run of the gateway begins with.
struct RunStart {
  std::span<const SourceSetup> sources;
  Retention retention;
  std::span<const std::string> strategies;  // those that the settings name
  Milliseconds backoff_cap{};
  std::string version;
  std::int64_t now = 0;
  Milliseconds publish_within{};  // it publishes at least this often
  bool from_saved_copy = false;   // what was published last is lost, and the store holds the copy saved before it
};

struct Stamp {
  std::int64_t published_at = 0, count = 0, bytes_before = 0;
  bool saves = false;                    // this file will be saved to the disk as well
  std::optional<std::int64_t> saved_at;  // when one was, last
  std::int64_t saved_bytes_before = 0;
};

class Store {
 public:
  static constexpr Milliseconds no_limit = std::chrono::hours(1);

  // With the tables and views of datasets that files declare.
  explicit Store(DeclaredDatasets declared = {});

  // Copies what fits from a file that inspect() found good or older; returns a line for each table that did not fit.
  std::vector<std::string> restore(const std::filesystem::path& file);

  // Announces the sources of this run; rows of sources that are gone are dropped. Records the gateway's own absence.
  void begin(const RunStart& run);

  // A planned outage, as it is announced now; nullopt: there is none. `until`: unix seconds.
  void set_maintenance(const std::optional<std::string>& text, std::optional<std::int64_t> until);

  PriorState prior_state(const Source& source, std::int64_t now);
  // Stores what an attempt brought, a slice at a time: see storing.hpp. All arguments outlive what is returned.
  std::unique_ptr<Storing> begin_storing(std::span<const Outcome> outcomes, std::span<const SourceSetup> sources,
                                         const AttemptReport& report);
  // No attempt is half stored: it may be published.
  bool whole() const { return under_way_.empty(); }
  void finish_storing();
  // All of it at once. Returns what went wrong, in the order of `outcomes`.
  std::vector<std::optional<Error>> apply(std::span<const Outcome> outcomes, std::span<const SourceSetup> sources,
                                          const AttemptReport& report);

  // Which system the upstream's rows came from; empty: not known.
  std::string identity(const std::string& upstream) const;
  void set_identity(const std::string& upstream, const std::string& identity);
  // Another system answers now: what was read from this upstream is forgotten, and only that. What was observed of it stays.
  void begin_anew(const std::string& upstream, const std::string& identity);

  // Stamps the database and begins to copy it into a new file: see store_copy.hpp.
  std::expected<std::unique_ptr<StoreCopy>, std::string> begin_copy(const std::filesystem::path& file, const Stamp& stamp);
  // When the file whose copy was begun last will call a source stale that has answered since then. In unix seconds; nullopt: none.
  std::optional<std::int64_t> shown_stale_at() const;
  // All of it at once, after what is half stored; a large database takes 100 ms and more. The file is closed and complete, but not
  // yet synced. Returns its size, or what went wrong.
  std::expected<std::int64_t, std::string> copy_to(const std::filesystem::path& file, const Stamp& stamp);
  // Retention, twice a minute, and then as below.
  bool tidy(std::int64_t now, Milliseconds budget = no_limit);
  // Goes on with what is due of histories, for about `budget`; true: there is more.
  bool roll_history(std::int64_t now, Milliseconds budget);
  // How long a turn of the loop took; the longest of a run is published.
  void note_turn(double ms) { loop_max_ms_ = std::max(loop_max_ms_, ms); }
  // Nobody asked between these times, or they are not the times they seem; `to` may be before `from`. `set_by_s`: by how much the
  // clock was set, if it was.
  void note_gap(std::int64_t from, std::int64_t to, double set_by_s, const std::string& text);
  // An event of the gateway itself: `run` has begun.
  void note_start(std::int64_t now, const std::string& version);
  // Gives free pages back when they are more than a quarter: a publish writes them too. What takes longer is left for later.
  void compact(Milliseconds budget = no_limit);

  // For reading: any SQL, by position or not at all.
  Table query(const std::string& sql, const Row& parameters = {}) const;

 private:
  std::map<std::string, std::int64_t> stale_at() const;
  void note_absence(const RunStart& run);
  void interrupt_charts(std::int64_t from, std::int64_t to);
  void note_run(const RunStart& run);
  void declare_sources(std::span<const SourceSetup> sources);

  DeclaredDatasets declared_;
  Database database_;
  RowWriter writer_{database_};
  std::set<Storing*> under_way_;
  Retention retention_;
  std::vector<History> histories_;
  double loop_max_ms_ = 0;
  std::map<std::string, std::int64_t> shown_stale_at_;  // of each source that answered, when what was copied last will be stale
};

}  // namespace gateway
