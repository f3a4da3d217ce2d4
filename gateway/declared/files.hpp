// The files of DATASETS_DIR.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "declared/dataset.hpp"

namespace gateway {

// A dataset that its file keeps from being asked. `dataset` and `upstream` where they could be read.
struct FaultyDataset {
  std::string file, dataset, upstream;
  std::vector<Fault> faults;
};

struct DeclaredDatasets {
  std::vector<std::shared_ptr<const Declared>> datasets;  // in order of their files' names
  std::vector<FaultyDataset> faulty;
};

// Every *.yaml in the directory; one that is not there has no files. Never throws.
DeclaredDatasets read_datasets(const std::filesystem::path& directory, const Surroundings& surroundings);

}  // namespace gateway
