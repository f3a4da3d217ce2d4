#include "answers.hpp"

#include <map>
#include <set>

#include "base/text.hpp"
#include "cache/store.hpp"
#include "check.hpp"
#include "datasets/datasets.hpp"

namespace fuzz {
namespace {

using namespace gateway;

// The answer to a query of which `part` is in "source/name text": its columns, each with t(ext), r(eal), i(nteger) or b(oolean).
struct Shape {
  const char* part;
  bool one_row;
  const char* columns;
};

#define ORDER_COLUMNS                                                                                                                \
  "id:t order_id:t signal_id:t strategy_id:t time:r asset:t side:t order_type:t quantity:r price:r status:t closure:c changed_at:r " \
  "close_reason:t filled_quantity:r average_price:r fees:r executed_at:r is_dry_run:b"

#define SUBSCRIPTION_COLUMNS \
  "subscription_id:t channel_type:t symbol:t topic:t requesting_service:t is_active:b created_at:r cancelled_at:r last_event_at:r"

#define SIGNAL_COLUMNS                                                                                                            \
  "signal_id:t time:r strategy_id:t asset:t side:t price:r confidence:r kind:t model_version:t is_warmup:b reasoning:t spread:r " \
  "volume_1m:r volatility_1m:r trace_id:t"

#define PLACE_COLUMNS " looked_back:b place_time:r place_id:t"

#define QUALITY_COLUMNS "kind:k hour:i strategy_id:t orders:i filled_orders:i open_orders:i pnl_orders:i successful_orders:i pnl:r"

// The first that matches counts.
constexpr Shape shapes[] = {
    {"SELECT 1 AS one", false, "one:i"},
    {"head SELECT", true, "newest:r now:r ahead:i furthest:r"},
    {"unfinished SELECT", false, QUALITY_COLUMNS},
    {"postgres.quality/", false, QUALITY_COLUMNS " step_end:r step_end_id:t step_end_hour:i step_rows:i"},
    {"/topics ", true, "topics:i quiet_s:r newest:r now:r ahead:i active:i"},
    {"postgres.orders/pass", false, ORDER_COLUMNS " step_end:r step_end_id:t further:b"},
    {"postgres.orders/onward", false, ORDER_COLUMNS PLACE_COLUMNS},
    {"postgres.orders/held", false, ORDER_COLUMNS},
    {"postgres.executions/", false,
     "event_id:t signal_id:t strategy_id:t asset:t side:t price:r quantity:r fees:r executed_at:r realized_pnl:r"},
    {"postgres.signals/pass", false, SIGNAL_COLUMNS " strategies:i"},
    {"postgres.signals/onward", false, SIGNAL_COLUMNS PLACE_COLUMNS},
    {"postgres.signals/held", false, SIGNAL_COLUMNS},
    {"postgres.models/", false,
     "version:t strategy_id:t model_type:t trained_at:r training_duration_s:i training_dataset_size:i is_active:b is_first:b accuracy:r "
     "precision:r recall:r f1_score:r metrics_split:t"},
    {"postgres.dataset_builds/", false, "id:t symbol:t status:t created_at:r completed_at:r error:t"},
    {"postgres.subscriptions/onward", false, SUBSCRIPTION_COLUMNS PLACE_COLUMNS},
    {"postgres.subscriptions/lists", false, SUBSCRIPTION_COLUMNS}};

Value cell(char type, Input& input) {
  static const std::vector<std::string> closures{"open", "filled", "cancelled", "rejected", "dry_run"};
  const auto how = input.below(8);
  if (how == 0) return {};
  switch (type) {
    case 'r': return input.real();
    case 'i': return input.integer();
    case 'b': return flag(how % 2 == 0);
    case 'c': return closures[how % closures.size()];
    case 'k': return std::string(how % 2 == 0 ? "orders" : "executions");
    default: break;
  }
  // Short names meet again, as keys do.
  if (how < 4) return std::string(1, static_cast<char>('a' + input.below(4)));
  return clean_utf8(input.text());
}

Table rows(const Shape& shape, Input& input) {
  Table table;
  std::string types;
  for (const auto column : split(shape.columns, ' ')) {
    table.columns.emplace_back(column.substr(0, column.size() - 2));
    types += column.back();
  }
  const auto count = shape.one_row ? 1 : input.below(6);
  for (std::size_t r = 0; r < count; ++r) {
    Row row;
    for (const char type : types) row.push_back(cell(type, input));
    table.rows.push_back(std::move(row));
  }
  // A full chunk, as a burst makes it, is too long to spell out.
  if (!table.rows.empty() && types.size() > 10 && input.byte() == 77) table.rows.resize(5000, Row(table.rows.back()));
  return table;
}

constexpr const char* contract[] = {
    "trading_signals id signal_id strategy_id asset side price confidence timestamp model_version is_warmup market_data_snapshot trace_id "
    "metadata",
    "orders id order_id signal_id asset side order_type quantity price status filled_quantity average_price fees created_at updated_at "
    "executed_at is_dry_run rejection_reason",
    "execution_events id signal_id strategy_id asset side execution_price execution_quantity execution_fees executed_at performance "
    "created_at",
    "model_versions id version model_type strategy_id trained_at training_duration_seconds training_dataset_size is_active created_at "
    "updated_at",
    "model_quality_metrics id model_version_id metric_name metric_value metric_type evaluated_at metadata",
    "subscriptions id channel_type symbol topic requesting_service is_active created_at updated_at last_event_at"};

}  // namespace

const Settings& settings() {
  static const auto fixed = [] {
    const std::map<std::string, std::string> variables{{"HEALTH_SERVICES", "more=http://more:1/health"},
                                                       {"MODEL_SERVICE_API_KEY", "key"},
                                                       {"QUEUE_LAG_IGNORE", "ignored*"},
                                                       {"TRADING_STRATEGIES", "a"},
                                                       {"BYBIT_ENVIRONMENT", "testnet"}};
    SettingsReader reader([&](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    });
    auto read = read_settings(reader);
    require(reader.faults().empty(), "the fixed settings have no fault");
    return read;
  }();
  return fixed;
}

const std::vector<Source>& sources() {
  static const auto all = all_sources(settings());
  return all;
}

bool speaks_http(const Source& source) { return source.upstream != "postgres"; }

const Catalogue& catalogue(std::uint8_t without) {
  static std::map<std::uint8_t, Catalogue> made;
  const auto [found, fresh] = made.try_emplace(without);
  if (!fresh) return found->second;
  std::uint8_t number = 0;
  for (const char* line : contract) {
    const auto words = split(line, ' ');
    auto& columns = found->second.tables[std::string(words[0])];
    for (std::size_t i = 1; i < words.size(); ++i) {
      ++number;
      if (number == without) continue;
      columns[std::string(words[i])] = number + 100 == without ? Catalogue::Access::forbidden : Catalogue::Access::readable;
    }
  }
  if (without >= 240) found->second.tables.erase(std::string(split(contract[(without - 240) % std::size(contract)], ' ')[0]));
  return found->second;
}

PriorState prior_state(const Source& source, Input& input) {
  static const auto first = [] {
    std::map<std::string, PriorState> all;
    Store empty;
    for (const auto& each : sources()) all[each.name] = empty.prior_state(each, now);
    return all;
  }();
  auto made = first.at(source.name);
  made.first_sample_counts = input.flag();
  for (auto& table : made.tables) {
    const auto count = table.empty() ? input.below(4) : 1;
    table.rows.clear();
    for (std::size_t r = 0; r < count; ++r) {
      Row row;
      for (std::size_t c = 0; c < table.columns.size(); ++c) row.push_back(input.value());
      table.rows.push_back(std::move(row));
    }
  }
  return made;
}

std::vector<Answer> answers(const Source& source, const std::vector<Request>& requests, Input& input) {
  constexpr int statuses[] = {200, 503, 500, 401, 403, 404, 501, 302, 204, 400, 0, 999};
  constexpr char record_separator = '\x1e';
  std::vector<Answer> made;
  for (const auto& request : requests) {
    if (speaks_http(source)) {
      const auto status = statuses[input.below(std::size(statuses))];
      made.emplace_back(HttpAnswer{.status = status, .body = std::string(input.piece(record_separator)), .latency_ms = 1});
      continue;
    }
    const auto& statement = std::get<SqlRequest>(request);
    const auto sql = source.name + "/" + statement.name + " " + statement.sql;
    const Shape* shape = nullptr;
    for (const auto& each : shapes) {
      if (shape == nullptr && sql.find(each.part) != std::string::npos) shape = &each;
    }
    require(shape != nullptr, "every query has a shape here");
    made.emplace_back(rows(*shape, input));
  }
  return made;
}

}  // namespace fuzz
