#include "cache/declared_history.hpp"

namespace gateway {
namespace {

constexpr int most_at_once = 100;

struct Tier {
  std::int64_t number, step_s, window_s;  // window: of the finer one
};

std::optional<std::int64_t> oldest_poll(Database& database, const HistoryTables& tables, const char* of, std::int64_t tier) {
  return integer(database.query("SELECT min(time) FROM " + tables.poll + " WHERE tier " + of + " ?", {tier}).rows.at(0).at(0));
}

// One bucket, when it has left the finer tier's window; false: nothing is due.
bool roll_oldest(Database& database, const HistoryTables& tables, const Tier& coarse, std::int64_t now) {
  const auto oldest = oldest_poll(database, tables, "=", coarse.number - 1);
  if (!oldest) return false;
  const auto bucket = *oldest / coarse.step_s * coarse.step_s;
  if (bucket + coarse.step_s > now - coarse.window_s) return false;
  // Not before all of the bucket has come into the finer tier: what follows would not fit any more.
  const auto behind = oldest_poll(database, tables, "<", coarse.number - 1);
  if (behind && *behind < bucket + coarse.step_s) return false;
  database.run("INSERT INTO " + tables.roll + " (tier, bucket_at, step) VALUES (?, ?, ?)", {coarse.number, bucket, coarse.step_s});
  return true;
}

}  // namespace

void roll_declared_history(Database& database, const HistoryTables& tables, std::int64_t now, Milliseconds fine, Milliseconds minutes,
                           Milliseconds budget) {
  const auto whole_seconds = [](Milliseconds ms) { return std::chrono::ceil<std::chrono::seconds>(ms).count(); };
  const auto until = Clock::now() + budget;
  for (const auto& tier : {Tier{.number = 1, .step_s = 60, .window_s = whole_seconds(fine)},
                           Tier{.number = 2, .step_s = 900, .window_s = whole_seconds(minutes)}}) {
    for (int n = 0; n < most_at_once && roll_oldest(database, tables, tier, now); ++n) {
      if (Clock::now() > until) return;
    }
  }
}

}  // namespace gateway
