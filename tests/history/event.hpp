// Events as the public view shows them, and the rules by which they may leave, written here a second time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cache/store.hpp"

namespace history {

struct Event {
  std::string id;
  double time = 0;
  std::optional<double> not_before;
  std::string type, category, service, origin;
  std::string entity;  // ids of signal, order, version and subscription, with | between
  std::string status;
  std::string facts{};  // what follows from the row alone
};

std::vector<Event> events_of(const gateway::Store& store);
// Those written after a row of the table, and a sum over those up to it that differs if one moved or left.
std::vector<Event> events_after(const gateway::Store& store, std::int64_t row);
struct Sum {
  std::int64_t rows = 0, last_row = 0;
  double times = 0, bounds = 0;
  bool operator==(const Sum&) const = default;
};
Sum sum_up_to(const gateway::Store& store, std::int64_t row);
Sum sum_of_all(const gateway::Store& store);
std::vector<Event> events_of(const std::filesystem::path& published);

struct Retention {
  std::int64_t most = 1000;         // EVENT_MAX
  std::int64_t for_s = 30 * 86400;  // EVENT_RETENTION
};

// "Kept: younger than EVENT_RETENTION and among the newest EVENT_MAX of its type; always the newest 200 of every type and
// of every service."
std::vector<Event> kept(std::vector<Event> events, const Retention& retention, std::int64_t now);

}  // namespace history
