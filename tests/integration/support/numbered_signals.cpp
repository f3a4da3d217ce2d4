#include "numbered_signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <sstream>
#include <thread>

namespace integration {
namespace {

// What one read says, all of it from one open of the file. The sums are checksums over rows that belong together.
const std::string everything = R"(
  SELECT signals.*, events.*,
         (SELECT coalesce(rows, 0) FROM source_status WHERE source = 'postgres.signals'),
         (SELECT published_at FROM gateway),
         (SELECT count(*) FROM source_status s
           WHERE last_attempt_at IS NOT (SELECT max(time) FROM source_attempt a WHERE a.source = s.source)),
         (SELECT group_concat(upstream || ' ' || started_at || ' ' || coalesce(ended_at, 'open')) FROM outage WHERE upstream <> 'gateway')
    FROM (SELECT count(*), CAST(coalesce(max(price), 0) AS INTEGER), CAST(total(price) AS INTEGER) FROM recent_signals) signals,
         (SELECT count(*), CAST(total(price) AS INTEGER) FROM event_history WHERE event_type = 'trading_signal_received') events)";

struct Sight {
  std::int64_t signals = 0, newest = 0, sum = 0, events = 0, sum_of_events = 0, rows = 0, published_at = 0, torn = 0;
  std::map<std::string, std::string> outages;  // upstream and start -> end

  explicit Sight(const std::string& text) {
    std::istringstream in(text);
    std::string word;
    for (auto* number : {&signals, &newest, &sum, &events, &sum_of_events, &rows, &published_at, &torn}) {
      std::getline(in, word, '|');
      *number = std::stoll(word);
    }
    std::getline(in, word);
    if (word == "NULL") return;
    std::istringstream list(word);
    while (std::getline(list, word, ',')) outages[word.substr(0, word.rfind(' '))] = word.substr(word.rfind(' ') + 1);
  }
};

class Watcher {
 public:
  Watcher(const Reader& reader, WatchedFile file) : reader_(reader), file_(file) {}

  void look() {
    ++reads_;
    try {
      constexpr int now_and_then = 20;
      if (reads_ % now_and_then == 0 && reader_.text("PRAGMA quick_check") != "ok") fault("damaged");
      compare(Sight(reader_.text(everything)));
    } catch (const std::exception& e) {
      fault(fmt::format("a read failed: {}", e.what()));
    }
  }

  // A line of figures, and one for each fault.
  std::string report() const {
    auto text = fmt::format("{} {} {}\n", reads_, newest_, outages_.size());
    for (const auto& each : faults_) text += each + "\n";
    return text;
  }

 private:
  void compare(const Sight& sight) {
    if (sight.newest % 2 != 0) fault(fmt::format("half a transaction: the newest is {}", sight.newest));
    if (sight.signals != sight.newest) fault(fmt::format("{} signals up to number {}", sight.signals, sight.newest));
    if (sight.sum != sight.newest * (sight.newest + 1) / 2) fault(fmt::format("the sum of 1 to {} is {}", sight.newest, sight.sum));
    if (sight.rows != sight.signals) fault(fmt::format("{} signals, and the source says {}", sight.signals, sight.rows));
    if (sight.events != sight.signals) fault(fmt::format("{} signals, and {} events of them", sight.signals, sight.events));
    if (sight.sum_of_events != sight.sum) fault(fmt::format("sums: {} of signals, {} of their events", sight.sum, sight.sum_of_events));
    if (sight.torn != 0) fault("a source's last attempt is not among the attempts");
    if (sight.published_at < published_at_) fault("an older file than before");
    if (file_ == WatchedFile::of_one_gateway) compare_with_earlier(sight);
    newest_ = sight.newest;
    published_at_ = sight.published_at;
    outages_ = sight.outages;
  }

  void compare_with_earlier(const Sight& sight) {
    if (sight.newest < newest_) fault(fmt::format("signal {} was seen, now the newest is {}", newest_, sight.newest));
    for (const auto& [outage, end] : outages_) {
      const auto found = sight.outages.find(outage);
      if (found == sight.outages.end()) fault("gone: the outage " + outage);
      else if (end != "open" && end != found->second) fault(fmt::format("the end of {} was {}, is {}", outage, end, found->second));
    }
  }

  void fault(const std::string& what) {
    constexpr std::size_t enough = 20;
    if (faults_.size() < enough) faults_.push_back(fmt::format("read {}: {}", reads_, what));
  }

  const Reader& reader_;
  const WatchedFile file_;
  std::int64_t reads_ = 0, newest_ = 0, published_at_ = 0;
  std::map<std::string, std::string> outages_;
  std::vector<std::string> faults_;
};

std::string watch(const Reader& reader, const MountedReader::GoesOn& goes_on, WatchedFile file) {
  Watcher watcher(reader, file);
  while (goes_on()) {
    watcher.look();
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  watcher.look();
  return watcher.report();
}

}  // namespace

void NumberedSignals::insert_until(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    constexpr std::int64_t of_a_strategy = 90;  // fewer than the cache keeps
    const auto first = last_ + 1;
    insert_signals(upstreams_, fmt::format("s{}", first / of_a_strategy), first, first + 1, at_once);
    last_ = first + 1;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}

Watch::Watch(const std::filesystem::path& directory, std::size_t readers, WatchedFile file) {
  const auto work = [file](const Reader& reader, const MountedReader::GoesOn& goes_on) { return watch(reader, goes_on, file); };
  for (std::size_t n = 0; n < readers; ++n) readers_.push_back(std::make_unique<MountedReader>(directory, work));
}

Watched Watch::stop() {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  Watched all{.reads = 0, .newest = most, .outages = most, .faults = {}};
  for (const auto& reader : readers_) {
    std::istringstream report(reader->stop());
    std::int64_t reads = 0, newest = 0, outages = 0;
    report >> reads >> newest >> outages >> std::ws;
    all.reads += reads;
    all.newest = std::min(all.newest, newest);
    all.outages = std::min(all.outages, outages);
    for (std::string line; std::getline(report, line);) all.faults.push_back(line);
  }
  return all;
}

}  // namespace integration
