// Runs one gateway for many cycles (a cycle is one publish) at short intervals, while faults come and go at all five
// upstreams, and compares what it holds at the begin, in the middle and at the end: memory, descriptors, threads, size of
// the file. Each is taken while all is well, the first when it remembers as much as it ever will. Exit 1 if it does not
// end where it began.
// Usage: soak [CYCLES]; SOAK_SEED repeats a run.
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include "../integration/support/reader.hpp"
#include "../integration/support/scratch.hpp"
#include "five_upstreams.hpp"
#include "gate.hpp"
#include "matrix_table.hpp"

namespace faults {
namespace {

struct Figures {
  std::int64_t memory_kib = 0, descriptors = 0, threads = 0, file_bytes = 0;
};

Figures figures(pid_t pid, const std::filesystem::path& cache) {
  Figures now;
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) now.memory_kib = std::stoll(line.substr(6));
    if (line.starts_with("Threads:")) now.threads = std::stoll(line.substr(8));
  }
  const std::filesystem::directory_iterator open(fmt::format("/proc/{}/fd", pid));
  now.descriptors = std::distance(begin(open), end(open));
  now.file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(cache));
  return now;
}

void print(const std::string& when, const Figures& f) {
  std::cout << fmt::format("| {:<10}{:>12} KiB{:>14}{:>10}{:>14} |", when, f.memory_kib, f.descriptors, f.threads, f.file_bytes)
            << std::endl;
}

class Soak {
 public:
  Soak() : settings_(upstreams_.settings(directory_ / "cache.db")), reader_(directory_ / "cache.db") {
    for (const auto& upstream : upstream_names) {
      gates_.push_back(std::make_unique<Gate>(upstreams_.port(upstream)));
      FiveUpstreams::point_at(settings_, upstream, gates_.back()->port());
    }
    for (const auto* upstream : {"POSTGRES", "RABBITMQ", "SERVICES"}) {
      settings_[fmt::format("{}_INTERVAL", upstream)] = "30ms";
      settings_[fmt::format("{}_TIMEOUT", upstream)] = "150ms";
    }
    settings_["BACKOFF_CAP"] = "60ms";
    settings_["PUBLISH_INTERVAL"] = "20ms";
    // Short memories, so that they are full long before the end.
    settings_["EVENT_MAX"] = "200";
    settings_["HISTORY_FINE"] = "20s";
    settings_["HISTORY_MINUTES"] = "2m";
    gateway_ = std::make_unique<integration::Gateway>(settings_, directory_ / "gateway.log");
  }

  int run(std::int64_t cycles, std::uint64_t seed) {
    std::cout << fmt::format("soak: {} cycles, SOAK_SEED={}\n| {:<10}{:>16}{:>14}{:>10}{:>14} |\n", cycles, seed, "", "memory",
                             "descriptors", "threads", "file bytes");
    std::mt19937_64 random(seed);
    fill_memories();
    const auto first = cycles_done() + cycles / 5;  // and its history, which goes by time
    cycles += cycles_done();
    disturb_until(first, random);
    const auto began = measure("begin");
    disturb_until((first + cycles) / 2, random);
    measure("middle");
    disturb_until(cycles, random);
    const auto ended = measure("end");
    std::cout << "faults tried:\n";
    for (const auto& [name, count] : tried_) std::cout << fmt::format("| {:<22}{:>6} |\n", name, count);
    const bool answered_to_the_end = gateway_->terminate() == 0;
    // Free pages of the allocator and of the database come and go; a connection may just have been given up.
    constexpr std::int64_t memory_slack_kib = 3 << 10, file_slack = 64 << 10, descriptor_slack = 2;
    const bool well = answered_to_the_end && ended.memory_kib <= began.memory_kib + memory_slack_kib &&
                      ended.descriptors <= began.descriptors + descriptor_slack && ended.threads == began.threads &&
                      ended.file_bytes <= began.file_bytes + file_slack;
    std::cout << (well ? "it ended where it began\n" : "IT DID NOT END WHERE IT BEGAN\n");
    if (!well) std::cout << gateway_->log().substr(gateway_->log().size() > 4000 ? gateway_->log().size() - 4000 : 0);
    return well ? 0 : 1;
  }

