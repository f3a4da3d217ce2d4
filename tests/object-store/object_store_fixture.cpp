#include "object_store_fixture.hpp"

#include <fmt/format.h>

#include <iostream>

#include "scratch.hpp"

namespace object_store {

ObjectStore::ObjectStore()
    : scratch_(integration::new_directory(postgres.directory(), "test")), store(scratch_ / "store"), gate(store.port()) {
  postgres.reset();
  std::filesystem::create_directory(scratch_ / "cache");
  settings = integration::quick_settings(cache());
  settings.merge(postgres.settings());
  settings.merge(store.settings(gate.port()));
  settings["OBJECT_STORE_URL"] = "s3://dashboards/" + object_key;
  settings["RABBITMQ_HOST"] = "127.0.0.1";
  settings["RABBITMQ_MANAGEMENT_PORT"] = "1";
  settings["LOG_LEVEL"] = "debug";
}

ObjectStore::~ObjectStore() {
  gateway.reset();
  const auto log = integration::content(scratch_ / "gateway.log");
  if (!HasFailure()) return;
  constexpr std::size_t shown = 3000;
  std::cerr << "the end of the gateway's log:\n" << log.substr(log.size() > shown ? log.size() - shown : 0) << '\n';
}

Gateway& ObjectStore::start_gateway() {
  gateway.reset();
  gateway = std::make_unique<Gateway>(settings, scratch_ / "gateway.log");
  return *gateway;
}

void ObjectStore::insert_signal(int price) const {
  postgres.sql(
      fmt::format("INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, model_version) "
                  "VALUES (gen_random_uuid(), 'momentum', 'BTCUSDT', 'buy', {}, 0.9, now() AT TIME ZONE 'UTC', 'v1')",
                  price));
}

std::string ObjectStore::newest_signal(const std::filesystem::path& file) {
  return Reader(file).text("SELECT CAST(max(price) AS INTEGER) FROM recent_signals");
}

Look ObjectStore::upload(const std::string& columns) const {
  return [this, columns] { return Reader(cache()).source("object_store.upload", columns); };
}

Look ObjectStore::uploaded() const {
  return [this] { return store.unpack(object_key, scratch_ / "object.db") ? newest_signal(scratch_ / "object.db") : "no object"; };
}

}  // namespace object_store
