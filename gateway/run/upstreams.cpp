#include "run/upstreams.hpp"

#include <algorithm>
#include <stdexcept>

#include "ask/http.hpp"
#include "ask/masked_upstream.hpp"
#include "ask/postgres.hpp"
#include "ask/tcp_probe.hpp"

namespace gateway {
namespace {

template <typename T>
const T* named(const std::vector<T>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &T::name);
  return found == all.end() ? nullptr : &*found;
}

Pace pace_of(const std::string& upstream, const Settings& settings) {
  if (upstream == "postgres") return settings.postgres.pace;
  if (upstream == "rabbitmq") return settings.rabbitmq.pace;
  if (const auto* database = named(settings.databases, upstream)) return database->at.pace;
  const auto* service = named(settings.services, upstream);
  return service == nullptr ? settings.services_pace : service->pace.value_or(settings.services_pace);
}

std::shared_ptr<Upstream> make(const std::string& name, const Settings& settings) {
  if (name == "postgres") return std::make_shared<Postgres>(settings.postgres);
  if (const auto* database = named(settings.databases, name)) return std::make_shared<Postgres>(database->at);
  if (const auto* service = named(settings.services, name); service != nullptr && service->tcp) {
    const auto url = service->url.value_or(Url{});
    return std::make_shared<TcpProbe>(url.host, url.port);
  }
  return std::make_shared<HttpUpstream>(http_settings(name, settings));
}

}  // namespace

HttpSettings http_settings(const std::string& upstream, const Settings& settings) {
  HttpSettings http{.url = {}, .api_key = {}, .user = {}, .password = {}, .ca_file = settings.ca_file};
  if (upstream == "rabbitmq") {
    http.url = settings.rabbitmq.url;
    http.user = settings.rabbitmq.user;
    http.password = settings.rabbitmq.password;
    return http;
  }
  const auto* service = named(settings.services, upstream);
  if (service == nullptr) throw std::logic_error("no settings for the upstream " + upstream);
  http.url = service->url.value_or(Url{});
  if (!service->ca_file.empty()) http.ca_file = service->ca_file;
  http.user = service->user;
  (service->user.empty() ? http.api_key : http.password) = service->api_key;
  if (service->key_header.empty()) return http;
  http.key_header = service->key_header;
  http.key_below = std::string(1, '/');  // of a literal g++ 12 warns at -O2, wrongly
  return http;
}

std::vector<SourceSetup> setups(const std::vector<Source>& sources, const Settings& settings) {
  std::vector<SourceSetup> all;
  for (const auto& source : sources) {
    auto pace = pace_of(source.upstream, settings);
    if (source.interval && *source.interval > pace.interval) {
      pace.interval = *source.interval;
      pace.stale_after = std::max(pace.stale_after, 3 * pace.interval);
    }
    pace.stale_after = source.stale_after.value_or(pace.stale_after);
    all.push_back({&source, pace});
  }
  return all;
}

std::vector<UpstreamSpec> upstreams(const std::vector<SourceSetup>& sources, const Settings& settings) {
  std::vector<UpstreamSpec> all;
  for (const auto& setup : sources) {
    if (!setup.source->on) continue;
    auto found = std::ranges::find_if(
        all, [&](const auto& spec) { return spec.name == setup.source->upstream && spec.in_own_lane == setup.source->in_own_lane; });
    if (found == all.end()) {
      all.push_back({.name = setup.source->upstream,
                     .client = std::make_shared<MaskedUpstream>(make(setup.source->upstream, settings), settings.secrets),
                     .pace = pace_of(setup.source->upstream, settings),
                     .sources = {},
                     .in_own_lane = setup.source->in_own_lane});
      found = all.end() - 1;
    }
    found->sources.push_back(setup);
  }
  return all;
}

}  // namespace gateway
