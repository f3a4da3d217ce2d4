#include "dashboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace grafana {
namespace {

Target target_of(const Json& json) {
  Target target{.sql = json.value("rawQueryText", ""), .time_columns = {}};
  if (json.contains("timeColumns")) target.time_columns = json.at("timeColumns").get<std::vector<std::string>>();
  return target;
}

void gather_panels(const Json& list, std::vector<Panel>& panels) {
  for (const auto& json : list) {
    panels.push_back(
        {.id = json.value("id", std::int64_t{0}), .type = json.value("type", ""), .title = json.value("title", ""), .json = json});
    if (json.contains("panels")) gather_panels(json.at("panels"), panels);
  }
}

Dashboard read(const std::filesystem::path& file) {
  const std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::stringstream content;
  content << in.rdbuf();
  Dashboard dashboard{
      .file = file, .text = content.str(), .uid = {}, .title = {}, .json = {}, .panels = {}, .variables = {}, .annotations = {}};
  try {
    dashboard.json = Json::parse(dashboard.text);
  } catch (const Json::exception& e) {
    throw std::runtime_error(file.filename().string() + ": " + e.what());
  }
  const auto& json = dashboard.json;
  dashboard.uid = json.value("uid", "");
  dashboard.title = json.value("title", "");
  gather_panels(json.value("panels", Json::array()), dashboard.panels);
  const auto position = [](const Panel& panel) {
    const auto grid = panel.json.value("gridPos", Json::object());
    return std::pair(grid.value("y", 0), grid.value("x", 0));
  };
  std::ranges::stable_sort(dashboard.panels, [&](const auto& a, const auto& b) { return position(a) < position(b); });
  for (const auto& one : json.value("templating", Json::object()).value("list", Json::array())) {
    dashboard.variables.push_back({.name = one.value("name", ""), .type = one.value("type", ""), .json = one});
  }
  for (const auto& one : json.value("annotations", Json::object()).value("list", Json::array())) {
    dashboard.annotations.push_back({.name = one.value("name", ""), .json = one});
  }
  return dashboard;
}

std::vector<Dashboard> read_all() {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(DASHBOARDS_DIRECTORY)) {
    for (const auto& entry : std::filesystem::directory_iterator(DASHBOARDS_DIRECTORY)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  std::vector<Dashboard> all;
  for (const auto& file : files) all.push_back(read(file));
  return all;
}

}  // namespace

std::vector<Target> Panel::targets() const {
  std::vector<Target> all;
  for (const auto& one : json.value("targets", Json::array())) all.push_back(target_of(one));
  return all;
}

Target Annotation::target() const { return target_of(json.value("target", Json::object())); }

const Variable* Dashboard::variable(const std::string& name) const {
  const auto found = std::ranges::find(variables, name, &Variable::name);
  return found == variables.end() ? nullptr : &*found;
}

const Panel* Dashboard::panel(std::int64_t id) const {
  const auto found = std::ranges::find(panels, id, &Panel::id);
  return found == panels.end() ? nullptr : &*found;
}

const std::vector<Dashboard>& dashboards() {
  static const auto all = read_all();
  return all;
}

const Dashboard* dashboard(const std::string& uid) {
  const auto found = std::ranges::find(dashboards(), uid, &Dashboard::uid);
  return found == dashboards().end() ? nullptr : &*found;
}

std::vector<const Json*> holders(const Json& document, const std::string& key) {
  std::vector<const Json*> found;
  if (document.is_object() && document.contains(key)) found.push_back(&document);
  if (document.is_structured()) {
    for (const auto& child : document) std::ranges::copy(holders(child, key), std::back_inserter(found));
  }
  return found;
}

std::string place(const Dashboard& dashboard, const Panel& panel) {
  return fmt::format("{} / {} {}", dashboard.uid, panel.id, panel.title);
}

}  // namespace grafana
