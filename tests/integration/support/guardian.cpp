#include "guardian.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace integration {

// Not our child but init's: nobody who kills our process tree reaches it.
Guardian::Guardian(const std::string& work, const std::vector<std::string>& arguments) {
  int alive[2], done[2];
  if (::pipe2(alive, O_CLOEXEC) != 0 || ::pipe2(done, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const std::string script = "cat >/dev/null\n" + work;
  std::vector<const char*> words{"bash", "-c", script.c_str(), "guardian"};
  for (const auto& argument : arguments) words.push_back(argument.c_str());
  words.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    ::dup2(alive[0], STDIN_FILENO);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::fcntl(done[1], F_SETFD, 0);
    ::close(alive[1]);
    ::execvp("bash", const_cast<char* const*>(words.data()));
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(alive[0]);
  ::close(done[1]);
  alive_ = alive[1];
  done_ = done[0];
}

Guardian::~Guardian() {
  ::close(alive_);
  char nothing = 0;
  while (::read(done_, &nothing, 1) > 0) {
  }
  ::close(done_);
}

}  // namespace integration
