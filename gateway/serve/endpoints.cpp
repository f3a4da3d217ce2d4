#include "serve/endpoints.hpp"

#include <prometheus/text_serializer.h>

#include <iterator>

#include "serve/cache_metrics.hpp"

namespace gateway {
namespace {

Reply reply(const Verdict& verdict) { return {.status = verdict.good ? 200 : 503, .body = verdict.reason + '\n'}; }

}  // namespace

Reply Endpoints::respond(std::string_view path) {
  if (path == "/healthz") return reply(vitals_.alive(Clock::now()));
  if (path == "/readyz") return reply(vitals_.ready(Clock::now()));
  if (path == "/metrics") return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics()};
  return {.status = 404, .body = "not found; there are /healthz, /readyz and /metrics\n"};
}

std::string Endpoints::metrics() {
  const std::lock_guard lock(rendering_);
  auto families = counted_();
  auto of_cache = cache_metrics(cache_);
  families.insert(families.end(), std::make_move_iterator(of_cache.begin()), std::make_move_iterator(of_cache.end()));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace gateway
