// The dashboards as files: their panels, variables and annotations, in the v1 JSON that Grafana provisions.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace grafana {

using Json = nlohmann::ordered_json;

// One question to the data source: of a panel, a variable or an annotation.
struct Target {
  std::string sql;                        // rawQueryText
  std::vector<std::string> time_columns;  // as listed
};

struct Panel {
  std::int64_t id = 0;
  std::string type, title;
  Json json;

  bool asks() const { return type != "text" && type != "row"; }
  // A chart draws over time; all others show rows as they come.
  bool is_chart() const { return type == "timeseries" || type == "state-timeline" || type == "status-history" || type == "barchart"; }
  std::vector<Target> targets() const;
};

struct Variable {
  std::string name, type;
  Json json;

  bool multi() const { return json.value("multi", false); }
  bool include_all() const { return json.value("includeAll", false); }
};

struct Annotation {
  std::string name;
  Json json;

  bool built_in() const { return json.contains("builtIn"); }
  Target target() const;
};

struct Dashboard {
  std::filesystem::path file;
  std::string text, uid, title;
  Json json;
  std::vector<Panel> panels;  // from top left to bottom right; those inside rows too
  std::vector<Variable> variables;
  std::vector<Annotation> annotations;

  const Variable* variable(const std::string& name) const;
  const Panel* panel(std::int64_t id) const;
};

// All *.json of grafana/dashboards, by file name; read once. Throws what a bad file throws.
const std::vector<Dashboard>& dashboards();
const Dashboard* dashboard(const std::string& uid);

// Every object that holds `key`, wherever it is in the document.
std::vector<const Json*> holders(const Json& document, const std::string& key);
// "system-health / 3 Services": where a fault is.
std::string place(const Dashboard& dashboard, const Panel& panel);

}  // namespace grafana
