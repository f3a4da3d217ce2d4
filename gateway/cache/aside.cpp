#include "cache/aside.hpp"

#include <SQLiteCpp/Database.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <vector>

#include "cache/cache_file.hpp"

namespace gateway {
namespace {

constexpr std::size_t kept = 5;

struct Aside {
  std::filesystem::path file;
  std::int64_t events = 0;  // 0 also of what is no cache
};

std::int64_t events_in(const std::filesystem::path& file) {
  try {
    const auto opened = open_regular(file);  // what was renamed for being something else is not read
    if (!opened && errno == EACCES) return std::numeric_limits<std::int64_t>::max();  // it may hold anything
    return opened ? open_published(opened.path()).execAndGet("SELECT count(*) FROM event").getInt64() : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

}  // namespace

void keep_the_most_worth(const std::filesystem::path& directory, const std::string& prefix) {
  std::error_code error;
  std::vector<Aside> all;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().filename().string().starts_with(prefix)) all.push_back({.file = entry.path()});
  }
  if (all.size() <= kept) return;
  for (auto& aside : all) aside.events = events_in(aside.file);
  std::ranges::sort(all, std::ranges::greater{}, &Aside::file);
  std::ranges::stable_sort(all.begin() + 1, all.end(), std::ranges::greater{}, &Aside::events);
  for (std::size_t i = kept; i < all.size(); ++i) std::filesystem::remove(all[i].file, error);
}

}  // namespace gateway
