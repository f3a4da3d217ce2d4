// The log never holds up whoever logs: with a pipe that nobody reads, lines are dropped, counted, and reported later.
#include "run/log_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <memory>

namespace gateway {
namespace {

using namespace std::chrono_literals;

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
  }
  ~Pipe() {
    close_reader();
    ::close(ends_[1]);
  }
  int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  // Blocks until there is something.
  std::string read() const {
    char buffer[4096];
    const auto n = ::read(ends_[0], buffer, sizeof buffer);
    return {buffer, static_cast<std::size_t>(std::max<ssize_t>(0, n))};
  }

 private:
  int ends_[2] = {-1, -1};
};

std::string notice(std::uint64_t dropped) { return "dropped " + std::to_string(dropped) + "\n"; }

constexpr std::size_t queue_bytes = 1 << 15;

TEST(LogWriter, writes_lines_in_order) {
  const Pipe pipe;
  LogWriter writer(pipe.writer(), queue_bytes, notice);
  writer.write("one\n");
  writer.write("two\n");
  ASSERT_TRUE(writer.drain(30s));
  EXPECT_EQ(pipe.read(), "one\ntwo\n");
  EXPECT_EQ(writer.dropped(), 0U);
}

TEST(LogWriter, drops_and_counts_what_nobody_reads_and_says_so_when_somebody_does) {
  const Pipe pipe;
  LogWriter writer(pipe.writer(), queue_bytes, notice);
  constexpr std::uint64_t lines = 20'000;
  for (std::uint64_t n = 0; n < lines; ++n) writer.write("a line that nobody reads\n");  // returns although the pipe is full
  const auto dropped = writer.dropped();
  EXPECT_GT(dropped, lines / 2);
  EXPECT_FALSE(writer.drain(1ms));

  std::string text;
  std::uint64_t written = 0, reported = 0;
  while (written + reported < lines) {
    text += pipe.read();
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      if (text.starts_with("dropped ")) reported += std::stoull(text.substr(8, end));
      else ++written;
      text.erase(0, end + 1);
    }
  }
  EXPECT_EQ(reported, dropped);
  EXPECT_EQ(written + reported, lines);
  ASSERT_TRUE(writer.drain(30s));
}

TEST(LogWriter, a_reader_that_has_gone_costs_its_lines_only) {
  Pipe pipe;
  ::signal(SIGPIPE, SIG_IGN);
  LogWriter writer(pipe.writer(), queue_bytes, notice);
  pipe.close_reader();
  writer.write("one\n");
  ASSERT_TRUE(writer.drain(30s));
  EXPECT_EQ(writer.dropped(), 1U);
}

}  // namespace
}  // namespace gateway
