#include "mounted_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <stdexcept>

#include "scratch.hpp"

namespace integration {
namespace {

constexpr uid_t reader_id = 472;  // of Grafana's image
constexpr int could_not_enter = 3;

void write_file(const std::string& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
}

// Shows `directory` read-only at `mount_point` to this process, and becomes the reader. Root becomes another user; anyone
// else is another user only in a namespace, which is all that may be asked for. "" or what went wrong.
std::string enter(const std::filesystem::path& directory, const std::filesystem::path& mount_point) {
  const auto failed = [](const char* what) { return fmt::format("{}: {}", what, std::strerror(errno)); };
  const auto outside = ::geteuid();
  const bool privileged = outside == 0 && ::unshare(CLONE_NEWNS) == 0;
  if (!privileged) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return failed("unshare");
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", fmt::format("{} {} 1", reader_id, outside));
    write_file("/proc/self/gid_map", fmt::format("{} {} 1", reader_id, ::getegid()));
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("make private");
  if (::mount(directory.c_str(), mount_point.c_str(), nullptr, MS_BIND, nullptr) != 0) return failed("bind");
  if (::mount("none", mount_point.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0) return failed("remount");
  if (privileged) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(reader_id, reader_id, reader_id) != 0 ||
        ::setresuid(reader_id, reader_id, reader_id) != 0) {
      return failed("change of user");
    }
  }
  if (::getuid() != reader_id) return fmt::format("it is still the user {}", ::getuid());
  if (::open((mount_point / "mine").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644) >= 0) return "the mount is not read-only";
  return {};
}

void write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = ::write(fd, text.data() + at, text.size() - at);
    if (length <= 0) return;
    at += static_cast<std::size_t>(length);
  }
}

}  // namespace

MountedReader::MountedReader(const std::filesystem::path& directory, const Work& work) {
  const auto mount_point = new_directory(directory.parent_path(), "mounted");
  int told[2], says[2];
  if (::pipe2(told, O_CLOEXEC) != 0 || ::pipe2(says, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    const auto fault = enter(directory, mount_point);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // not before: a change of user forgets it
    if (!fault.empty()) {
      write_all(says[1], fault);
      ::_exit(could_not_enter);
    }
    const auto goes_on = [&] {
      pollfd word{told[0], POLLIN, 0};
      return ::poll(&word, 1, 0) == 0;
    };
    write_all(says[1], work(Reader(mount_point / "cache.db"), goes_on));
    ::_exit(0);
  }
  ::close(told[0]);
  ::close(says[1]);
  told_ = told[1];
  says_ = says[0];
}

MountedReader::~MountedReader() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(told_);
  ::close(says_);
}

std::string MountedReader::stop() {
  if (::write(told_, "x", 1) != 1) throw std::runtime_error("the reader has gone");
  return wait();
}

std::string MountedReader::wait() {
  std::string said;
  char piece[4096];
  for (ssize_t length = 0; (length = ::read(says_, piece, sizeof piece)) > 0;) said.append(piece, static_cast<std::size_t>(length));
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(fmt::format("a mounted reader ended with {}: {}", status, said));
  return said;
}

}  // namespace integration
