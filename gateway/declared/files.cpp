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

struct File {
  std::string name, text, fault;
};

File read_file(const std::filesystem::path& path) {
  File file{.name = path.filename().string(), .text = {}, .fault = why_not_trusted(path)};
  if (file.fault.empty()) file.fault = why_not_trusted(path.parent_path());
  if (file.fault.empty()) file.text = content_of(path, file.fault);
  return file;
}

void take_upstream(const File& given, const Surroundings& surroundings, DeclaredDatasets& all) {
  auto read = read_upstream(given.name, given.text, surroundings);
  auto name = read.upstream.name;
  const auto same = std::ranges::find(all.upstreams, name, &DeclaredUpstream::name);
  if (!name.empty() && same != all.upstreams.end()) {
    read.faults.push_back({given.name, {1, 1}, fmt::format("upstream: '{}' is also in {}", name, same->file)});
    name.clear();
  }
  if (read.faults.empty()) all.upstreams.push_back(std::move(read.upstream));
  else all.faulty.push_back({given.name, {}, name, std::move(read.faults), true});
}

void take_dataset(const File& given, const Surroundings& surroundings, DeclaredDatasets& all) {
  const auto& file = given.name;
  ReadDataset read;
  if (given.fault.empty()) read = read_dataset(file, given.text, surroundings);
  else read.faults.push_back({file, {1, 1}, given.fault});
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
  const auto paths = files_in(directory);
  std::vector<File> files;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (i < most_files) files.push_back(read_file(paths[i]));
    else files.push_back({paths[i].filename().string(), {}, fmt::format("{} files, at most {} are read", paths.size(), most_files)});
  }
  auto around = surroundings;
  for (const auto& file : files) {
    if (declares_upstream(file.text)) take_upstream(file, surroundings, all);
  }
  for (const auto& upstream : all.upstreams) around.upstreams.emplace(upstream.name, upstream.database.has_value());
  for (const auto& faulty : all.faulty) around.refused.emplace(faulty.upstream, faulty.faults.front().shown());
  for (const auto& file : files) {
    if (!declares_upstream(file.text)) take_dataset(file, around, all);
  }
  return all;
}

}  // namespace gateway
