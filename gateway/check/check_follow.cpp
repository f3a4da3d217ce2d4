#include "check/check_follow.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>

#include "ask/object_store.hpp"
#include "cache/cache_file.hpp"
#include "cache/database.hpp"
#include "check/remedy.hpp"
#include "replica/compression.hpp"
#include "replica/received.hpp"
#include "settings/unprotected.hpp"

namespace gateway {
namespace {

std::string ago(std::int64_t at) {
  const auto age = unix_now() - at;
  return age >= 0 ? fmt::format("{} s ago", age) : fmt::format("{} s ahead of the clock of this host", -age);
}

Findings check_settings(const ObjectStoreSettings& store) {
  Findings all;
  if (store.upload)
    all.push_back({Grade::note,
                   "OBJECT_STORE_URL and FOLLOW are both set: a gateway and a follower with these settings would share one CACHE_PATH, and "
                   "the second ends",
                   "give the follower settings of its own, with another CACHE_PATH and without OBJECT_STORE_URL"});
  for (std::size_t n = 0; n < store.follow.size(); ++n) {
    const auto first = std::ranges::find(store.follow, store.follow[n]) - store.follow.begin();
    if (static_cast<std::size_t>(first) < n)
      all.push_back({Grade::fault, fmt::format("FOLLOW names {} twice", store.follow[n].shown()), "name each object once"});
  }
  if (const auto line = unprotected_upload(store); line && !store.upload)
    all.push_back({Grade::note, *line, "set it to an https:// address"});
  return all;
}

// What `follow` would do with the file that is there. What is broken or unreadable check_cache has said.
std::optional<HeldCopy> check_held(const ObjectStoreSettings& store, const Settings& settings, Findings& all) {
  const auto& file = settings.cache_path;
  const auto found = inspect(file);
  if (!found.loadable()) return std::nullopt;
  auto held = held_copy(found.file);
  if (!held) {
    const auto beside = file.parent_path() / "copy" / file.filename();
    if (!store.upload)
      all.push_back({Grade::fault, file.string() + " is the cache of a gateway and not a copy: `follow` does not replace it",
                     fmt::format("set CACHE_PATH elsewhere, such as {}, or move the file away if no gateway uses it", beside.string())});
    return std::nullopt;
  }
  const auto& mark = held->mark;
  const auto what = fmt::format("{} is a copy of {}, published {}", file.string(), mark.origin, ago(held->publish.at));
  if (!mark.error) {
    all.push_back({Grade::good, what, {}});
    return held;
  }
  const auto kind = mark.error->substr(0, mark.error->find(": "));
  all.push_back(
      {Grade::note, fmt::format("{}; nothing newer comes: {}", what, *mark.error), remedy_of_follower(mark.origin, kind, *mark.error)});
  return held;
}

// How old an object is when its gateway still uploads: by its own pace, as far as it says so.
std::int64_t oldest_current(const Descriptor& file) try {
  auto database = open_published(file.path());
  const auto row = read_table(database,
                              "SELECT max(coalesce((SELECT interval_s FROM source WHERE upstream = 'object_store'), 0), publish_within_s) "
                              "FROM gateway_state");
  constexpr std::int64_t of_transfer = 30;
  return of_transfer + (row.empty() ? 0 : 3 * static_cast<std::int64_t>(number(row.rows[0][0]).value_or(0)));
} catch (const SQLite::Exception&) {
  return 0;
}

Finding fault_of(const std::string& origin, const Error& error) {
  return {Grade::fault, fmt::format("FOLLOW: {}: {}", to_string(error.kind), error.text),
          remedy_of_follower(origin, to_string(error.kind), error.text)};
}

// As the follower would: fetched, unpacked (in memory here), checked.
Finding ask_origin(const ObjectAddress& address, const ObjectStoreSettings& store, const Settings& settings,
                   const std::optional<HeldCopy>& held) {
  ObjectStore client(store, settings.ca_file);
  Timing timing;
  const auto origin = address.shown();
  const auto answer = client.get(address, {}, static_cast<std::size_t>(store.follow_max_size), Deadline(store.timeout), timing);
  if (!answer) return fault_of(origin, answer.error());
  const Descriptor file(::memfd_create("object", MFD_CLOEXEC));
  if (!file) return fault_of(origin, {ErrorClass::other, "no memory for it: " + reason_of_errno()});
  const auto refused = [&](const std::string& why) {
    return fault_of(origin, {ErrorClass::malformed, fmt::format("{} is not taken: {}", origin, why)});
  };
  if (const auto unpacked = decompress(answer->http.body, store.follow_max_size, file); !unpacked) return refused(unpacked.error());
  const auto publish = publish_of(file);
  if (!publish) return refused(publish.error());
  const auto shown = held && held->mark.origin == origin ? std::optional(held->publish) : std::nullopt;
  if (const auto why = why_not_shown(*publish, shown)) return refused(*why);
  const auto what =
      fmt::format("FOLLOW: {} is there, {} kB, published {}", origin, (answer->http.body.size() + 1023) / 1024, ago(publish->at));
  if (unix_now() - publish->at <= oldest_current(file)) return {Grade::good, what, {}};
  return {Grade::note, what + ": its gateway uploads nothing now", "on the gateway's host: cache-gateway why object_store"};
}

}  // namespace

Findings check_follow(const ObjectStoreSettings& store, const Settings& settings, bool ask) {
  if (store.follow.empty()) return {};
  auto all = check_settings(store);
  const auto held = check_held(store, settings, all);
  if (!ask) return all;
  for (const auto& address : store.follow) all.push_back(ask_origin(address, store, settings, held));
  return all;
}

}  // namespace gateway
