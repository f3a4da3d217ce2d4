// Files that earlier runs published for more readers than this one.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace gateway {

// Takes the read permissions that `mode` lacks from the cache, its saved copy and the files moved aside. Adds none. Only
// files of our own that no one may write are changed: we published them. Call it with the lock held.
void narrow_earlier_modes(const std::filesystem::path& cache, mode_t mode);

}  // namespace gateway
