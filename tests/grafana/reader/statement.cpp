#include "statement.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cctype>

#include "cache/schema.hpp"
#include "cache/store.hpp"

namespace grafana {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

// Words, quoted names and single signs.
std::vector<std::string> tokens(std::string_view sql) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < sql.size();) {
    if (is_word(sql[i])) {
      const auto begin = i;
      while (i < sql.size() && is_word(sql[i])) ++i;
      found.push_back(lower(std::string(sql.substr(begin, i - begin))));
    } else {
      if (std::isspace(static_cast<unsigned char>(sql[i])) == 0) found.emplace_back(1, sql[i]);
      ++i;
    }
  }
  return found;
}

std::size_t closing(const std::vector<std::string>& words, std::size_t open) {
  int depth = 0;
  for (auto i = open; i < words.size(); ++i) {
    if (words[i] == "(") ++depth;
    if (words[i] == ")" && --depth == 0) return i;
  }
  return words.size();
}

// NAME AS ( or NAME (columns) AS (, wherever they are.
std::set<std::string> defined(const std::vector<std::string>& words) {
  std::set<std::string> names;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (i == 0 || (words[i - 1] != "with" && words[i - 1] != "recursive" && words[i - 1] != ",")) continue;
    auto next = i + 1;
    if (words[next] == "(") next = closing(words, next) + 1;
    if (next + 1 < words.size() && words[next] == "as" &&
        (words[next + 1] == "(" || words[next + 1] == "materialized" || words[next + 1] == "not"))
      names.insert(words[i]);
  }
  return names;
}

}  // namespace

std::string without_texts(std::string_view sql) {
  std::string blank(sql);
  for (std::size_t i = 0; i < blank.size(); ++i) {
    std::size_t end = i;
    if (blank[i] == '\'') {
      end = blank.find('\'', i + 1);
    } else if (blank.compare(i, 2, "--") == 0) {
      end = blank.find('\n', i);
    } else if (blank.compare(i, 2, "/*") == 0) {
      end = blank.find("*/", i);
      if (end != std::string::npos) ++end;
    } else {
      continue;
    }
    end = std::min(end, blank.size() - 1);
    std::fill(blank.begin() + static_cast<std::ptrdiff_t>(i), blank.begin() + static_cast<std::ptrdiff_t>(end) + 1, ' ');
    i = end;
  }
  return blank;
}

std::set<std::string> read_from(std::string_view sql) {
  const auto words = tokens(without_texts(sql));
  const auto own = defined(words);
  static const std::set<std::string> clause_ends{"where",     "group",  "order",  "limit",  "union", "except",
                                                 "intersect", "having", "window", "select", ")"};
  std::set<std::string> names;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != "from") continue;
    if (i >= 2 && words[i - 1] == "distinct") continue;  // IS DISTINCT FROM
    bool expected = true;
    for (auto j = i + 1; j < words.size() && !clause_ends.contains(words[j]); ++j) {
      if (words[j] == "(") {
        j = closing(words, j);
        expected = false;
      } else if (words[j] == "join" || words[j] == ",") {
        expected = true;
      } else if (expected) {
        if (!(j + 1 < words.size() && words[j + 1] == "(") && !own.contains(words[j])) names.insert(words[j]);
        expected = false;
      }
    }
  }
  return names;
}

const SchemaNames& schema_names() {
  static const SchemaNames names = [] {
    SchemaNames found;
    SQLite::Database memory(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    memory.exec(gateway::schema_sql);
    SQLite::Statement all(memory, "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')");
    while (all.executeStep()) {
      auto& names_of_type = all.getColumn(0).getString() == "view" ? found.views : found.tables;
      names_of_type.insert(all.getColumn(1).getString());
    }
    return found;
  }();
  return names;
}

}  // namespace grafana
