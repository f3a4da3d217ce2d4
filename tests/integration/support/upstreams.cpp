#include "upstreams.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "reader.hpp"

namespace integration {

Upstreams& Upstreams::instance() {
  static Upstreams running;
  return running;
}

Variables Upstreams::settings() const {
  auto all = postgres_.settings();
  all.merge(rabbitmq_.settings());
  return all;
}

void Upstreams::reset() {
  another_.reset();
  try {
    postgres_.reset();
  } catch (const std::exception&) {  // a test has left it stopped
    postgres_.start();
    postgres_.reset();
  }
  rabbitmq_.reset();
}

void insert_signals(const Upstreams& upstreams, const std::string& strategy, std::int64_t first, std::int64_t last, const std::string& at) {
  upstreams.sql(
      fmt::format("INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, model_version) "
                  "SELECT gen_random_uuid(), {}, 'BTCUSDT', 'buy', n, 0.9, {}, 'v1' FROM generate_series({}, {}) AS n",
                  quoted(strategy), at, first, last));
}

}  // namespace integration
