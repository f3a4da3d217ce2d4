#include "check/check_object_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ask/object_store.hpp"
#include "check/remedy.hpp"
#include "settings/unprotected.hpp"

namespace gateway {
namespace {

double seconds(Milliseconds ms) { return static_cast<double>(ms.count()) / 1e3; }

// A copy gets as old as the data when it was published, an upload's interval, and the follower's.
Findings check_pace(const ObjectStoreSettings& store, const Settings& settings) {
  const auto shortest =
      std::min({settings.postgres.pace.stale_after, settings.rabbitmq.pace.stale_after, settings.services_pace.stale_after});
  if (2 * store.interval <= shortest) return {};
  return {{Grade::note,
           fmt::format("OBJECT_STORE_INTERVAL is {} s, and data counts as stale after {} s: followers show it as stale in between",
                       seconds(store.interval), seconds(shortest)),
           fmt::format("set OBJECT_STORE_INTERVAL to {} s or less, or STALE_AFTER to {} s or more", seconds(shortest / 2),
                       seconds(2 * store.interval))}};
}

// By a GET, which keys that may only write are refused. That the keys themselves are good shows all the same.
Finding ask_store(const ObjectStoreSettings& store, const Settings& settings) {
  ObjectStore client(store, settings.ca_file);
  Timing timing;
  constexpr std::size_t most = std::size_t{1} << 30;
  const auto answer = client.get(*store.upload, {}, most, Deadline(store.timeout), timing);
  const auto where = "object_store: " + store.upload->shown();
  if (answer) return {Grade::good, where + " is there", {}};
  const auto& error = answer.error();
  const auto says = [&](const char* code) { return error.text.find(code) != std::string::npos; };
  if (says("NoSuchKey")) return {Grade::good, where + " is not there yet, and its bucket is", {}};
  if (says("AccessDenied"))
    return {Grade::note, where + " may not be read with these keys, which an upload does not need; whether it may be written is not known",
            "start the gateway: cache-gateway why object_store"};
  return {Grade::fault, fmt::format("object_store: {}: {}", to_string(error.kind), error.text),
          remedy_of("object_store", to_string(error.kind), error.text)};
}

}  // namespace

Findings check_object_store(const ObjectStoreSettings& store, const Settings& settings, bool ask) {
  if (!store.upload) return {};
  auto all = check_pace(store, settings);
  if (const auto line = unprotected_upload(store)) all.push_back({Grade::note, *line, "set it to an https:// address"});
  if (ask) all.push_back(ask_store(store, settings));
  return all;
}

}  // namespace gateway
