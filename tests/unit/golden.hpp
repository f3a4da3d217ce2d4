// Golden cases: a recorded answer in, the rows a source makes of it out. One file a case, under the name of its source:
// {about, now, known?, catalogue?, answers, expected}. GOLDEN_UPDATE=1 rewrites `expected`, to be reviewed as a diff.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "base/source.hpp"

namespace gateway {

using OrderedJson = nlohmann::ordered_json;

struct GoldenCase {
  std::string source, name;
  std::filesystem::path file;
  OrderedJson document;

  friend void PrintTo(const GoldenCase& golden, std::ostream* out) { *out << golden.file; }  // in failures
};

// All of them, sorted by source and name. Throws when a file cannot be read.
const std::vector<GoldenCase>& golden_cases();

// What a case gives to its source. The catalogue lives here, so this must outlive the call.
struct GoldenInput {
  explicit GoldenInput(const GoldenCase& golden);
  GoldenInput(const GoldenInput&) = delete;
  GoldenInput& operator=(const GoldenInput&) = delete;

  Catalogue catalogue;
  PriorState prior;
  std::vector<Answer> answers;
};

// The first case of a source that makes rows; throws when there is none.
const GoldenCase& golden_success(const std::string& source);

// The body of an answer as it is fed: a string as it stands, anything else as the JSON it is.
std::string body_of(const OrderedJson& answer);

// What a source made of it, as it stands in `expected`.
OrderedJson outcome_of(const Source& source, const GoldenInput& input);

// Short values on one line, long ones broken, keys in their order: made to be read in a diff.
std::string pretty(const OrderedJson& value);

}  // namespace gateway
