// Trading signals: how model-service makes them, tells them and stores them. The amount exists in the message only;
// no table keeps it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "clock.hpp"
#include "database.hpp"
#include "random.hpp"

namespace trading {

enum class SignalKind { model, take_profit, exit_rule, warmup };

struct Signal {
  std::string signal_id;
  std::string strategy_id;
  std::string asset;
  std::string side;
  double price = 0;
  double amount = 0;
  double confidence = 0;
  Time time;
  std::optional<std::string> model_version;
  bool is_warmup = false;
  nlohmann::json snapshot;
  nlohmann::json metadata;
  std::string trace_id;
};

// A strategy without an active version can make warm-up signals only.
Signal make_signal(Random& choices, Random& ids, const std::string& strategy_id, const std::optional<std::string>& active_version,
                   Time time);

nlohmann::json message_of(const Signal& signal);
bool write_signal(Database& database, const Signal& signal);

}  // namespace trading
