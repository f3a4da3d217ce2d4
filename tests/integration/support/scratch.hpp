// New directories; other users may enter them, as they may the cache's. Everything lies below one of them, which the
// guardian of the servers removes at the end.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace integration {

inline std::filesystem::path new_directory(const std::filesystem::path& parent, const std::string& what) {
  auto name = (parent / (what + "-XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  ::chmod(name.c_str(), 0755);
  return name;
}

}  // namespace integration
