// model-service.training: whether a model is being trained now. Needs the API key; while it trains, the service seldom
// answers at all. A wrong key is answered with 500, which must not look like a broken service.
#include "base/json.hpp"
#include "datasets/datasets.hpp"
#include "datasets/health.hpp"

namespace gateway {
namespace {

constexpr const char* target = "/api/v1/training/status";
constexpr const char* what = "GET /api/v1/training/status";

Result<Batch> parse(const PriorState& prior, const HttpAnswer& answer) {
  if (answer.status != 200) {
    if (answer.status == 500) {
      std::optional<Error> fault;
      if (const auto body = parse_json(answer.body, what);
          body && body->is_object() && Fields(*body, what, fault).text("type") == "HTTPException") {
        return failure(ErrorClass::auth, std::string(what) + ": HTTP 500 as for a wrong key; check MODEL_SERVICE_API_KEY");
      }
    }
    return std::unexpected(http_error(answer.status, what));
  }
  const auto document = parse_json(answer.body, what);
  if (!document) return std::unexpected(document.error());
  std::optional<Error> fault;
  const Fields body(*document, what, fault);
  const auto is_training = body.boolean("is_training");
  const auto queue_size = body.integer("queue_size");
  const auto builds = body.integer("pending_dataset_builds");
  if (fault) return std::unexpected(*fault);
  if (!is_training) return failure(ErrorClass::malformed, std::string(what) + ".is_training: missing required field (boolean)");
  return Batch{.writes = {{.table = "training",
                           .mode = Mode::upsert,
                           .columns = {"id", "is_training", "queue_size", "pending_dataset_builds", "observed_at"},
                           .rows = {{std::int64_t{1}, flag(*is_training), maybe(queue_size), maybe(builds), prior.now}},
                           .scope = {}}},
               .rows = 1};
}

}  // namespace

Source training(const ServiceSettings& model_service) {
  return {.name = "model-service.training",
          .upstream = model_service.name,
          .tables = {"training"},
          .row_count_sql = "SELECT count(*) FROM training",
          .prior_state_sql = {},
          .on = model_service.url.has_value() && !model_service.api_key.empty(),
          .ask = [](const PriorState&) -> Result<std::vector<Request>> { return std::vector<Request>{HttpRequest{target}}; },
          .parse = [](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
            return parse(prior, std::get<HttpAnswer>(answers[0]));
          },
          .failed = {}};
}

}  // namespace gateway
