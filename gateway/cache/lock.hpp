// One gateway a file.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "cache/private_file.hpp"

namespace gateway {

// An flock on CACHE_PATH.lock. It ends with the object, and with the process, however that ends. The file is for those alone
// who may publish: whoever can open it can keep the gateway from starting. It is on a file and not on a name, so the name is
// looked at again before each publish. Blocks on the disk for microseconds.
class Lock {
 public:
  enum class State { held, taken, impossible, lost };

  explicit Lock(const std::filesystem::path& cache_file);

  // Takes it, or looks whether it is still ours: the lock file may have been removed, or its directory renamed. Then it is
  // taken anew. detail() says more: `taken`: who holds it. `impossible` (a read-only directory): why; may be tried again.
  // `lost`: it was ours and another gateway has it now; that stays so, because that one's file is the newer one.
  State acquire();
  const std::string& detail() const { return detail_; }
  // Since the last call: the lock was taken anew, and why; something that was no lock was renamed.
  std::optional<std::string> news() { return std::exchange(news_, std::nullopt); }

  // Where the lock is, for what is published under it now. Not kept open longer, so that a mount there can be undone. Once after
  // each acquire() that returned `held`.
  Directory take_directory() { return std::move(*directory_); }

 private:
  struct Held {
    Descriptor file;
    FileId id, directory;
  };
  struct Refused {
    State state;
    std::string detail;
  };

  std::optional<std::string> why_no_longer_ours();
  std::expected<Held, Refused> take();
  std::expected<Descriptor, Refused> open(const Directory& directory);
  std::optional<Refused> displace(const Directory& directory, const std::string& reason);
  Refused impossible(const Directory& directory) const;

  std::filesystem::path parent_;
  std::string name_;
  std::optional<Held> held_;
  std::optional<Directory> directory_;
  bool lost_ = false;
  std::string detail_;
  std::optional<std::string> news_;
};

}  // namespace gateway
