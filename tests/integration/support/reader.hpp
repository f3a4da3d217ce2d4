// Reads the published file the way Grafana's plugin does: opened anew for every query, read-only and immutable, with
// query_only set, and closed again. Answers are text: columns parted by |, rows by line ends, NULL as NULL.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace integration {

class Reader {
 public:
  explicit Reader(std::filesystem::path file) : file_(std::move(file)) {}

  // Throw SQLite::Exception when the file cannot be read.
  std::string text(const std::string& sql) const;
  std::int64_t number(const std::string& sql) const;  // of the first row's first column; throws where that is none
  double real(const std::string& sql) const;

  // What most tests ask.
  std::string source(const std::string& name, const std::string& columns = "freshness") const;
  std::string service(const std::string& name, const std::string& columns = "effective_status") const;

 private:
  std::filesystem::path file_;
};

std::string quoted(const std::string& text);  // as an SQL literal

}  // namespace integration
