#include "cache/earlier_modes.hpp"

#include <fcntl.h>

#include <string>
#include <system_error>

#include "cache/private_file.hpp"

namespace gateway {

void narrow_earlier_modes(const std::filesystem::path& cache, mode_t mode) {
  constexpr mode_t read_only = 0444;
  const auto directory = directory_of(cache);
  if (!directory) return;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path(), ignored)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(cache.filename().string())) continue;
    const auto file = directory.open_regular(name, O_RDONLY);
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0 || status.st_uid != ::geteuid()) continue;
    const mode_t found = status.st_mode & 07777U;
    if ((found & ~read_only) == 0 && (found & mode) != found) ::fchmod(file.get(), found & mode);
  }
}

}  // namespace gateway
