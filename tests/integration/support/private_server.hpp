// A real server of a test program's own, run by a script of tests/upstreams in a directory of its own. However the program
// ends, an abort or a SIGKILL included, the server is stopped and the directory removed: a guardian process waits for that.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "free_port.hpp"
#include "guardian.hpp"
#include "process.hpp"

namespace integration {

class PrivateServer {
 public:
  const std::filesystem::path& directory() const { return directory_; }
  // The script with these words about this server; what it prints.
  std::string script(const std::string& command, const std::vector<std::string>& arguments = {}, const Variables& more = {}) const;

 protected:
  // `name`: of the script. `end`: the shell's words that end the server at once, where $1 is the script and $2 the directory.
  PrivateServer(std::string name, const std::string& end, Variables environment);
  ~PrivateServer() = default;

 private:
  std::string name_;
  Variables environment_;
  std::filesystem::path directory_;
  Guardian guardian_;
};

}  // namespace integration
