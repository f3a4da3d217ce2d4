// What many tests share: settings from a map, the list of sources they give, files in a directory that goes away.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "settings/settings.hpp"

namespace gateway {

using Variables = std::map<std::string, std::string>;

// An environment that holds these variables and no others.
Environment environment_of(Variables variables);
// Throws when the variables have faults: a test that wants faults reads them itself.
Settings settings_of(const Variables& variables);

// The settings under which golden cases and registry tests look sources up: the defaults, with more services.
const Settings& fixed_settings();
// all_sources() of them, and one of those by name (throws std::out_of_range).
const std::vector<Source>& fixed_sources();
const Source& source_named(const std::string& name);

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& file, const std::string& content);
std::string read_file(const std::filesystem::path& file);
// Names of what is in a directory, sorted.
std::vector<std::string> listing(const std::filesystem::path& directory);

}  // namespace gateway
