// What colour and words Grafana gives to a cell: value mappings, thresholds, overrides. Enough to tell that what nobody
// knows is never painted as good.
#pragma once

#include <optional>
#include <string>

#include "base/rows.hpp"
#include "dashboard.hpp"
#include "plugin.hpp"

namespace grafana {

struct Shown {
  std::string text;    // after mappings; empty where the value is formatted by unit
  std::string colour;  // a mapping's, a threshold's or a fixed one
};

// The settings of one field: the panel's defaults with the overrides that match it laid over.
Json field_config(const Panel& panel, const std::string& field);
// Its display name: an override's, or its own.
std::string display_name(const Panel& panel, const std::string& field);

// What the transformation extractFields makes of a column of JSON objects: a column for each member, in order of their first
// appearance, in the place of all others. A panel without it: the frame as it is.
bool extracts_fields(const Panel& panel);
Frame with_extracted_fields(const Panel& panel, Frame frame);

Shown shown(const Panel& panel, const std::string& field, const gateway::Value& value);

// Green means good, on every dashboard.
bool is_green(const std::string& colour);
bool is_neutral(const std::string& colour);

}  // namespace grafana