 private:
  std::int64_t cycles_done() { return reader_.number("SELECT publish_count FROM gateway"); }

  // The newest 500 outages and 200 events of each service are kept: all upstreams go and come until there are so many.
  void fill_memories() {
    constexpr std::int64_t outages = 500, services = upstream_count;
    const auto full = [&] {
      return reader_.number("SELECT count(*) FROM outage WHERE upstream <> 'gateway'") >= outages &&
             reader_.number("SELECT count(*) FROM (SELECT 1 FROM event_history GROUP BY service HAVING count(*) >= 200)") >= services;
    };
    const auto wait_for_open = [&](std::int64_t wanted) {
      const auto open = [&] { return reader_.number("SELECT count(*) FROM outage WHERE upstream <> 'gateway' AND ended_at IS NULL"); };
      while (read(open) != wanted) std::this_thread::sleep_for(std::chrono::milliseconds{10});
    };
    while (!read(full)) {
      for (const auto& gate : gates_) gate->set({Kind::refuse});
      wait_for_open(static_cast<std::int64_t>(upstream_count));
      for (const auto& gate : gates_) gate->set({});
      wait_for_open(0);
    }
  }

  void disturb_until(std::int64_t cycle, std::mt19937_64& random) {
    const auto rows = matrix();
    while (read([&] { return cycles_done(); }) < cycle) {
      const auto& row = rows[random() % rows.size()];
      const auto upstream = random() % upstream_count;
      ++tried_[row.name];
      gates_[upstream]->set(row.fault);
      std::this_thread::sleep_for(std::chrono::milliseconds{random() % 400});
      gates_[random() % upstream_count]->set({});
    }
  }

  // All well first; a gateway that does not come back is a failure by itself.
  Figures measure(const std::string& when) {
    for (const auto& gate : gates_) gate->set({});
    const auto well = [&] {
      return reader_.number("SELECT count(*) FROM source_status WHERE freshness NOT IN ('fresh', 'off') OR error IS NOT NULL") == 0 &&
             reader_.number("SELECT count(*) FROM outage WHERE ended_at IS NULL") == 0;
    };
    constexpr int tries = 1200;
    int tried = 0;
    for (; tried < tries && !read(well); ++tried) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    if (tried == tries)
      throw std::runtime_error("it does not recover: " +
                               reader_.text("SELECT source, freshness, error FROM source_status WHERE freshness <> 'fresh'"));
    const auto now = figures(gateway_->pid(), directory_ / "cache.db");
    print(when, now);
    return now;
  }

  // Before the first publish there is nothing to read.
  template <typename Look>
  auto read(const Look& look) -> decltype(look()) {
    if (!gateway_->running()) throw std::runtime_error("the gateway has ended:\n" + gateway_->log());
    try {
      auto seen = look();
      published_ = true;
      return seen;
    } catch (const std::exception&) {
      if (published_) throw;
      published_ = std::filesystem::exists(directory_ / "cache.db");
      return {};
    }
  }

  FiveUpstreams upstreams_;
  std::filesystem::path directory_ = integration::new_directory(upstreams_.servers.directory(), "soak");
  std::vector<std::unique_ptr<Gate>> gates_;
  integration::Variables settings_;
  integration::Reader reader_;
  std::unique_ptr<integration::Gateway> gateway_;
  std::map<std::string, int> tried_;
  bool published_ = false;
};

}  // namespace
}  // namespace faults

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  int code = 1;
  try {
    const auto cycles = argc > 1 ? std::stoll(argv[1]) : 10'000;
    const char* seed = std::getenv("SOAK_SEED");
    code = faults::Soak().run(cycles, seed == nullptr ? std::random_device{}() : std::stoull(seed));
  } catch (const std::exception& e) {
    std::cerr << "soak: " << e.what() << '\n';
  }
  return code;
}
