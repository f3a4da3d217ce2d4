// `check`: what stands in the way of a gateway with these settings, and what to do about it.
#pragma once

#include <iosfwd>
#include <string>

#include "settings/object_store.hpp"
#include "settings/settings.hpp"

namespace gateway {

struct CheckOptions {
  bool ask = false;      // also contact every upstream
  std::string reader;    // who shall read the cache: a user, UID or UID:GID,..; empty: not checked
  std::string env_file;  // where settings came from, if from a file
};

// 0: nothing is wrong (notes may be there). 3: something is. 2: no such reader.
int check(const Settings& given, const ObjectStoreSettings& object_store, const Environment& environment, const CheckOptions& options,
          bool colour, std::ostream& out, std::ostream& err);

}  // namespace gateway
