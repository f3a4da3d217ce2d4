// Grafana's container: another user, the directory mounted read-only, the file opened anew for each query. It sees every
// publish through the directory, and needs nothing but to read.
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

constexpr uid_t reader_id = 472;  // of Grafana's image

void write_file(const std::string& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
}

// In a process of its own: shows `directory` read-only at `mount_point`, and becomes the reader. Root becomes another
// user; anyone else is another user only in a namespace, which is all that may be asked for.
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
  if (::getuid() != reader_id) return "it is still the user " + std::to_string(::getuid());
  return {};
}

// What the reader does in there: "" if all of it was as it should be.
std::string read_for_a_while(const Reader& reader, const std::filesystem::path& mount_point) {
  if (::open((mount_point / "mine").c_str(), O_WRONLY | O_CREAT, 0644) >= 0) return "the mount is not read-only";
  std::int64_t first = 0, last = 0;
  const auto all_seen = eventually([&] {
    last = reader.number("SELECT publish_count FROM gateway");
    if (first == 0) first = last;
    if (reader.text("SELECT count(*) FROM recent_signals") != "3") throw std::runtime_error("not all rows");
    if (reader.text("PRAGMA integrity_check") != "ok") throw std::runtime_error("a damaged file");
    constexpr auto publishes = 10;
    return last >= first + publishes;
  });
  return all_seen ? "" : all_seen.message();
}

class ReaderContainer : public Integration {};

TEST_F(ReaderContainer, AnotherUserFollowsEveryPublishThroughAReadOnlyMount) {
  insert_signals(upstreams, "momentum", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  const auto mount_point = directory().parent_path() / "mounted";
  std::filesystem::create_directory(mount_point);
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const auto child = ::fork();
  if (child == 0) {
    auto fault = enter(directory(), mount_point);
    if (fault.empty()) fault = read_for_a_while(Reader(mount_point / "cache.db"), mount_point);
    if (::write(pipe[1], fault.data(), fault.size()) < 0) ::_exit(3);
    ::_exit(fault.empty() ? 0 : 1);
  }
  ::close(pipe[1]);
  std::string said(4096, '\0');
  const auto length = ::read(pipe[0], said.data(), said.size());
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  said.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << said;
}

TEST_F(ReaderContainer, ModesLetEverybodyReadAndNobodyWrite) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(cache()).permissions(), perms::owner_read | perms::group_read | perms::others_read);
}

TEST_F(ReaderContainer, ADirectoryMadeByTheGatewayMayBeEnteredByEverybody) {
  be_patient();
  settings["CACHE_PATH"] = (directory() / "made" / "cache.db").string();
  ASSERT_EQ(cache_gateway({"once"}, settings).code, 0);
  using std::filesystem::perms;
  const auto needed = perms::others_read | perms::others_exec;
  EXPECT_EQ(std::filesystem::status(directory() / "made").permissions() & needed, needed);
}

TEST_F(ReaderContainer, AReaderThatOpenedTheFileBeforeAPublishReadsOnUndisturbed) {
  insert_signals(upstreams, "momentum", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  const auto bytes = content(cache());
  std::ifstream held(cache(), std::ios::binary);
  std::string half(bytes.size() / 2, '\0');
  held.read(half.data(), static_cast<std::streamsize>(half.size()));
  const auto count = reader.number("SELECT publish_count FROM gateway");
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT publish_count FROM gateway") > count + 2; }));
  std::string rest((std::istreambuf_iterator<char>(held)), {});
  const auto whole = directory().parent_path() / "whole.db";
  std::ofstream(whole, std::ios::binary) << half << rest;
  EXPECT_EQ(Reader(whole).text("PRAGMA integrity_check"), "ok");
  EXPECT_LE(Reader(whole).number("SELECT publish_count FROM gateway"), count);
}

}  // namespace
}  // namespace integration
