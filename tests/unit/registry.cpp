#include "registry.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/text.hpp"

namespace gateway {

std::string registry_name(const ::testing::TestParamInfo<std::size_t>& info) {
  auto name = fixed_sources().at(info.param).name;
  std::ranges::replace_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

PriorState first_known(const Source& source, const Catalogue* catalogue) {
  auto prior = Store().prior_state(source, Cache::started);
  prior.catalogue = catalogue;
  return prior;
}

std::optional<std::string> SourceCheck::of_error(const Error& error) const {
  if (error.text.empty()) return "an error without a text";
  if (error.text.size() > 2000) return "an error of " + std::to_string(error.text.size()) + " bytes";
  if (error.text != one_line(clean_utf8(error.text))) return "an error that is not one clean line";
  if (error.text.find(secret) != std::string::npos) return "an error that shows content: " + error.text;
  return std::nullopt;
}

std::optional<std::string> SourceCheck::of_batch(const Batch& batch) const {
  for (const auto& write : batch.writes) {
    if (std::ranges::find(source_.tables, write.table) == source_.tables.end())
      return "a write to " + write.table + ", which is not among its tables";
    for (const auto& row : write.rows) {
      if (row.size() != write.columns.size()) return "a row of another length than its columns in " + write.table;
      for (const auto& value : row) {
        if (const auto* words = std::get_if<std::string>(&value); words != nullptr && clean_utf8(*words) != *words)
          return "text that is not clean in " + write.table;
        if (const auto* real = std::get_if<double>(&value); real != nullptr && !std::isfinite(*real))
          return "a number that is none in " + write.table;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> SourceCheck::complaint(const PriorState& prior, std::span<const Answer> answers) {
  try {
    auto result = source_.parse(prior, answers);
    if (!result) {
      ++errors_;
      auto complaint = of_error(result.error());
      if (!complaint) cache_.fail(source_.name, prior.now, result.error());
      return complaint;
    }
    ++batches_;
    if (auto complaint = of_batch(*result)) return complaint;
    const auto rejected_row = cache_.succeed(source_.name, prior.now, std::move(*result));
    if (rejected_row && rejected_row_ == RejectedRowIs::a_fault) return "a batch that the store refuses: " + rejected_row->text;
    return std::nullopt;
  } catch (const std::exception& e) {
    return std::string("an exception: ") + e.what();
  }
}

}  // namespace gateway
