// Every link leads somewhere: to a dashboard, to variables that it has, with values that survive the way.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "reader/dashboard.hpp"
#include "reader/interpolation.hpp"

namespace grafana {
namespace {

struct Link {
  std::string where, url;
  bool in_json = true;  // and not in a text
};

std::vector<Link> links_of(const Dashboard& dashboard) {
  std::vector<Link> all;
  for (const auto* holder : holders(dashboard.json, "url")) all.push_back({dashboard.uid, holder->at("url").get<std::string>(), true});
  // And those written in texts.
  static const std::regex markdown(R"(\]\((/[^)]*)\))");
  for (const auto& panel : dashboard.panels) {
    const auto text = panel.json.value("description", "") + panel.json.value("options", Json::object()).value("content", "");
    for (std::sregex_iterator at(text.begin(), text.end(), markdown), end; at != end; ++at)
      all.push_back({place(dashboard, panel), (*at)[1].str(), false});
  }
  return all;
}

struct Address {
  std::string uid;
  std::vector<std::pair<std::string, std::string>> parameters;
};

Address parsed(const std::string& url) {
  static const std::regex form(R"(/d/([A-Za-z0-9_-]+)(/[a-z0-9-]*)?(\?(.*))?)");
  std::smatch found;
  Address address;
  if (!std::regex_match(url, found, form)) return address;
  address.uid = found[1].str();
  const auto query = found[4].str();
  static const std::regex parameter(R"(([^&=]+)(=([^&]*))?)");
  for (std::sregex_iterator at(query.begin(), query.end(), parameter), end; at != end; ++at)
    address.parameters.emplace_back((*at)[1].str(), (*at)[3].str());
  return address;
}

TEST(GrafanaStructure, links_lead_to_dashboards_and_variables_that_exist) {
  for (const auto& dashboard : dashboards()) {
    for (const auto& link : links_of(dashboard)) {
      SCOPED_TRACE(link.where + ": " + link.url);
      const auto address = parsed(link.url);
      const auto* target = grafana::dashboard(address.uid);
      ASSERT_NE(target, nullptr);
      for (const auto& [name, value] : address.parameters) {
        if (name.starts_with("var-")) {
          EXPECT_NE(target->variable(name.substr(4)), nullptr) << name;
        } else if (name == "viewPanel") {
          EXPECT_NE(target->panel(std::stoll(value.substr(value.find_first_of("0123456789")))), nullptr) << value;
        } else {
          EXPECT_EQ(name, "${__url_time_range}");
        }
      }
    }
  }
}

TEST(GrafanaStructure, values_in_links_are_encoded_and_come_from_fields_or_variables) {
  static const std::set<std::string> macros{"__value", "__data", "__field", "__series"};
  for (const auto& dashboard : dashboards()) {
    for (const auto& link : links_of(dashboard)) {
      SCOPED_TRACE(link.where + ": " + link.url);
      for (const auto& reference : references(link.url)) {
        if (reference.name == "__url_time_range" || reference.name == "__all_variables") continue;
        EXPECT_TRUE(macros.contains(reference.name) || dashboard.variable(reference.name) != nullptr) << reference.name;
        EXPECT_EQ(reference.format, "percentencode") << reference.name;
      }
    }
  }
}

TEST(GrafanaStructure, every_dashboard_leads_to_every_other_and_keeps_the_time_range) {
  for (const auto& dashboard : dashboards()) {
    SCOPED_TRACE(dashboard.uid);
    std::set<std::string> reached{dashboard.uid};
    for (const auto& link : dashboard.json.value("links", Json::array())) {
      EXPECT_EQ(link.value("type", ""), "link");
      EXPECT_EQ(link.value("keepTime", false), true);
      EXPECT_EQ(link.value("includeVars", true), false);
      EXPECT_FALSE(link.contains("placement"));
      EXPECT_FALSE(link.value("tooltip", "").empty());
      reached.insert(parsed(link.value("url", "")).uid);
    }
    for (const auto& other : dashboards()) EXPECT_TRUE(reached.contains(other.uid)) << other.uid;
  }
}

// A link on a signal or an order opens that one, whatever filters were set there before.
TEST(GrafanaStructure, links_that_set_one_variable_set_all_of_the_target) {
  for (const auto& dashboard : dashboards()) {
    for (const auto& link : links_of(dashboard)) {
      SCOPED_TRACE(link.where + ": " + link.url);
      const auto address = parsed(link.url);
      const auto* target = grafana::dashboard(address.uid);
      std::set<std::string> set;
      for (const auto& [name, value] : address.parameters) {
        if (name.starts_with("var-")) set.insert(name.substr(4));
      }
      EXPECT_TRUE(set.erase("system") == 1 || !link.in_json) << "it leads to another system";
      if (set.empty() || target == nullptr) continue;
      set.insert("system");
      for (const auto& variable : target->variables) EXPECT_TRUE(set.contains(variable.name)) << variable.name;
    }
  }
}

}  // namespace
}  // namespace grafana
