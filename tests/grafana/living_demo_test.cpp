// The dashboards on the cache of the demo: the real program before a real PostgreSQL, a real RabbitMQ and the simulated
// services, started by the very command that people use. Each upstream is taken away in turn, and last the gateway.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <thread>

#include "../integration/support/process.hpp"
#include "../integration/support/scratch.hpp"
#include "reader/choices.hpp"
#include "reader/dashboard.hpp"
#include "reader/display.hpp"
#include "reader/plugin.hpp"

namespace grafana {
namespace {

using integration::Process;

class LivingDemo : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = integration::new_directory(std::filesystem::temp_directory_path(), "living-demo");
    demo_ = std::make_unique<Process>(integration::Command{
        .words = {DEMO, "up"}, .environment = environment(), .output = directory_ / "up.log", .errors = directory_ / "up.log"});
    for (int i = 0; i < 600 && demo_->running() && !std::filesystem::exists(cache()); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
    const auto checked = integration::run({DEMO, "check", "120"}, environment());
    ASSERT_EQ(checked.code, 0) << checked.output << checked.errors << integration::content(directory_ / "up.log");
  }

  static void TearDownTestSuite() {
    if (demo_) {
      demo_->signal(SIGTERM);
      EXPECT_EQ(demo_->wait(), 143);
      demo_.reset();
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  static integration::Variables environment() {
    return {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
            {"DEMO_DIR", directory_.string()},
            {"DEMO_PORT_BASE", "5740"},
            {"BUILD_DIR", BUILD_DIRECTORY}};
  }
  static std::filesystem::path cache() { return directory_ / "cache" / "cache.db"; }
  static void demo(const std::string& command, const std::string& upstream) {
    const auto done = integration::run({DEMO, command, upstream}, environment());
    ASSERT_EQ(done.code, 0) << done.output << done.errors;
  }

  // All that a screen asks for as it opens, annotations included.
  static void expect_every_panel_answers() {
    for (const auto& dashboard : dashboards()) {
      const auto range = range_of(dashboard, std::time(nullptr));
      const auto choice = as_opened(dashboard, cache(), range);
      const auto expect_answer = [&](const Target& target, const std::string& what) {
        const auto frame = ask(cache(), interpolated(target.sql, choice, range), target.time_columns, range);
        for (const auto& fault : frame.faults) ADD_FAILURE() << what << ": " << fault;
      };
      for (const auto& annotation : dashboard.annotations) {
        if (!annotation.built_in()) expect_answer(annotation.target(), dashboard.uid + " / annotation " + annotation.name);
      }
      for (const auto& panel : dashboard.panels) {
        for (const auto& target : panel.targets()) expect_answer(target, place(dashboard, panel));
      }
    }
  }

  static std::string first_words(const std::string& uid) {
    const auto& on = *dashboard(uid);
    const auto range = range_of(on, std::time(nullptr));
    const auto target = on.panels.front().targets().at(0);
    const auto frame = ask(cache(), interpolated(target.sql, as_opened(on, cache(), range), range), target.time_columns, range);
    if (frame.rows.size() != 1) return "no answer";
    return shown(on.panels.front(), frame.columns.at(0).name, frame.rows[0][0]).text;
  }

  static void expect_words(const std::string& uid, const std::string& begin) {
    std::string words;
    for (int i = 0; i < 300 && !words.starts_with(begin); ++i) {
      if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds{200});
      words = first_words(uid);
    }
    EXPECT_TRUE(words.starts_with(begin)) << uid << " says: " << words;
  }

  static inline std::filesystem::path directory_;
  static inline std::unique_ptr<Process> demo_;
};

TEST_F(LivingDemo, answers_every_panel_while_all_is_well) { expect_every_panel_answers(); }

TEST_F(LivingDemo, answers_every_panel_and_says_what_is_old_with_each_upstream_away) {
  const std::pair<const char*, const char*> shown_on[] = {{"postgres", "orders"},
                                                          {"rabbitmq", "queues"},
                                                          {"ws-gateway", "exchange"},
                                                          {"model-service", "model"},
                                                          {"order-manager", "system-health"}};
  for (const auto& [upstream, uid] : shown_on) {
    SCOPED_TRACE(upstream);
    demo("stop", upstream);
    expect_words(uid, "STALE");
    expect_every_panel_answers();
    demo("start", upstream);
    expect_words(uid, "FRESH");
  }
}

// The last: it does not come back.
TEST_F(LivingDemo, answers_every_panel_and_names_the_gateway_when_that_is_away) {
  demo("stop", "gateway");
  for (const auto& dashboard : dashboards()) expect_words(dashboard.uid, "GATEWAY DOWN");
  expect_every_panel_answers();
}

}  // namespace
}  // namespace grafana
