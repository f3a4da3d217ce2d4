// model-service's answers, the broken ones included: several of its endpoints fail as soon as there is something to
// show, and a wrong key is an internal error.
#include <fmt/format.h>

#include "model_service.hpp"
#include "refusals.hpp"

namespace trading {

using nlohmann::json;

json ModelService::health() {
  const bool database = http_database_.answers();
  const bool queue = queue_connected_;
  auto check = [](bool well, const char* error) {
    json result{{"status", well ? "healthy" : "unhealthy"}, {"connected", well}};
    if (!well) result["error"] = error;
    return result;
  };
  constexpr std::int64_t gigabyte = 1'000'000'000;
  const json storage{
      {"healthy", true},
      {"path", "/models"},
      {"writable", true},
      {"readable", true},
      {"disk_space", {{"total", 200 * gigabyte}, {"used", 50 * gigabyte}, {"free", 150 * gigabyte}, {"available", 150 * gigabyte}}},
      {"disk_space_warning", false},
      {"disk_space_critical", false}};
  return {{"status", database && queue ? "healthy" : "unhealthy"},
          {"service", "model-service"},
          {"checks",
           {{"database", check(database, "connection to server failed: Connection refused")},
            {"message_queue", check(queue, "Channel is closed: [Errno 111] Connect call failed")},
            {"model_storage", storage}}},
          {"database_connected", database},
          {"queue_connected", queue}};
}

void ModelService::add_routes(httplib::Server& server) {
  server.Get("/api/v1/training/status", [this](const httplib::Request&, httplib::Response& response) {
    answer(response, 200,
           {{"is_training", training_.load()},
            {"current_training", nullptr},
            {"last_training", nullptr},
            {"next_scheduled_training", nullptr},
            {"queue_size", 0},
            {"queue_wait_time_seconds", nullptr},
            {"next_queued_training_strategy_id", nullptr},
            {"next_queued_training_dataset_id", nullptr},
            {"pending_dataset_builds", 0}});
  });
  server.Get("/api/v1/monitoring/models/performance", [this](const httplib::Request&, httplib::Response& response) {
    const auto rows = http_database_.run(
        "SELECT coalesce(strategy_id, 'default'), count(*),"
        " count(*) FILTER (WHERE is_active) FROM model_versions GROUP BY 1");
    if (!rows) return answer_unhandled_json(response, "InterfaceError");
    int total = 0;
    int active = 0;
    json by_strategy = json::object();
    for (int row = 0; row < rows->count(); ++row) {
      by_strategy[rows->text(row, 0)] = static_cast<int>(rows->number(row, 1));
      total += static_cast<int>(rows->number(row, 1));
      active += static_cast<int>(rows->number(row, 2));
    }
    answer(response, 200,
           {{"active_models_count", active},
            {"total_models_count", total},
            {"models_by_strategy", by_strategy},
            {"models_by_type", {{"xgboost", total}}}});
  });
  auto broken = [](const char* type) {
    return [type](const httplib::Request&, httplib::Response& response) { answer_unhandled_json(response, type); };
  };
  server.Get("/api/v1/monitoring/health", broken("AttributeError"));
  server.Get(R"(/api/v1/strategies/[^/]+/performance/time-series)", broken("AttributeError"));
  server.Get("/api/v1/models", [this](const httplib::Request&, httplib::Response& response) {
    const auto rows = http_database_.run("SELECT EXISTS (SELECT FROM model_versions)");
    if (!rows || rows->flag(0, 0)) return answer_unhandled_json(response, "ValidationError");
    answer(response, 200, {{"items", json::array()}, {"total", 0}, {"limit", 100}, {"offset", 0}});
  });
  server.Get(R"(/api/v1/models/([^/]+))", [this](const httplib::Request& request, httplib::Response& response) {
    const std::string version = request.matches[1].str();
    const auto rows = http_database_.run("SELECT FROM model_versions WHERE version = $1", {version});
    if (!rows || rows->count() > 0) return answer_unhandled_json(response, "ValidationError");
    answer(response, 404, {{"detail", fmt::format("Model version {} not found", version)}});
  });
}

bool ModelService::needs_key(const std::string& path) const { return !path.starts_with("/health"); }

void ModelService::refuse(bool, httplib::Response& response) const { answer_unhandled_json(response, "HTTPException"); }

}  // namespace trading
