// What was tried and what came of it: a table that a suite prints when it is over. Every line begins with "| ", by which
// `make test` finds it in the log.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace integration {

class ResultTable {
 public:
  // The first column's name is `what`.
  ResultTable(std::string what, std::vector<std::string> columns) : what_(std::move(what)), columns_(std::move(columns)) {}

  void note(const std::string& row, const std::string& column, const std::string& outcome);
  void print() const;  // nothing, if nothing was tried

 private:
  std::string what_;
  std::vector<std::string> columns_, rows_;
  std::map<std::string, std::map<std::string, std::string>> outcomes_;
};

}  // namespace integration
