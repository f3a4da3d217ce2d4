// What nearly every test begins with: both servers running and empty, a cache directory of its own, settings that point
// to them, and at most one gateway. The gateway's log is shown when the test fails.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "eventually.hpp"
#include "gateway.hpp"
#include "reader.hpp"
#include "services.hpp"
#include "upstreams.hpp"

namespace integration {

class Integration : public ::testing::Test {
 protected:
  Integration();
  ~Integration() override;
  void TearDown() override;

  Gateway& start_gateway(const std::vector<std::string>& wrapper = {});
  Gateway& gateway() const { return *gateway_; }
  // For what must succeed at the first attempt, however busy the machine is.
  void be_patient();
  std::filesystem::path cache() const { return directory() / "cache.db"; }
  std::filesystem::path directory() const { return scratch_ / "cache"; }
  std::filesystem::path log_file() const { return scratch_ / "gateway.log"; }

  // Another one with every publish.
  std::string version_of_file() const;

  // Waiting for what a source or a service is said to be.
  ::testing::AssertionResult becomes(const std::string& source, const std::string& freshness) const;
  ::testing::AssertionResult all_fresh() const;  // or off
  ::testing::AssertionResult service_becomes(const std::string& service, const std::string& status) const;
  // The columns of a source, in a look for eventually().
  Look source(const std::string& name, const std::string& columns) const;
  Look query(const std::string& sql) const;
  // Attempts at a source since a time; at most the newest 60 are kept.
  std::int64_t attempts(const std::string& source, std::int64_t since) const;

  Upstreams& upstreams = Upstreams::instance();
  Variables settings;
  Reader reader;

 private:
  std::filesystem::path scratch_;
  std::unique_ptr<Gateway> gateway_;
};

std::int64_t now();

}  // namespace integration
