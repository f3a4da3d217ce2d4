// Attempts one after the other at sources of any kind, each outcome given to a real store: accepted, or refused cleanly and
// completely. What a source knows is what the store kept. Where the first byte says so, every public view is read
// at the end.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "cache/store.hpp"

#include "answers.hpp"
#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace gateway;

const std::vector<SourceSetup>& setups() {
  static const auto all = [] {
    std::vector<SourceSetup> made;
    const Pace pace{.interval = std::chrono::seconds(10), .timeout = std::chrono::seconds(5), .stale_after = std::chrono::seconds(30)};
    for (const auto& source : fuzz::sources()) made.push_back({&source, pace});
    return made;
  }();
  return all;
}

std::filesystem::path empty_cache() { return std::filesystem::temp_directory_path() / ("fuzz-store-" + std::to_string(::getpid())); }

// As just begun, for each input.
Store& store() {
  static Store& begun = [&]() -> Store& {
    static Store made;
    made.begin({.sources = setups(),
                .retention = fuzz::settings().retention,
                .strategies = fuzz::settings().strategies,
                .backoff_cap = fuzz::settings().backoff_cap,
                .version = "1",
                .now = fuzz::now,
                .publish_within = std::chrono::seconds(10)});
    fuzz::require(made.copy_to(empty_cache(), {}).has_value(), "there is a place for an empty cache");
    std::atexit([] { std::filesystem::remove(empty_cache()); });
    return made;
  }();
  begun.restore(empty_cache());
  return begun;
}

void read_views(const Store& store) {
  static const auto views = [&] {
    std::vector<std::string> names;
    for (const auto& row : store.query("SELECT name FROM sqlite_schema WHERE type = 'view'").rows)
      names.push_back(std::get<std::string>(row[0]));
    return names;
  }();
  for (const auto& view : views) store.query("SELECT * FROM " + view);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const bool read = input.below(8) == 0;
  auto& rows = store();
  auto at = fuzz::now;
  for (int round = 0; round < 6 && !input.empty(); ++round) {
    const auto choice = input.byte();
    const auto& source = fuzz::sources()[choice % fuzz::sources().size()];
    at += choice >= 128 ? 3600 : 10;
    auto prior = rows.prior_state(source, at);
    prior.catalogue = &fuzz::catalogue(0);
    const auto requests = source.ask(prior);
    Outcome outcome{.source = source.name, .sent_at = at, .requests = 1, .timing = {.duration_ms = 1}, .result = Batch{}};
    if (requests) outcome.result = source.parse(prior, fuzz::answers(source, *requests, input));
    else outcome.result = std::unexpected(requests.error());
    if (outcome.result) fuzz::require_proper(*outcome.result, source);
    const bool had_rows = outcome.result.has_value();
    const auto errors =
        rows.apply(std::span(&outcome, 1), setups(),
                   {.upstream = source.upstream, .next_attempt_at = at + 10, .failures_for_outage = 2, .failing_for_s = {}});
    fuzz::require(errors.size() == 1, "each outcome is accounted for");
    if (!errors[0]) continue;
    fuzz::require_proper(*errors[0]);
    fuzz::require(!had_rows || errors[0]->kind == ErrorClass::malformed, "what does not fit the store is malformed");
  }
  rows.tidy(at);
  if (read) read_views(rows);
  return 0;
}
