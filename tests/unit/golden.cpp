#include "golden.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "cache/store.hpp"
#include "contract_catalogue.hpp"
#include "support.hpp"

namespace gateway {
namespace {

Value value_of(const OrderedJson& json) {
  if (json.is_null()) return {};
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  throw std::invalid_argument("a cell is null, an integer, a number with a point, or a string");
}

OrderedJson json_of(const Value& value) {
  OrderedJson json;
  std::visit(
      [&](const auto& held) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) json = held;
      },
      value);
  return json;
}

Table table_of(const OrderedJson& json) {
  Table table;
  table.columns = json.at("columns").get<std::vector<std::string>>();
  for (const auto& cells : json.at("rows")) {
    Row row;
    for (const auto& cell : cells) row.push_back(value_of(cell));
    if (row.size() != table.columns.size()) throw std::invalid_argument("a row has another number of cells than there are columns");
    table.rows.push_back(std::move(row));
  }
  return table;
}

OrderedJson json_of(const std::vector<Row>& rows) {
  auto json = OrderedJson::array();
  for (const auto& row : rows) {
    auto cells = OrderedJson::array();
    for (const auto& value : row) cells.push_back(json_of(value));
    json.push_back(std::move(cells));
  }
  return json;
}

OrderedJson json_of(const Error& error) {
  return {{"class", to_string(error.kind)}, {"text", error.text}, {"means", to_string(implication(error.kind))}};
}

OrderedJson json_of(const Request& request) {
  if (const auto* http = std::get_if<HttpRequest>(&request)) return {{"target", http->target}};
  // What a statement gives is tried on a real server; its text is nobody's business here.
  const auto& sql = std::get<SqlRequest>(request);
  auto parameters = OrderedJson::array();
  for (const auto& parameter : sql.parameters) parameters.push_back(parameter ? OrderedJson(*parameter) : OrderedJson());
  return {{"sql", sql.name}, {"parameters", std::move(parameters)}};
}

const char* name_of(Mode mode) {
  switch (mode) {
    case Mode::upsert: return "upsert";
    case Mode::replace: return "replace";
    case Mode::erase: break;
  }
  return "erase";
}

OrderedJson json_of(const Batch& batch) {
  auto writes = OrderedJson::array();
  for (const auto& write : batch.writes) {
    OrderedJson json{{"table", write.table}, {"mode", name_of(write.mode)}};
    if (!write.scope.empty()) {
      auto scope = OrderedJson::object();
      for (const auto& [column, value] : write.scope) scope[column] = json_of(value);
      json["scope"] = std::move(scope);
    }
    json["columns"] = write.columns;
    json["rows"] = json_of(write.rows);
    writes.push_back(std::move(json));
  }
  OrderedJson shown{{"rows", batch.rows}, {"more", batch.more}, {"answered", batch.answered}};
  if (batch.age_s != 0) shown["age_s"] = batch.age_s;
  if (!batch.note.empty()) shown["note"] = batch.note;
  shown["writes"] = std::move(writes);
  return shown;
}

void forbid_or_drop(Catalogue& catalogue, const OrderedJson& changes) {
  for (const auto& [change, names] : changes.items()) {
    for (const auto& name : names) {
      const auto full = name.get<std::string>();
      const auto point = full.find('.');
      if (point == std::string::npos) catalogue.tables.erase(full);
      else if (change == "without") catalogue.tables.at(full.substr(0, point)).erase(full.substr(point + 1));
      else catalogue.tables.at(full.substr(0, point)).at(full.substr(point + 1)) = Catalogue::Access::forbidden;
    }
  }
}

// Of the very first attempt, on an empty cache.
PriorState first_known(const Source& source) {
  static std::map<std::string, PriorState> found;
  const auto at = found.find(source.name);
  return at != found.end() ? at->second : found.emplace(source.name, Store().prior_state(source, 0)).first->second;
}

constexpr std::size_t line_length = 130;

