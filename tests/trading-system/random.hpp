// Chance with a memory: the same seed decides the same things in the same order. Identities of live rows come from a
// second, unseeded instance, because a restarted service would otherwise repeat the ids it used before.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace trading {

class Random {
 public:
  Random(std::uint64_t seed, std::string_view purpose);
  static Random unseeded();

  bool chance(double probability);
  double between(double low, double high);
  std::size_t index(std::size_t count);
  std::string uuid();

  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[index(from.size())];
  }

 private:
  explicit Random(std::mt19937_64 engine) : engine_{engine} {}
  std::mt19937_64 engine_;
};

}  // namespace trading
