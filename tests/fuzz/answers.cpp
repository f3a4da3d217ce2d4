#include "answers.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "cache/store.hpp"
#include "check.hpp"
#include "datasets/datasets.hpp"
#include "unit/contract_catalogue.hpp"
#include "unit/golden.hpp"
#include "unit/support.hpp"

namespace fuzz {
namespace {

using namespace gateway;

// What the golden cases show of the statements: the columns of each, and the values of a column, whichever statement gave them.
struct Shown {
  std::map<std::string, std::vector<std::string>> columns;  // by kind of request
  std::map<std::string, std::vector<Value>> values;         // by column
};

// orders.head and executions.head of one source are of one kind.
std::string kind_of(const std::string& source, const std::string& request) { return source + "/" + request.substr(request.rfind('.') + 1); }

const Shown& shown() {
  static const auto all = [] {
    Shown found;
    for (const auto& golden : golden_cases()) {
      const auto requests = golden.document.value("expected", OrderedJson::object()).value("requests", OrderedJson::array());
      const GoldenInput input(golden);
      for (std::size_t i = 0; i < std::min(requests.size(), input.answers.size()); ++i) {
        const auto* table = std::get_if<Table>(&input.answers[i]);
        if (table == nullptr) continue;
        found.columns[kind_of(golden.source, requests[i].at("sql"))] = table->columns;
        for (const auto& row : table->rows) {
          for (std::size_t c = 0; c < row.size(); ++c) {
            if (!is_null(row[c])) found.values[table->columns[c]].push_back(row[c]);
          }
        }
      }
    }
    return found;
  }();
  return all;
}

Value cell(const std::string& column, Input& input) {
  const auto how = input.below(8);
  const auto seen = shown().values.find(column);
  if (how == 0 || seen == shown().values.end()) return {};
  // Values that were seen meet again, as keys do.
  if (how < 4) return seen->second[input.below(seen->second.size())];
  if (const auto& type = seen->second.front(); integer(type)) return input.integer();
  else if (number(type)) return input.real();
  return clean_utf8(input.text());
}

Table rows(const std::vector<std::string>& columns, Input& input) {
  Table table{.columns = columns, .rows = {}};
  const auto count = input.below(6);
  for (std::size_t r = 0; r < count; ++r) {
    auto& row = table.rows.emplace_back();
    for (const auto& column : columns) row.push_back(cell(column, input));
  }
  // A full chunk, as a burst makes it, is too long to spell out.
  if (!table.rows.empty() && columns.size() > 10 && input.byte() == 77) table.rows.resize(5000, Row(table.rows.back()));
  return table;
}

// Of the contract, the tables that are read.
const Catalogue& whole_catalogue() {
  static const auto made = [] {
    Catalogue read;
    for (const auto& source : sources()) {
      for (const auto& table : source.reads) read.tables[table] = contract_catalogue().tables.at(table);
    }
    return read;
  }();
  return made;
}

}  // namespace

const Settings& settings() {
  static const auto fixed = settings_of({{"HEALTH_SERVICES", "more=http://more:1/health"},
                                         {"MODEL_SERVICE_API_KEY", "key"},
                                         {"QUEUE_LAG_IGNORE", "ignored*"},
                                         {"TRADING_STRATEGIES", "a"},
                                         {"BYBIT_ENVIRONMENT", "testnet"}});
  return fixed;
}

const std::vector<Source>& sources() {
  static const auto all = all_sources(settings());
  return all;
}

std::vector<const Source*> sources_that_speak_http(bool http) {
  std::vector<const Source*> found;
  for (const auto& source : sources()) {
    if ((source.upstream != "postgres") == http) found.push_back(&source);
  }
  return found;
}

const Catalogue& catalogue(std::uint8_t without) {
  static std::map<std::uint8_t, Catalogue> made;
  const auto [found, fresh] = made.try_emplace(without, whole_catalogue());
  if (!fresh) return found->second;
  auto& tables = found->second.tables;
  std::uint8_t number = 0;
  for (auto& [_, columns] : tables) {
    for (auto column = columns.begin(); column != columns.end();) {
      ++number;
      if (number + 100 == without) column->second = Catalogue::Access::forbidden;
      column = number == without ? columns.erase(column) : std::next(column);
    }
  }
  if (without >= 240) tables.erase(std::next(tables.begin(), (without - 240) % static_cast<int>(tables.size())));
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
    if (std::holds_alternative<HttpRequest>(request)) {
      const auto status = statuses[input.below(std::size(statuses))];
      made.emplace_back(HttpAnswer{.status = status, .body = std::string(input.piece(record_separator)), .latency_ms = 1});
      continue;
    }
    const auto& statement = std::get<SqlRequest>(request);
    const auto columns = shown().columns.find(kind_of(source.name, statement.name));
    require(columns != shown().columns.end(), "a golden case answers every query");
    made.emplace_back(rows(columns->second, input));
  }
  return made;
}

void attempt(const Source& source, const PriorState& prior, Input& input) {
  const auto requests = source.ask(prior);
  if (!requests) return require_proper(requests.error());
  const auto batch = source.parse(prior, answers(source, *requests, input));
  if (batch) require_proper(*batch, source);
  else require_proper(batch.error());
}

}  // namespace fuzz
