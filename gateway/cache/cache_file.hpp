// The published file from outside: how it is opened, whether it is good, how it is moved aside, who holds its lock.
#pragma once

#include <SQLiteCpp/Database.h>

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

namespace gateway {

// As every reader opens it: a finished file that nobody changes in place.
std::string immutable_uri(const std::filesystem::path& file);
SQLite::Database open_published(const std::filesystem::path& file);  // throws SQLite::Exception

enum class FileState { absent, good, older, newer, broken };

struct Inspection {
  FileState state = FileState::absent;
  std::string reason;  // of all but absent and good
};

// Reads the whole file (quick_check). Never throws.
Inspection inspect(const std::filesystem::path& file);
// The cheap checks before a rename: header, application_id, user_version, size. nullopt: good.
std::optional<std::string> faults_of_finished(const std::filesystem::path& file);

// Gives the file a second, dated name beside it and keeps five of those: see aside.hpp. Returns the new name or the fault.
std::expected<std::filesystem::path, std::string> move_aside(const std::filesystem::path& file, const std::string& label);

// One gateway a file. The lock lives as long as the object and ends with the process, however it ends.
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
