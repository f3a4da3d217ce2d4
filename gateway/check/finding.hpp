// What `check` finds: one line each, with what to do about it.
#pragma once

#include <string>
#include <vector>

namespace gateway {

enum class Grade {
  good,
  note,   // works, but leaves something open: a cache that every local user can read
  fault,  // does not work, or must not stay so
};

struct Finding {
  Grade grade = Grade::good;
  std::string what;    // names the thing
  std::string remedy;  // exact: a command, or a setting and its value; empty where it is good
};

using Findings = std::vector<Finding>;

}  // namespace gateway
