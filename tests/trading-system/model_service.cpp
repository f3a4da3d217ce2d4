// model-service's work. A signal is published first and stored afterwards, best effort: so orders may exist whose
// signal has no row.
#include "model_service.hpp"

#include <fmt/format.h>

#include <thread>

#include "execution.hpp"
#include "history.hpp"
#include "log.hpp"
#include "signal.hpp"
#include "training.hpp"

namespace trading {

using nlohmann::json;
using enum QueueUse::Kind;

ModelService::ModelService(const Settings& settings, std::stop_token stop)
    : Service{settings,
              stop,
              {{"model-service.trading_signals", plain},
               {"position-manager.position_updated", plain, true},
               {"features.live", plain, true},
               {"features.dataset.ready", plain, true}}},
      trainings_{settings.disturb_every, settings.disturb_for},
      history_written_{!settings.history},
      signal_due_{settings.pace} {}

void ModelService::refresh_versions() {
  const auto rows = database_.run(
      "SELECT strategy_id, version FROM model_versions"
      " WHERE is_active AND strategy_id IS NOT NULL");
  if (!rows) return;
  active_versions_.clear();
  for (int row = 0; row < rows->count(); ++row) active_versions_[rows->text(row, 0)] = rows->text(row, 1);
}

void ModelService::send_signal() {
  const std::string& strategy = choices_.pick(settings_.strategies);
  const auto version = active_versions_.find(strategy);
  const Signal signal = make_signal(choices_, ids_, strategy,
                                    version != active_versions_.end() ? std::optional{version->second} : std::nullopt, Clock::now());
  publish("model-service.trading_signals", message_of(signal));
  const bool insert_fails = choices_.chance(0.03);
  if (!insert_fails && may_write()) write_signal(database_, signal);
}

void ModelService::train(std::chrono::milliseconds lasting) {
  const std::string& strategy = settings_.strategies[next_trained_++ % settings_.strategies.size()];
  log_line(fmt::format("training of {} begins, {} ms", strategy, lasting.count()));
  training_ = true;
  const auto end = std::chrono::steady_clock::now() + lasting;
  while (!stopping() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  training_ = false;
  if (stopping()) return;
  log_line(fmt::format("training of {} ended", strategy));
  Training training{ids_.uuid(), strategy, Clock::now(), 0, choices_.between(0.69, 0.88), true, true};
  training.duration_s = static_cast<int>(std::chrono::round<std::chrono::seconds>(lasting).count());
  training.with_test_split = choices_.chance(0.8);
  if (may_write()) write_training(database_, choices_, training);
  refresh_versions();
}

void ModelService::work() {
  queue_connected_ = broker_.connected();
  while (const auto delivery = broker_.next()) broker_.acknowledge(*delivery);
  if (!history_written_ && may_write()) history_written_ = ensure_history(database_, settings_);
  // A signal before the past would be a row, and a database that is not empty gets no past.
  if (!history_written_ && may_write()) return;
  if (versions_due_.due()) refresh_versions();
  if (const auto seconds = control_.take_number("train")) {
    train(std::chrono::milliseconds{static_cast<long>(*seconds * 1000)});
  } else if (trainings_.on() && !trained_in_this_one_) {
    trained_in_this_one_ = true;
    train(settings_.disturb_for);
  } else if (!trainings_.on()) {
    trained_in_this_one_ = false;
  }
  if (signal_due_.due()) send_signal();
  if (may_write() && executions_due_.due()) write_missing_executions(database_, choices_, settings_.pnl_share);
}

}  // namespace trading
