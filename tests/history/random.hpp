// Chance from a seed: the same seed gives the same history on every machine, so only the generator's own bits are used,
// none of the library's distributions.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace history {

class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_(seed) {}

  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(bits_() % static_cast<std::uint64_t>(most - least + 1));
  }
  double real(double least, double most) { return least + (most - least) * static_cast<double>(bits_() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return real(0, 1) < probability; }
  std::size_t index(std::size_t size) { return static_cast<std::size_t>(bits_() % size); }
  template <typename T>
  const T& one_of(const std::vector<T>& all) {
    return all[index(all.size())];
  }
  std::string uuid() {
    const auto high = bits_(), low = bits_();
    return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xfff, low >> 52,
                       low & 0xffffffffffff);
  }

 private:
  std::mt19937_64 bits_;
};

// As a timestamp column keeps it.
inline double microseconds(double time) { return std::round(time * 1e6) / 1e6; }

}  // namespace history
