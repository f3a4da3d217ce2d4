// One gateway a file.
#pragma once

#include <filesystem>
#include <string>

namespace gateway {

// The lock lives as long as the object and ends with the process, however it ends.
class Lock {
 public:
  enum class State { held, taken, impossible };

  explicit Lock(const std::filesystem::path& cache_file) : path_(cache_file.string() + ".lock") {}
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  // `taken`: detail() names the holder. `impossible` (a read-only directory): detail() says why; may be tried again.
  State acquire();
  const std::string& detail() const { return detail_; }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::string detail_;
};

}  // namespace gateway
