// What a finished training leaves behind: a model version, active if it is good enough, and its metrics for the
// validation split and the test split. Nothing in the database says that a training has begun or failed.
#pragma once

#include <optional>
#include <string>

#include "clock.hpp"
#include "database.hpp"
#include "random.hpp"

namespace trading {

struct Training {
  std::string version_id;
  std::optional<std::string> strategy_id;  // none: the default model
  Time trained_at;
  int duration_s = 0;
  double accuracy = 0;
  bool with_test_split = true;
  bool splits_named = true;  // rows of old versions have no metadata
};

constexpr double accuracy_threshold = 0.75;

// Also takes the active flag from the version before, if the new one earns it.
bool write_training(Database& database, Random& choices, const Training& training);

}  // namespace trading
