// Sources of a test's own, some statements each, asked through the real adapter: what one attempt makes of each of them.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ask/postgres.hpp"

namespace hostile {

// By source: the class of its error, or "rows".
using Classes = std::map<std::string, std::string>;

class Statements {
 public:
  explicit Statements(const gateway::PostgresSettings& settings) : timeout_(settings.pace.timeout), upstream_(settings) {}

  // One more source. The first value of its last answer is kept as text.
  void add(const std::string& name, std::vector<std::string> statements, std::vector<std::string> reads = {}, bool judged_alone = false);

  Classes attempt();  // within the settings' timeout
  // The same, of those that may wait for another attempt which follows at once: `only` them, or all.
  Classes attempt_of_several(const std::string& only = {});

  std::map<std::string, std::string> values, errors;  // of the last attempt, by source
  std::map<std::string, int> asked;                   // how often, in all attempts
  gateway::Catalogue catalogue;                       // as the sources were given it
  std::string identity() const { return upstream_.identity(); }

 private:
  Classes attempt(std::vector<gateway::Job> jobs);

  gateway::Milliseconds timeout_;
  std::list<gateway::Source> sources_;
  gateway::Postgres upstream_;
};

}  // namespace hostile
