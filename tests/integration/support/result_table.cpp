#include "result_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace integration {

void ResultTable::note(const std::string& row, const std::string& column, const std::string& outcome) {
  if (!outcomes_.contains(row)) rows_.push_back(row);
  outcomes_[row][column] = outcome;
}

void ResultTable::print() const {
  if (rows_.empty()) return;
  const auto cell = [&](const std::string& row, const std::string& column) {
    const auto found = outcomes_.at(row).find(column);
    return found == outcomes_.at(row).end() ? std::string("-") : found->second;
  };
  auto first = what_.size();
  for (const auto& row : rows_) first = std::max(first, row.size());
  std::vector<std::size_t> widths;
  for (const auto& column : columns_) {
    auto& width = widths.emplace_back(column.size());
    for (const auto& row : rows_) width = std::max(width, cell(row, column).size());
  }
  const auto line = [&](const std::string& name, const auto& text_of) {
    std::cout << fmt::format("| {:<{}} |", name, first);
    for (std::size_t c = 0; c < columns_.size(); ++c) std::cout << fmt::format(" {:<{}} |", text_of(columns_[c]), widths[c]);
    std::cout << '\n';
  };
  line(what_, [](const auto& column) { return column; });
  for (const auto& row : rows_) line(row, [&](const auto& column) { return cell(row, column); });
  std::cout << std::flush;
}

}  // namespace integration