void write_pretty(const OrderedJson& value, std::size_t indent, std::size_t before, std::string& out) {
  const auto flat = value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  if (!value.is_structured() || value.empty() || indent + before + flat.size() <= line_length) {
    // One blank after each comma and colon outside of strings.
    bool quoted = false;
    for (std::size_t i = 0; i < flat.size(); ++i) {
      out += flat[i];
      if (flat[i] == '\\' && quoted) out += flat[++i];
      else if (flat[i] == '"') quoted = !quoted;
      else if (!quoted && (flat[i] == ',' || flat[i] == ':')) out += ' ';
    }
    return;
  }
  const std::string inner(indent + 2, ' ');
  out += value.is_array() ? "[\n" : "{\n";
  std::size_t left = value.size();
  for (const auto& [key, item] : value.items()) {
    out += inner;
    const auto start = out.size();
    if (value.is_object()) out += OrderedJson(key).dump() + ": ";
    write_pretty(item, indent + 2, out.size() - start, out);
    out += --left == 0 ? "\n" : ",\n";
  }
  out += std::string(indent, ' ') + (value.is_array() ? "]" : "}");
}

}  // namespace

const std::vector<GoldenCase>& golden_cases() {
  static const auto cases = [] {
    std::vector<GoldenCase> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(GOLDEN_DIRECTORY)) {
      if (entry.path().extension() != ".json") continue;
      auto document = OrderedJson::parse(read_file(entry.path()), nullptr, false);
      if (document.is_discarded()) throw std::invalid_argument(entry.path().string() + " is no JSON");
      found.push_back({.source = entry.path().parent_path().filename().string(),
                       .name = entry.path().stem().string(),
                       .file = entry.path(),
                       .document = std::move(document)});
    }
    std::ranges::sort(found, {}, [](const auto& golden) { return std::pair(golden.source, golden.name); });
    return found;
  }();
  return cases;
}

const GoldenCase& golden_success(const std::string& source) {
  for (const auto& golden : golden_cases()) {
    if (golden.source == source && golden.document.value("expected", OrderedJson::object()).contains("batch")) return golden;
  }
  throw std::out_of_range("no golden case in which " + source + " makes rows");
}

std::string body_of(const OrderedJson& answer) {
  const auto body = answer.find("body");
  if (body == answer.end()) return {};
  return body->is_string() ? body->get<std::string>() : body->dump();
}

GoldenInput::GoldenInput(const GoldenCase& golden) {
  const auto& document = golden.document;
  const auto& source = source_named(golden.source);
  if (const auto given = document.find("known"); given != document.end()) {
    for (const auto& table : *given) prior.tables.push_back(table_of(table));
  } else {
    prior = first_known(source);
  }
  prior.now = document.at("now").get<std::int64_t>();
  prior.first_sample_counts = document.value("first_sample_counts", false);
  if (source.upstream == "postgres") {
    catalogue = contract_catalogue();
    forbid_or_drop(catalogue, document.value("catalogue", OrderedJson::object()));
    prior.catalogue = &catalogue;
  }
  for (const auto& answer : document.value("answers", OrderedJson::array())) {
    if (answer.contains("columns")) {
      answers.emplace_back(table_of(answer));
    } else {
      answers.emplace_back(
          HttpAnswer{.status = answer.at("status").get<int>(), .body = body_of(answer), .latency_ms = answer.value("latency_ms", 12.5)});
    }
  }
}

OrderedJson outcome_of(const Source& source, const GoldenInput& input) {
  OrderedJson outcome;
  const auto requests = source.ask(input.prior);
  if (!requests) {
    outcome["ask_error"] = json_of(requests.error());
    return outcome;
  }
  outcome["requests"] = OrderedJson::array();
  for (const auto& request : *requests) outcome["requests"].push_back(json_of(request));
  if (requests->size() != input.answers.size()) {
    outcome["case_error"] = "there are other numbers of requests and of answers";
    return outcome;
  }
  const auto batch = source.parse(input.prior, input.answers);
  if (batch) outcome["batch"] = json_of(*batch);
  else outcome["error"] = json_of(batch.error());
  return outcome;
}

std::string pretty(const OrderedJson& value) {
  std::string out;
  write_pretty(value, 0, 0, out);
  return out + "\n";
}

}  // namespace gateway
