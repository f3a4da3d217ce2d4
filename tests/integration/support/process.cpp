#include "process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace integration {
namespace {

// What every program needs to be found and, in a sanitizer's build, to be told.
Variables with_necessities(Variables environment) {
  for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment.try_emplace(name, value);
  }
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

int opened(const std::filesystem::path& file) {
  const int fd =
      file.empty() ? ::open("/dev/null", O_WRONLY | O_CLOEXEC) : ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) throw std::runtime_error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
  return fd;
}

// Between fork and exec only what is safe there: everything is prepared before.
pid_t start(std::vector<std::string> words, const Variables& environment, int output, int errors) {
  std::vector<std::string> settings;
  for (const auto& [name, value] : with_necessities(environment)) settings.push_back(name + "=" + value);
  auto arguments = pointers(words);
  auto variables = pointers(settings);
  const auto parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  ::_exit(127);
}

class Captured {
 public:
  Captured() : fd_(::memfd_create("captured", MFD_CLOEXEC)) {}
  ~Captured() { ::close(fd_); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  int fd() const { return fd_; }
  std::string text() const { return content(fmt::format("/proc/self/fd/{}", fd_)); }

 private:
  int fd_;
};

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Process::Process(const Command& command) {
  const int output = opened(command.output);
  const int errors = opened(command.errors);
  pid_ = start(command.words, command.environment, output, errors);
  ::close(output);
  ::close(errors);
}

Process::~Process() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
}

bool Process::running() {
  if (code_ >= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  code_ = code_of(status);
  return false;
}

void Process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

int Process::wait(std::chrono::seconds bound) {
  for (const auto give_up = std::chrono::steady_clock::now() + bound; running();) {
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error(fmt::format("process {} did not end within {} s", pid_, bound.count()));
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return code_;
}

Finished run(const std::vector<std::string>& words, const Variables& environment) {
  const Captured output, errors;
  const pid_t pid = start(words, environment, output.fd(), errors.fd());
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return {code_of(status), output.text(), errors.text()};
}

}  // namespace integration
