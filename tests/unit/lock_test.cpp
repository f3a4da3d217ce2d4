// One publisher a file: who holds the lock, what is taken for a lock file, and what becomes of it when names change.
#include "cache/lock.hpp"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "support.hpp"

namespace gateway {
namespace {

class LockTest : public ::testing::Test {
 protected:
  mode_t mode() const {
    struct stat status{};
    EXPECT_EQ(::lstat(lock_file_.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_ / "cache.db", lock_file_ = directory_ / "cache.db.lock";
};

TEST_F(LockTest, is_held_by_the_first_who_asks) {
  Lock lock(file_);
  EXPECT_EQ(lock.acquire(), Lock::State::held);
  EXPECT_EQ(lock.acquire(), Lock::State::held);
}

TEST_F(LockTest, a_second_holder_is_turned_away_and_told_who_has_it) {
  Lock first(file_), second(file_);
  ASSERT_EQ(first.acquire(), Lock::State::held);
  EXPECT_EQ(second.acquire(), Lock::State::taken);
  EXPECT_NE(second.detail().find(std::to_string(::getpid())), std::string::npos) << second.detail();
}

TEST_F(LockTest, ends_with_its_holder) {
  auto first = std::make_unique<Lock>(file_);
  ASSERT_EQ(first->acquire(), Lock::State::held);
  Lock second(file_);
  EXPECT_EQ(second.acquire(), Lock::State::taken);
  first.reset();
  EXPECT_EQ(second.acquire(), Lock::State::held);
}

TEST_F(LockTest, a_lock_file_left_behind_is_no_lock) {
  write_file(file_.string() + ".lock", "process 1 on another machine\n");
  Lock lock(file_);
  EXPECT_EQ(lock.acquire(), Lock::State::held);
}

TEST_F(LockTest, of_another_file_is_another_lock) {
  Lock first(file_), other(directory_ / "other.db");
  EXPECT_EQ(first.acquire(), Lock::State::held);
  EXPECT_EQ(other.acquire(), Lock::State::held);
}

TEST_F(LockTest, says_why_it_is_impossible) {
  Lock lock((directory_ / "absent") / "cache.db");
  EXPECT_EQ(lock.acquire(), Lock::State::impossible);
  EXPECT_FALSE(lock.detail().empty());
  std::filesystem::create_directory(directory_ / "absent");
  EXPECT_EQ(lock.acquire(), Lock::State::held) << "it may be tried again";
}

TEST_F(LockTest, is_closed_to_all_who_may_not_publish) {
  Lock lock(file_);
  ASSERT_EQ(lock.acquire(), Lock::State::held);
  EXPECT_EQ(mode(), mode_t{0600});
}

TEST_F(LockTest, in_a_directory_shared_by_a_group_is_open_to_the_group) {
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0775), 0);
  Lock lock(file_);
  ASSERT_EQ(lock.acquire(), Lock::State::held);
  EXPECT_EQ(mode(), mode_t{0660});
}

TEST_F(LockTest, of_an_earlier_version_is_closed) {
  write_file(lock_file_, "");
  ASSERT_EQ(::chmod(lock_file_.c_str(), 0644), 0);
  Lock lock(file_);
  ASSERT_EQ(lock.acquire(), Lock::State::held);
  EXPECT_EQ(mode(), mode_t{0600});
}

TEST_F(LockTest, is_taken_anew_when_its_file_was_removed) {
  Lock lock(file_);
  ASSERT_EQ(lock.acquire(), Lock::State::held);
  std::filesystem::remove(lock_file_);
  EXPECT_EQ(lock.acquire(), Lock::State::held);
  EXPECT_NE(lock.news().value_or("").find("removed"), std::string::npos);
  Lock second(file_);
  EXPECT_EQ(second.acquire(), Lock::State::taken);
}

TEST_F(LockTest, is_lost_for_good_when_another_has_it_by_name) {
  Lock first(file_);
  ASSERT_EQ(first.acquire(), Lock::State::held);
  std::filesystem::remove(lock_file_);
  auto second = std::make_unique<Lock>(file_);
  ASSERT_EQ(second->acquire(), Lock::State::held);
  EXPECT_EQ(first.acquire(), Lock::State::lost);
  EXPECT_NE(first.detail().find("another gateway"), std::string::npos);
  second.reset();
  EXPECT_EQ(first.acquire(), Lock::State::lost) << "what the other has published is newer";
}

TEST_F(LockTest, follows_a_directory_that_took_the_place_of_the_old_one) {
  const auto place = directory_ / "cache";
  std::filesystem::create_directory(place);
  Lock first(place / "cache.db");
  ASSERT_EQ(first.acquire(), Lock::State::held);
  std::filesystem::rename(place, directory_ / "moved");
  EXPECT_EQ(first.acquire(), Lock::State::impossible) << "there is nothing at the path";
  std::filesystem::create_directory(place);
  EXPECT_EQ(first.acquire(), Lock::State::held);
  EXPECT_NE(first.news().value_or("").find("another directory"), std::string::npos);
  Lock second(place / "cache.db"), of_the_old(directory_ / "moved" / "cache.db");
  EXPECT_EQ(second.acquire(), Lock::State::taken);
  EXPECT_EQ(of_the_old.acquire(), Lock::State::held);
}

TEST_F(LockTest, is_lost_when_another_has_it_in_the_directory_of_that_name) {
  const auto place = directory_ / "cache";
  std::filesystem::create_directory(place);
  Lock first(place / "cache.db");
  ASSERT_EQ(first.acquire(), Lock::State::held);
  std::filesystem::rename(place, directory_ / "moved");
  std::filesystem::create_directory(place);
  Lock second(place / "cache.db");
  ASSERT_EQ(second.acquire(), Lock::State::held);
  EXPECT_EQ(first.acquire(), Lock::State::lost);
}

TEST_F(LockTest, a_directory_that_comes_back_is_the_same_lock) {
  const auto place = directory_ / "cache";
  std::filesystem::create_directory(place);
  Lock lock(place / "cache.db");
  ASSERT_EQ(lock.acquire(), Lock::State::held);
  std::filesystem::rename(place, directory_ / "moved");
  EXPECT_EQ(lock.acquire(), Lock::State::impossible);
  std::filesystem::rename(directory_ / "moved", place);
  EXPECT_EQ(lock.acquire(), Lock::State::held);
  EXPECT_EQ(lock.news(), std::nullopt);
}

// A backup by hard links leaves the lock file with two names while a gateway holds it.
TEST_F(LockTest, with_a_second_name_is_not_pushed_away_while_it_is_held) {
  Lock first(file_);
  ASSERT_EQ(first.acquire(), Lock::State::held);
  std::filesystem::create_hard_link(lock_file_, directory_ / "backup");
  Lock second(file_);
  EXPECT_EQ(second.acquire(), Lock::State::taken);
}

TEST_F(LockTest, what_is_no_lock_file_is_neither_written_nor_lost) {
  const std::string content(5000, 'x');
  write_file(lock_file_, content);
  Lock lock(file_);
  ASSERT_EQ(lock.acquire(), Lock::State::held);
  EXPECT_TRUE(lock.news().has_value());
  const auto left = listing(directory_.path());
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(read_file(directory_ / left[1]), content);
}

}  // namespace
}  // namespace gateway
