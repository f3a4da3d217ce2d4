// Grafana's container in the small: a process of its own that is another user and sees the cache's directory through a
// read-only mount. It looks at the file until it is told to stop, and what it has to say comes back as text.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

#include "reader.hpp"

namespace integration {

class MountedReader {
 public:
  using GoesOn = std::function<bool()>;
  using Work = std::function<std::string(const Reader&, const GoesOn&)>;

  // `work` begins at once; it ends by itself, or soon after `goes_on` has become false.
  MountedReader(const std::filesystem::path& directory, const Work& work);
  ~MountedReader();
  MountedReader(const MountedReader&) = delete;
  MountedReader& operator=(const MountedReader&) = delete;

  // Waits until it ends by itself, or tells it to stop first; what `work` returned. Throws where there was no such process.
  std::string wait();
  std::string stop();

 private:
  pid_t pid_ = -1;
  int told_ = -1, says_ = -1;
};

}  // namespace integration
