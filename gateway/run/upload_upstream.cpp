#include "run/upload_upstream.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include "ask/masked_upstream.hpp"
#include "replica/upload.hpp"
#include "run/log.hpp"

namespace gateway {
namespace {

const Source& source() {
  static const auto source = upload_source();
  return source;
}

std::shared_ptr<Upstream> client(const ObjectStoreSettings& store, const Settings& settings) {
  return std::make_shared<MaskedUpstream>(std::make_shared<Upload>(store, settings.ca_file, settings.cache_path), settings.secrets);
}

void log_last(const ObjectStoreSettings& store, const std::optional<Error>& error) {
  if (!error) return log(Level::info, "uploaded", {{"object", store.upload->shown()}});
  log(Level::warn, "upload_failed",
      {{"class", std::string(to_string(error->kind))},
       {"error", error->text},
       {"text", "the object store does not have what was published last; followers show what was uploaded before"}});
}

}  // namespace

void add_upload(const ObjectStoreSettings& store, const Settings& settings, std::vector<SourceSetup>& setup,
                std::vector<UpstreamSpec>& upstreams) {
  if (!store.upload) return;
  Pace pace{.interval = store.interval, .timeout = store.timeout, .stale_after = 3 * store.interval};
  // Nothing is uploaded while nothing is published, which lasts for a third of the shortest of these times.
  if (!setup.empty())
    pace.stale_after =
        std::max(pace.stale_after, std::ranges::min(setup, {}, [](const auto& each) { return each.pace.stale_after; }).pace.stale_after);
  setup.push_back({&source(), pace});
  upstreams.push_back(
      {.name = source().upstream, .client = client(store, settings), .pace = pace, .sources = {setup.back()}, .after_publish = true});
}

LastUpload upload_last(const ObjectStoreSettings& store, const Settings& settings, Milliseconds within) {
  if (!store.upload) return {};
  constexpr auto to_come_back = Milliseconds{500};
  const auto uploader = client(store, settings);
  const auto result = std::make_shared<std::promise<Outcome>>();
  auto outcome = result->get_future();
  std::thread([=] {
    Job job{.source = &source(), .prior = {}};
    result->set_value(std::move(uploader->attempt({&job, 1}, Deadline(within)).front()));
  }).detach();
  if (outcome.wait_for(within) != std::future_status::ready) uploader->cancel();
  if (outcome.wait_for(to_come_back) != std::future_status::ready) {
    log_last(store, Error{ErrorClass::resolver, "the resolver does not answer for OBJECT_STORE_ENDPOINT"});
    return {.failed = true, .left_a_thread_behind = true};
  }
  const auto done = outcome.get();
  log_last(store, done.result ? std::nullopt : std::optional(done.result.error()));
  return {.failed = !done.result, .left_a_thread_behind = false};
}

}  // namespace gateway
