// The generator. Distributions are written out: the standard ones may differ from library to library, and a seed that
// a test was written for must keep its meaning.
#include "random.hpp"

#include <fmt/format.h>

namespace trading {

namespace {

std::uint64_t mixed(std::uint64_t seed, std::string_view purpose) {
  std::uint64_t hash = 14695981039346656037ULL ^ seed;
  for (const char letter : purpose) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
  return hash;
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view purpose) : engine_{mixed(seed, purpose)} {}

Random Random::unseeded() {
  std::random_device device;
  std::seed_seq sequence{device(), device(), device(), device()};
  return Random{std::mt19937_64{sequence}};
}

double Random::between(double low, double high) {
  constexpr double steps = 9007199254740992.0;  // 2^53, all a double can tell apart
  return low + (high - low) * (static_cast<double>(engine_() >> 11) / steps);
}

bool Random::chance(double probability) { return between(0, 1) < probability; }

std::size_t Random::index(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }

std::string Random::uuid() {
  const std::uint64_t high = (engine_() & 0xFFFFFFFFFFFF0FFFULL) | 0x4000ULL;
  const std::uint64_t low = (engine_() & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48,
                     low & 0xFFFFFFFFFFFFULL);
}

}  // namespace trading
