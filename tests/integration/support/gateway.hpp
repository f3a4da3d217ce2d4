// The real program, run with quick settings: asks every 200 ms, gives up after seconds, is stale after two.
// Its log goes to a file that outlives it and is shown when a test fails.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "process.hpp"

namespace integration {

// Everything but the addresses; no service is monitored.
Variables quick_settings(const std::filesystem::path& cache);

class Gateway {
 public:
  // `wrapper`: words to put before the program, to run it in another namespace.
  Gateway(const Variables& settings, std::filesystem::path log, const std::vector<std::string>& wrapper = {});

  pid_t pid() const { return process_.pid(); }
  bool running() { return process_.running(); }
  void kill();      // SIGKILL, and wait
  int terminate();  // SIGTERM; the exit code
  int wait() { return process_.wait(); }
  std::string log() const { return content(log_); }
  int logged(const std::string& part) const;  // lines with it

 private:
  std::filesystem::path log_;
  Process process_;
};

Finished cache_gateway(const std::vector<std::string>& arguments, const Variables& settings);

}  // namespace integration
