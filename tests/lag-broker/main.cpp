// Every situation of a queue in docs/verdicts.md ("Lag of a queue") at once on a real broker with its usual statistics, for seven
// minutes, watched by two real gateways that poll every 5 s and every 15 s. Prints what each said of each queue, and when.
// Exit 1 if a verdict is wrong.
// Usage: lag-broker [SECONDS]
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "../integration/support/gateway.hpp"
#include "../integration/support/private_rabbitmq.hpp"
#include "../integration/support/reader.hpp"
#include "amqp.hpp"
#include "consumer.hpp"
#include "verdicts.hpp"

namespace lag_broker {
namespace {

using Clock = std::chrono::steady_clock;
using Rabbitmq = integration::PrivateRabbitmq;

class Watcher {
 public:
  Watcher(const Rabbitmq& broker, int every) : verdicts(every), directory_(broker.directory() / fmt::format("cache{}", every)) {
    std::filesystem::create_directory(directory_);
    auto settings = integration::quick_settings(directory_ / "cache.db");
    settings.merge(broker.settings());
    settings.merge(integration::Variables{
        {"POSTGRES_HOST", "127.0.0.1"}, {"POSTGRES_PORT", "1"}, {"GRAFANA_POSTGRES_PASSWORD", "none"}});  // nobody listens there
    settings["RABBITMQ_INTERVAL"] = fmt::format("{}s", every);
    settings["RABBITMQ_TIMEOUT"] = "5s";
    settings["POSTGRES_INTERVAL"] = "60s";
    settings["STALE_AFTER"] = "60s";
    settings["QUEUE_LAG_MESSAGES"] = "1000000000";  // the rule of length apart
    gateway_ = std::make_unique<integration::Gateway>(settings, directory_ / "log");
    reader_ = std::make_unique<integration::Reader>(directory_ / "cache.db");
  }

  void look(int at) {
    if (!gateway_->running()) throw std::runtime_error("the gateway has ended:\n" + gateway_->log());
    if (!std::filesystem::exists(directory_ / "cache.db")) return;
    std::istringstream lines(reader_->text("SELECT lag, name FROM queue_now"));
    for (std::string line; std::getline(lines, line);) {
      const auto bar = line.find('|');
      verdicts.note(line.substr(bar + 1), at, line.substr(0, bar));
    }
  }
  std::string reason(const std::string& queue) const {
    return reader_->text("SELECT lag_reason FROM queue_now WHERE name = " + integration::quoted(queue));
  }

  Verdicts verdicts;

 private:
  std::filesystem::path directory_;
  std::unique_ptr<integration::Gateway> gateway_;
  std::unique_ptr<integration::Reader> reader_;
};

// One situation under way.
class Player {
 public:
  Player(const Situation& situation, const Rabbitmq& broker, Amqp& amqp) : situation_(situation), broker_(broker), amqp_(amqp) {
    for (int n = 0; n < situation.parked; ++n) amqp.publish(situation.queue);
  }

  void publish(double seconds) {
    for (const auto due = static_cast<std::int64_t>(seconds * situation_.published_per_s); sent_ < due; ++sent_)
      amqp_.publish(situation_.queue);
  }
  void second(int at) {
    if (!situation_.consumer.empty() && at == situation_.begins_at) begin();
    if (at == situation_.hangs_at) consumer_->signal(SIGSTOP);
    if (at == situation_.killed_at) consumer_->signal(SIGKILL);
    if (situation_.purged_every != never && at % situation_.purged_every == situation_.purged_every / 2)
      broker_.administrator().purge("/", situation_.queue);
  }
  void check() {
    if (consumer_ && situation_.hangs_at == never && situation_.killed_at == never && !consumer_->running())
      throw std::runtime_error("the consumer has ended: " + situation_.queue);
  }
  const Situation& situation() const { return situation_; }

 private:
  void begin() {
    consumer_ = std::make_unique<integration::Process>(
        integration::Command{.words = {std::filesystem::read_symlink("/proc/self/exe").string(), "consumer", std::to_string(broker_.port()),
                                       situation_.queue, situation_.consumer, std::to_string(situation_.prefetch)}});
  }

  const Situation& situation_;
  const Rabbitmq& broker_;
  Amqp& amqp_;
  std::int64_t sent_ = 0;
  std::unique_ptr<integration::Process> consumer_;
};

void play(std::vector<std::unique_ptr<Player>>& players, std::vector<std::unique_ptr<Watcher>>& watchers, int until) {
  const auto begin = Clock::now();
  int next = 0;
  while (next <= until) {
    const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    for (auto& player : players) player->publish(seconds);
    if (seconds >= next) {
      for (auto& player : players) player->second(next), player->check();
      for (auto& watcher : watchers) watcher->look(static_cast<int>(seconds));
      ++next;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

std::int64_t counted(const nlohmann::json& figures, const char* name) {
  return figures.contains("message_stats") ? figures["message_stats"].value(name, std::int64_t{0}) : 0;
}

int run(int until) {
  const Rabbitmq broker(Rabbitmq::Statistics::usual);
  for (const auto& each : situations()) broker.administrator().declare("/", each.queue, each.arguments);
  Amqp amqp(broker.port());
  std::vector<std::unique_ptr<Player>> players;
  for (const auto& each : situations()) players.push_back(std::make_unique<Player>(each, broker, amqp));
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (const int every : {5, 15}) watchers.push_back(std::make_unique<Watcher>(broker, every));
  play(players, watchers, until);

  int faults = 0;
  std::cout << "| queue | published | messages | acknowledged | polled every 5 s | polled every 15 s |\n|---|---|---|---|---|---|\n";
  for (const auto& each : situations()) {
    const auto figures = nlohmann::json::parse(broker.administrator().figures("/", each.queue));
    std::cout << fmt::format("| {} | {} | {} | {} |", each.queue, counted(figures, "publish"), figures.value("messages", std::int64_t{0}),
                             counted(figures, "ack") + counted(figures, "deliver_no_ack") + counted(figures, "get_no_ack"));
    for (const auto& watcher : watchers) {
      const auto wrong = watcher->verdicts.wrong(each, until);
      faults += wrong.empty() ? 0 : 1;
      std::cout << ' ' << watcher->verdicts.text(each.queue) << (wrong.empty() ? "" : " **wrong: " + wrong + "**") << " |";
    }
    std::cout << '\n';
  }
  for (const auto& each : situations()) std::cout << "  " << each.queue << ": " << watchers[1]->reason(each.queue) << '\n';
  std::cout << fmt::format("{} situations, {} s, {} verdicts wrong\n", situations().size(), until, faults);
  return faults == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lag_broker

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    if (argc == 6 && std::string(argv[1]) == "consumer") {
      lag_broker::consume(std::stoi(argv[2]), argv[3], argv[4], std::stoi(argv[5]));
      return 0;
    }
    return lag_broker::run(argc > 1 ? std::stoi(argv[1]) : 420);
  } catch (const std::exception& e) {
    std::cerr << "lag-broker: " << e.what() << '\n';
    return 1;
  }
}
