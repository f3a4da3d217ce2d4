#include "dataset_answers.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>

namespace grafana {
namespace {

using gateway::Table;
using gateway::Value;

// As the statement's own casts give them: all of it text.
Value number(double value) { return fmt::format("{:.4f}", value); }
Value moment(std::int64_t at) { return fmt::format("{:%Y-%m-%dT%H:%M:%S}.25+00:00", std::chrono::sys_seconds(std::chrono::seconds(at))); }
double wave(std::int64_t at, std::size_t phase) { return std::sin(static_cast<double>(at) / 1800.0 + static_cast<double>(phase)); }

// The first is beyond its limit now and then, the second is short, the last has no limit.
Table positions(std::int64_t now, const World& world) {
  Table table;
  for (std::size_t i = 0; i < world.names.assets.size(); ++i) {
    const double size = i == 1 ? -12.5 : 2 * (1.1 + wave(now, i)), limit = 3.5;
    const bool limited = i + 1 < world.names.assets.size();
    table.rows.push_back({world.names.assets[i], std::string("one-way"), number(size), limited ? number(limit) : Value{},
                          limited ? number(std::abs(size) / limit) : Value{}, number(64031.25), number(64100.5 + wave(now, i)),
                          number(68.25 * size), number(12.5), moment(now - 20)});
  }
  return table;
}

Table balances(std::int64_t now, const World& world) {
  Table table;
  std::size_t i = 0;
  for (const auto& coin : world.names.assets) {
    const double balance = 1000 + 100 * wave(now, ++i);
    table.rows.push_back({coin, number(balance), number(balance - 250), number(250), i == 2 ? Value{} : number(balance), moment(now - 7)});
  }
  return table;
}

Table failed_builds(std::int64_t now, const World& world) {
  Table table;
  for (std::size_t i = 0; i < world.names.errors.size(); ++i) {
    const auto begun = (now / 3600 - static_cast<std::int64_t>(i)) * 3600;
    table.rows.push_back({fmt::format("{:08x}", begun), world.names.assets[i % world.names.assets.size()], moment(begun),
                          moment(begun + 20), world.names.errors[i]});
  }
  return table;
}

}  // namespace

std::optional<gateway::Answer> dataset_answer(const std::string& source, std::int64_t now, const World& world) {
  if (source == "postgres.positions") return positions(now, world);
  if (source == "postgres.account_balances") return balances(now, world);
  if (source == "postgres.failed_builds") return failed_builds(now, world);
  if (source != "position-manager.portfolio") return std::nullopt;
  return gateway::HttpAnswer{
      .status = 200,
      .body = fmt::format(R"({{"total_exposure_usdt":"{:.2f}","net_exposure_usdt":"5120.75","total_unrealized_pnl_usdt":"{:.2f}",)"
                          R"("total_realized_pnl_usdt":"12.50","portfolio_value_usdt":null,"open_positions_count":3}})",
                          98000 + 500 * wave(now, 0), -120 * wave(now, 1))};
}

}  // namespace grafana
