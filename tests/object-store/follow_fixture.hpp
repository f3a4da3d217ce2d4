// A follower that asks the store through a gate of its own, beside a gateway that uploads.
#pragma once

#include <fstream>
#include <iostream>
#include <regex>

#include "object_store_fixture.hpp"
#include "scratch.hpp"

namespace object_store {

inline const std::string origin = "s3://dashboards/" + object_key;

class Follow : public ObjectStore {
 protected:
  Follow() : near(store.port()) {
    std::filesystem::create_directory(scratch_ / "copy");
    follow_settings = store.settings(near.port());
    follow_settings.merge(Variables{{"CACHE_PATH", copy().string()},
                                    {"FOLLOW", origin},
                                    {"FOLLOW_INTERVAL", "200ms"},
                                    {"FOLLOW_MAX_SIZE", "20MB"},
                                    {"BACKOFF_CAP", "400ms"},
                                    {"LOG_LEVEL", "debug"}});
    follow_settings["OBJECT_STORE_TIMEOUT"] = "1s";
  }
  ~Follow() override {
    follower.reset();
    if (HasFailure()) std::cerr << "the follower's log:\n" << log().substr(0, 3000) << '\n';
  }

  void start_follower() {
    follower.reset();
    follower = std::make_unique<integration::Process>(integration::Command{
        .words = {CACHE_GATEWAY, "follow"}, .environment = follow_settings, .output = log_file(), .errors = log_file()});
  }
  // A gateway, its copy, and one signal in both.
  void begin() {
    start_gateway();
    insert_signal(1);
    ASSERT_TRUE(eventually(uploaded(), "1"));
    start_follower();
    ASSERT_TRUE(eventually(copied(), "1"));
    ASSERT_TRUE(eventually(of_copy("copy_error IS NULL"), "1"));
  }

  std::filesystem::path copy() const { return scratch_ / "copy" / "cache.db"; }
  std::filesystem::path log_file() const { return scratch_ / "follower.log"; }
  std::string log() const { return integration::content(log_file()); }
  Look copied() const {
    return [this] { return newest_signal(copy()); };
  }
  Look of_copy(const std::string& columns) const {
    return [this, columns] { return Reader(copy()).text("SELECT " + columns + " FROM gateway"); };
  }
  // What it publishes last is in the copy too.
  void end_gateway() {
    gateway->terminate();
    const std::string publish = "published_at || '/' || publish_count";
    ASSERT_TRUE(eventually(of_copy(publish), Reader(cache()).text("SELECT " + publish + " FROM gateway")));
  }
  // The object replaced by a file, compressed; `bytes`: of the frame, if not all.
  void plant(const std::filesystem::path& file, std::size_t bytes = std::string::npos) const {
    const auto frame = scratch_ / "planted.zst";
    integration::run({"zstd", "-q", "-f", file.string(), "-o", frame.string()});
    const auto content = integration::content(frame).substr(0, bytes);
    std::ofstream(frame, std::ios::binary | std::ios::trunc) << content;
    store.put(object_key, frame);
  }
  int asked(const std::string& status) const {
    const auto requests = integration::content(scratch_ / "store" / "store.log");
    const std::regex line("\\| " + status + " \\|[^\n]*\\| GET \\|");
    return static_cast<int>(std::distance(std::sregex_iterator(requests.begin(), requests.end(), line), std::sregex_iterator()));
  }

  Gate near;
  Variables follow_settings;
  std::unique_ptr<integration::Process> follower;
};

}  // namespace object_store
