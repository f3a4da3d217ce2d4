#include "run/system_identity.hpp"

#include <stdexcept>

#include "cache/move_aside.hpp"
#include "cache/store.hpp"
#include "run/log.hpp"

namespace gateway {
namespace {

// Of the same name, and the system's id of one of them is not known.
bool may_be_same(const std::string& identity, const std::string& other) {
  const auto name = [](const std::string& i) { return i.substr(std::min(i.find('/'), i.size())); };
  return (identity.starts_with('/') || other.starts_with('/')) && name(identity) == name(other);
}

}  // namespace

bool starts_over_for_other_system(Store& store, const std::filesystem::path& cache_path, const std::string& upstream,
                                  const std::string& identity) {
  const auto known = store.identity(upstream);
  if (identity.empty() || identity == known) return false;
  if (known.empty() || may_be_same(identity, known)) {
    if (known.empty() || known.starts_with('/')) store.set_identity(upstream, identity);
    return false;
  }
  const auto aside = move_aside(cache_path, "other-upstream");
  if (!aside)
    throw std::runtime_error("this is not the database that the cached rows came from, and they cannot be kept: " + aside.error());
  log(Level::warn, "other_upstream",
      {{"upstream", upstream},
       {"aside", aside->string()},
       {"text", "this is not the database that the cached rows came from; they are fetched again, all others stay"}});
  store.begin_anew(upstream, identity);
  return true;
}

}  // namespace gateway
