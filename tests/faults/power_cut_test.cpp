// The power is cut while the gateway runs, at random moments: the disk is a loop device, and a copy of its image is what a cut
// leaves. The copy is mounted and started from. What `gateway.saved_at` said was safe is there, in a good cache, and it was never
// said to be much older than SAVE_INTERVAL.
// POWER_CUTS (5) says how often, POWER_CUT_SEED repeats a run. Needs root and a loop device.
#include <fmt/format.h>
#include <sys/mount.h>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "../integration/support/fixture.hpp"
#include "../integration/support/numbered_signals.hpp"
#include "../integration/support/result_table.hpp"

namespace faults {
namespace {

using integration::eventually;
using integration::Reader;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

// Where there is no loop device this test fails, and says so: one that was skipped would prove nothing.
void demand(const std::string& command) {
  if (std::system((command + " 2>&1").c_str()) == 0) return;
  throw std::runtime_error("failed: " + command +
                           "\nThis test needs root (CAP_SYS_ADMIN), a free loop device and ext4; /dev/loop-control: " +
                           (std::filesystem::exists("/dev/loop-control") ? "there" : "missing, as in a container without --privileged"));
}

// A file system in an image, mounted for as long as this lives.
class Disk {
 public:
  Disk(std::filesystem::path image, std::filesystem::path mount_point) : image_(std::move(image)), mount_point_(std::move(mount_point)) {
    std::filesystem::create_directories(mount_point_);
    demand(fmt::format("mount -o loop,commit=1 {} {}", image_.string(), mount_point_.string()));
  }
  ~Disk() { ::umount2(mount_point_.c_str(), MNT_DETACH); }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  std::filesystem::path cache() const { return mount_point_ / "cache" / "cache.db"; }
  const std::filesystem::path& image() const { return image_; }

 private:
  std::filesystem::path image_, mount_point_;
};

// What the live file said: up to which signal it reached when the copy saved at a time was not there yet.
class Seen {
 public:
  void note(std::int64_t saved_at, std::int64_t unsaved_s, std::int64_t newest) {
    const std::lock_guard lock(mutex_);
    most_unsaved_s_ = std::max(most_unsaved_s_, unsaved_s);
    if (saved_at > saved_at_) newest_before_ = newest_;
    saved_at_ = saved_at;
    newest_ = newest;
  }
  // What a cut now must leave.
  std::pair<std::int64_t, std::int64_t> safe() const {
    const std::lock_guard lock(mutex_);
    return {saved_at_, newest_before_};
  }
  std::int64_t most_unsaved_s() const {
    const std::lock_guard lock(mutex_);
    return most_unsaved_s_;
  }

 private:
  mutable std::mutex mutex_;
  std::int64_t saved_at_ = 0, newest_ = 0, newest_before_ = 0, most_unsaved_s_ = 0;
};

class PowerCut : public integration::Integration {
 protected:
  PowerCut() {
    const auto image = directory() / "disk.img";
    std::filesystem::create_directories(directory());
    demand(fmt::format("truncate -s 64M {0} && mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 {0}", image.string()));
    disk_ = std::make_unique<Disk>(image, directory() / "disk");
    std::filesystem::create_directory(disk_->cache().parent_path());
    settings["CACHE_PATH"] = disk_->cache();
    settings["POSTGRES_INTERVAL"] = settings["RABBITMQ_INTERVAL"] = settings["PUBLISH_INTERVAL"] = "30ms";
    settings["SAVE_INTERVAL"] = std::to_string(save_interval_s) + "s";
    settings["SAVE_BUDGET"] = "1000TB";
    settings["EVENT_MAX"] = "1000000";  // a long run has more signals than are kept of one type as a rule
    reader = Reader(disk_->cache());
  }
  ~PowerCut() override { disk_.reset(); }

  // Starts from what the cut left, with nobody to ask. What it shows: the newest signal, how many events of signals, up to when.
  struct Left {
    std::int64_t newest = 0, events = 0;
  };
  Left start_from(const std::filesystem::path& image) {
    Disk disk(image, directory() / "after");
    auto alone = settings;
    alone["CACHE_PATH"] = disk.cache();
    alone["POSTGRES_PORT"] = alone["RABBITMQ_MANAGEMENT_PORT"] = "1";
    integration::Gateway after(alone, directory() / "after.log");
    const Reader file(disk.cache());
    EXPECT_TRUE(eventually([&] { return file.text("SELECT error IS NOT NULL FROM source_status WHERE source = 'postgres.signals'"); }, "1"))
        << after.log();
    Left left{file.number("SELECT coalesce(max(price), 0) FROM recent_signals"),
              file.number("SELECT count(*) FROM event_history WHERE event_type = 'trading_signal_received'")};
    EXPECT_EQ(file.text("PRAGMA quick_check"), "ok");
    EXPECT_EQ(after.terminate(), 0) << after.log();
    return left;
  }

  static constexpr std::int64_t save_interval_s = 3;
  std::unique_ptr<Disk> disk_;
  integration::NumberedSignals signals{upstreams};
};

TEST_F(PowerCut, LeavesAGoodCacheWithAllThatWasSaidToBeSaved) {
  const auto cuts = setting("POWER_CUTS", 5);
  const auto seed = setting("POWER_CUT_SEED", std::random_device{}());
  std::cout << "POWER_CUT_SEED=" << seed << " POWER_CUTS=" << cuts << std::endl;
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<int> moment(0, 4000);
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  ASSERT_TRUE(eventually(query("SELECT saved_at IS NOT NULL FROM gateway"), "1"));
  Seen seen;
  std::uint64_t from_saved_copy = 0;
  {
    const std::jthread inserting([this](const std::stop_token& stop) { signals.insert_until(stop); });
    const std::jthread watching([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        std::istringstream read(reader.text(
            "SELECT printf('%d %d %d', saved_at, unsaved_s, (SELECT coalesce(max(price), 0) FROM recent_signals)) FROM gateway"));
        std::int64_t saved_at = 0, unsaved_s = 0, newest = 0;
        read >> saved_at >> unsaved_s >> newest;
        seen.note(saved_at, unsaved_s, newest);
      }
    });
    for (std::uint64_t n = 0; n < cuts; ++n) {
      std::this_thread::sleep_for(std::chrono::milliseconds{moment(random)});
      const auto [saved_at, safe] = seen.safe();
      const auto image = directory() / "cut.img";
      demand(fmt::format("cp --sparse=always {} {}", disk_->image().string(), image.string()));
      const auto left = start_from(image);
      EXPECT_GE(left.newest, safe) << "cut " << n << ", saved at " << saved_at;
      EXPECT_EQ(left.newest, left.events) << "cut " << n << ": every signal has its event";
      from_saved_copy +=
          static_cast<std::uint64_t>(integration::content(directory() / "after.log").find("cache_lost") != std::string::npos);
    }
  }
  integration::ResultTable tried("power cut at random moments",
                                 {"times", "started from the saved copy", "signals at the end", "most that was unsaved, s"});
  tried.note("image copied", "times", std::to_string(cuts));
  tried.note("image copied", "started from the saved copy", std::to_string(from_saved_copy));
  tried.note("image copied", "signals at the end", std::to_string(signals.last()));
  tried.note("image copied", "most that was unsaved, s", std::to_string(seen.most_unsaved_s()));
  tried.print();
  // By the gateway's own stamps, so that a busy machine does not count; twice, because a save itself takes its time.
  EXPECT_LE(seen.most_unsaved_s(), 2 * save_interval_s);
  EXPECT_EQ(gateway().terminate(), 0);
}

}  // namespace
}  // namespace faults
