#include "replica/upload.hpp"

#include <fmt/format.h>

#include "cache/cache_file.hpp"
#include "replica/compression.hpp"

namespace gateway {
namespace {

std::unexpected<Error> not_uploaded(const std::filesystem::path& file, const std::string& reason) {
  return failure(ErrorClass::other, fmt::format("{} is not uploaded: {}", file.string(), reason));
}

}  // namespace

Source upload_source() {
  return {.name = "object_store.upload",
          .upstream = "object_store",
          .tables = {},
          .row_count_sql = "SELECT NULL",
          .prior_state_sql = {},
          .ask = {},
          .parse = {},
          .failed = {}};
}

Upload::Upload(const ObjectStoreSettings& settings, const std::string& ca_file, std::filesystem::path published)
    : address_(settings.upload.value()), published_(std::move(published)), store_(settings, ca_file) {}

Result<Batch> Upload::send(const Deadline& deadline, Timing& timing) {
  // Opened once: the next publish changes what the name means, and not what is open.
  const auto file = open_regular(published_);
  if (!file) return not_uploaded(published_, reason_of_errno());
  if (const auto fault = faults_of_finished(file)) return not_uploaded(published_, *fault);
  const auto body = compressed(file);
  if (!body) return not_uploaded(published_, body.error());
  const auto answer = store_.put(address_, *body, deadline, timing);
  if (!answer) return std::unexpected(answer.error());
  return Batch{};
}

std::vector<Outcome> Upload::attempt(std::span<Job> jobs, const Deadline& deadline) {
  store_.begin();
  const auto start = Clock::now();
  Outcome outcome{.source = jobs[0].source->name, .sent_at = unix_now(), .requests = 1, .timing = {}, .result = Batch{}};
  outcome.result = send(deadline, outcome.timing);
  outcome.timing.duration_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  return {std::move(outcome)};
}

}  // namespace gateway
