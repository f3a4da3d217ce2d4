// Other programs, started and watched: the gateway itself, the scripts of the upstreams, the simulated services.
// A program gets the environment it is given and nothing else, and never outlives the test program: the kernel kills it
// when its parent dies. Start from the main thread only, because it is the thread that counts as the parent.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace integration {

using Variables = std::map<std::string, std::string>;

struct Command {
  std::vector<std::string> words;
  Variables environment{};
  std::filesystem::path output{};  // empty: thrown away; both may name one file
  std::filesystem::path errors{};
};

class Process {
 public:
  explicit Process(const Command& command);
  ~Process();  // kills it
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // The exit code, 128 + n when signal n ended it. A program that does not end is a failed test: throws.
  int wait(std::chrono::seconds bound = std::chrono::seconds{60});

 private:
  pid_t pid_;
  int code_ = -1;
};

struct Finished {
  int code = -1;
  std::string output, errors;
};

Finished run(const std::vector<std::string>& words, const Variables& environment = {});

std::string content(const std::filesystem::path& file);

}  // namespace integration
