#include "cache.hpp"

#include <sqlite3.h>

#include <stdexcept>

#include "cache/cache_file.hpp"
#include "datasets/health.hpp"

namespace gateway {

Source bare_source(const std::string& name) {
  Source source;
  source.name = name;
  source.upstream = name.substr(0, name.find('.'));
  source.row_count_sql = "SELECT 0";
  return source;
}

Source bare_health(const std::string& service) {
  auto source = bare_source(service + ".health");
  source.tables = {"service", "component"};
  source.failed = refusal_is_unhealthy(service);
  return source;
}

Outcome success_of(const std::string& source, std::int64_t at, Batch batch) {
  return {.source = source, .sent_at = at, .requests = 1, .timing = {.duration_ms = 12}, .result = std::move(batch)};
}

Outcome failure_of(const std::string& source, std::int64_t at, const Error& error) {
  return {.source = source, .sent_at = at, .requests = 1, .timing = {.duration_ms = 12}, .result = std::unexpected(error)};
}

Table read_at(const std::filesystem::path& file, const std::string& sql, std::int64_t now) {
  auto database = open_published(file);
  sqlite3_create_function(
      database.getHandle(), "unixepoch", 0, SQLITE_UTF8, &now,
      [](sqlite3_context* context, int, sqlite3_value**) {
        sqlite3_result_int64(context, *static_cast<const std::int64_t*>(sqlite3_user_data(context)));
      },
      nullptr, nullptr);
  return read_table(database, sql);
}

Cache::Cache(std::vector<Source> sources, std::int64_t now) : sources_(std::move(sources)), settings_(settings_of({})) {
  settings_.backoff_cap = std::chrono::seconds(backoff_cap);
  const Pace pace{
      .interval = std::chrono::seconds(10), .timeout = std::chrono::seconds(5), .stale_after = std::chrono::seconds(stale_after)};
  for (const auto& source : sources_) setups_.push_back({&source, pace});
  begin_again(now);
}

RunStart Cache::run_at(std::int64_t now) const {
  return {.sources = setups_,
          .retention = settings_.retention,
          .strategies = settings_.strategies,
          .backoff_cap = settings_.backoff_cap,
          .version = "1.2.3",
          .now = now,
          .publish_within = std::chrono::seconds(10)};
}

void Cache::begin_again(std::int64_t now) { store_.begin(run_at(now)); }

std::vector<std::optional<Error>> Cache::apply(const std::vector<Outcome>& outcomes, int failures_for_outage) {
  const auto& first = outcomes.at(0).source;
  return store_.apply(outcomes, setups_,
                      {.upstream = first.substr(0, first.find('.')),
                       .next_attempt_at = outcomes[0].sent_at + 10,
                       .failures_for_outage = failures_for_outage,
                       .failing_for_s = {}});
}

std::optional<Error> Cache::succeed(const std::string& source, std::int64_t at, Batch batch) {
  return apply({success_of(source, at, std::move(batch))}).at(0);
}

void Cache::fail(const std::string& source, std::int64_t at, const Error& error, double failing_for_s) {
  store_.apply(std::vector{failure_of(source, at, error)}, setups_,
               {.upstream = source.substr(0, source.find('.')),
                .next_attempt_at = at + 10,
                .failures_for_outage = 2,
                .failing_for_s = {{source, failing_for_s}}});
}

void Cache::publish(std::int64_t at) {
  const auto size = store_.copy_to(directory_ / "cache.db", {.published_at = at, .count = 1, .bytes_before = 0});
  if (!size) throw std::runtime_error(size.error());
}

Table Cache::read(const std::string& sql, std::int64_t now) {
  const auto before = store_.query("SELECT published_at FROM gateway_state");
  publish(before.empty() ? now : integer(before.rows[0][0]).value_or(now));
  return read_at(directory_ / "cache.db", sql, now);
}

Value Cache::value(const std::string& sql, std::int64_t now) {
  const auto table = read(sql, now);
  return table.empty() ? Value{} : table.rows[0].at(0);
}

}  // namespace gateway
