#include "declared/files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/text.hpp"

namespace gateway {
namespace {

constexpr std::size_t most_files = 200;

std::vector<std::filesystem::path> files_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error); !error && entry != std::filesystem::directory_iterator();
       entry.increment(error)) {
    const auto& path = entry->path();
    // Hidden ones are an editor's, and the real directories behind a ConfigMap's links.
    if (path.extension() == ".yaml" && !path.filename().string().starts_with('.')) files.push_back(path);
  }
  std::ranges::sort(files);
  return files;
}

// A file decides what is asked with whose password: only who may change the gateway's settings may change it.
std::string why_not_trusted(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::error_code(errno, std::generic_category()).message();
  if ((status.st_mode & S_IWOTH) != 0)
    return fmt::format("writable by others (mode {:04o}): chmod o-w {}", status.st_mode & 07777U, path.string());
  return {};
}

std::string content_of(const std::filesystem::path& path, std::string& fault) {
  if (!std::filesystem::is_regular_file(path)) {
    fault = "is not a regular file";
    return {};
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    fault = "cannot be read: check owner and mode";
    return {};
  }
  std::string text(largest_yaml + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

void read_file(const std::filesystem::path& path, const Surroundings& surroundings, DeclaredDatasets& all) {
  const auto file = path.filename().string();
  std::string fault = why_not_trusted(path);
  if (fault.empty()) fault = why_not_trusted(path.parent_path());
  const auto text = fault.empty() ? content_of(path, fault) : std::string();
  ReadDataset read;
  if (fault.empty()) read = read_dataset(file, text, surroundings);
  else read.faults.push_back({file, {1, 1}, fault});
  const auto& d = read.dataset;
  const auto same = std::ranges::find_if(
      all.datasets, [&](const auto& other) { return !d.name.empty() && (other->name == d.name || other->name == d.name + "_trend"); });
  if (same != all.datasets.end()) read.faults.push_back({file, {1, 1}, fmt::format("dataset: '{}' is also in {}", d.name, (*same)->file)});
  if (read.faults.empty()) all.datasets.push_back(std::make_shared<const Declared>(std::move(read.dataset)));
  else all.faulty.push_back({file, same == all.datasets.end() ? d.name : std::string(), d.upstream, std::move(read.faults)});
}

}  // namespace

DeclaredDatasets read_datasets(const std::filesystem::path& directory, const Surroundings& surroundings) {
  DeclaredDatasets all;
  const auto files = files_in(directory);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i < most_files) {
      read_file(files[i], surroundings, all);
    } else {
      const auto file = files[i].filename().string();
      all.faulty.push_back({file, {}, {}, {{file, {1, 1}, fmt::format("{} files, at most {} are read", files.size(), most_files)}}});
    }
  }
  return all;
}

}  // namespace gateway
