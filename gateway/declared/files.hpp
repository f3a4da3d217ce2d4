// The files of DATASETS_DIR.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "declared/dataset.hpp"
#include "declared/upstream.hpp"

namespace gateway {

// What its file keeps from being used. `dataset` and `upstream` where they could be read.
struct FaultyFile {
  std::string file, dataset, upstream;
  std::vector<Fault> faults;
  bool is_upstream = false;  // it declares one, and no dataset
};

// In order of their files' names each.
struct DeclaredDatasets {
  std::vector<std::shared_ptr<const Declared>> datasets;
  std::vector<FaultyFile> faulty;
  std::vector<DeclaredUpstream> upstreams;
};

// Every *.yaml in the directory; one that is not there has no files. Never throws.
DeclaredDatasets read_datasets(const std::filesystem::path& directory, const Surroundings& surroundings);

}  // namespace gateway
