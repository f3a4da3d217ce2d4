// Cleans up after a test program however it ends, an abort or a SIGKILL included: a process that waits until our end of a
// pipe is closed, by us or by the kernel, and then runs a shell command.
#pragma once

#include <string>
#include <vector>

namespace integration {

class Guardian {
 public:
  // `arguments` become $1, $2, ... of `work`, which bash runs.
  Guardian(const std::string& work, const std::vector<std::string>& arguments);
  ~Guardian();  // returns when the work is done
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

 private:
  int alive_ = -1, done_ = -1;
};

}  // namespace integration
