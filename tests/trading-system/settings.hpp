// What a service process is told: where its upstreams are, which port it listens on, how lively it shall be.
// Everything may also come from the environment under the names the trading system uses; passwords and keys only
// from there, because arguments show in `ps`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace trading {

struct Settings {
  std::string service;
  std::string listen = "127.0.0.1";
  int http_port = 0;
  int market_port = 0;

  std::string postgres_host = "127.0.0.1";
  int postgres_port = 5432;
  std::string postgres_database = "ytrader";
  std::string postgres_user = "ytrader";
  std::string postgres_password;

  std::string amqp_host = "127.0.0.1";
  int amqp_port = 5672;
  std::string amqp_user = "guest";
  std::string amqp_password;

  std::string api_key;
  std::vector<std::string> strategies{"momentum_v1", "meanrev_v2"};

  std::uint64_t seed = 1;
  std::chrono::milliseconds pace{2000};
  std::chrono::milliseconds tick{500};
  std::chrono::seconds disturb_every{-1};
  std::chrono::seconds disturb_for{-1};
  std::chrono::seconds quirk_every{0};
  std::chrono::seconds quirk_for{150};
  std::chrono::seconds order_timeout{60};
  double pnl_share = 0.4;
  bool history = true;
};

const std::vector<std::string>& service_names();

// Ends the process with a message when the arguments are wrong or help was asked for.
Settings settings_from(int argc, char** argv);

}  // namespace trading
