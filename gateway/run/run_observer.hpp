// Notifications about a run, for metrics. Called on the loop thread: an implementation must not block.
#pragma once

#include <optional>
#include <string>

#include "base/source.hpp"
#include "publish/publisher.hpp"

namespace gateway {

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // After each turn of the loop.
  virtual void turned() {}
  // One source's outcome. `error`: what went wrong, also when it was only found while storing.
  virtual void attempted(const Outcome& /*outcome*/, const std::optional<Error>& /*error*/) {}
  // After each publish and each save, successful or not.
  virtual void published(const std::optional<std::string>& /*error*/) {}
  virtual void saved(const std::optional<std::string>& /*error*/) {}
  // After each successful publish.
  virtual void measured(const PublishTimes& /*times*/) {}
};

}  // namespace gateway
