#include "check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"

namespace fuzz {

void require(bool holds, std::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

void require_proper(const gateway::Error& error) {
  require(error.kind != gateway::ErrorClass::other, "an error has a class");
  require_readable(error);
}

void require_readable(const gateway::Error& error) {
  require(!error.text.empty() && error.text.size() <= 2000, "an error has a text of at most 2,000 bytes");
  require(error.text == gateway::one_line(gateway::clean_utf8(error.text)), "an error's text is one clean line");
}

void require_proper(const gateway::Batch& batch, const gateway::Source& source) {
  for (const auto& write : batch.writes) {
    require(std::ranges::find(source.tables, write.table) != source.tables.end(), "a source writes its own tables only");
    for (const auto& row : write.rows) {
      require(row.size() == write.columns.size(), "a row is as long as its columns");
      for (const auto& value : row) {
        if (const auto* text = std::get_if<std::string>(&value)) require(gateway::clean_utf8(*text) == *text, "stored text is clean");
        if (const auto* real = std::get_if<double>(&value)) require(std::isfinite(*real), "stored numbers are finite");
      }
    }
  }
}

}  // namespace fuzz
