// The published file from outside: how it is opened, and whether it is good.
#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <optional>
#include <string>

#include "cache/private_file.hpp"

namespace gateway {

// As every reader opens it: a finished file that nobody changes in place.
std::string immutable_uri(const std::filesystem::path& file);
SQLite::Database open_published(const std::filesystem::path& file);  // throws SQLite::Exception

// `unreadable`: it is there, and nobody knows what it holds.
enum class FileState { absent, good, older, newer, broken, unreadable };

struct Inspection {
  FileState state = FileState::absent;
  std::string reason;  // of all but absent and good
  Descriptor file;     // what was inspected, still open, where it could be opened
  bool loadable() const { return state == FileState::good || state == FileState::older; }
};

// Reads the whole file (quick_check), if it is a regular one: a symbolic link is not followed. Never throws.
Inspection inspect(const std::filesystem::path& file);
// The cheap checks before a publish: header, application_id, user_version, size. nullopt: good.
std::optional<std::string> faults_of_finished(const Descriptor& file);
std::optional<std::string> faults_of_finished(const std::filesystem::path& file);

}  // namespace gateway
