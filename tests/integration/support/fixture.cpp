#include "fixture.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <iostream>

#include "scratch.hpp"

namespace integration {

Integration::Integration() : reader({}), scratch_(new_directory(upstreams.directory(), "test")) {
  upstreams.reset();
  std::filesystem::create_directory(directory());
  settings = quick_settings(cache());
  settings.merge(upstreams.settings());
  reader = Reader(cache());
}

// A sanitizer's finding fails the test even where the program went on.
void Integration::TearDown() {
  const auto log = content(log_file());
  for (const char* finding : {"Sanitizer", "runtime error:"}) EXPECT_EQ(log.find(finding), std::string::npos) << log;
}

Integration::~Integration() {
  gateway_.reset();
  const auto log = content(log_file());
  std::error_code ignored;
  std::filesystem::remove_all(scratch_, ignored);
  if (!HasFailure()) return;
  constexpr std::size_t shown = 4000;
  std::cerr << "the end of the gateway's log:\n" << log.substr(log.size() > shown ? log.size() - shown : 0) << '\n';
}

Gateway& Integration::start_gateway(const std::vector<std::string>& wrapper) {
  gateway_.reset();  // one that still runs holds the lock, and the new one would end
  gateway_ = std::make_unique<Gateway>(settings, log_file(), wrapper);
  return *gateway_;
}

void Integration::be_patient() {
  for (const char* timeout : {"POSTGRES_TIMEOUT", "RABBITMQ_TIMEOUT", "SERVICES_TIMEOUT"}) settings[timeout] = "30s";
}

std::string Integration::version_of_file() const {
  struct stat status{};
  if (::stat(cache().c_str(), &status) != 0) return "none";
  return fmt::format("{} {}.{:09}", status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

Look Integration::query(const std::string& sql) const {
  return [this, sql] { return reader.text(sql); };
}

Look Integration::source(const std::string& name, const std::string& columns) const {
  return [this, name, columns] { return reader.source(name, columns); };
}

::testing::AssertionResult Integration::becomes(const std::string& name, const std::string& freshness) const {
  return eventually(source(name, "freshness"), freshness) << " (freshness of " << name << ")";
}

::testing::AssertionResult Integration::all_fresh() const {
  return eventually(
      query("SELECT source || ' ' || freshness || ' ' || coalesce(error, '') FROM source_status WHERE freshness NOT IN ('fresh', 'off')"),
      "");
}

::testing::AssertionResult Integration::service_becomes(const std::string& service, const std::string& status) const {
  return eventually([&] { return reader.service(service); }, status) << " (effective_status of " << service << ")";
}

std::int64_t Integration::attempts(const std::string& name, std::int64_t since) const {
  return reader.number(fmt::format("SELECT count(*) FROM source_attempt WHERE source = '{}' AND time >= {}", name, since));
}

std::int64_t now() { return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace integration
