// A gateway without its sockets: the real mappings and the real Store, asked and answered by a test. It can fail, be
// killed, start again from the last file it published, and have its clock set. It keeps a log of what it saw: the part
// that its file knows of, too.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "event.hpp"
#include "world.hpp"

namespace history {

struct Sighting {
  std::string subject, status;  // a service, ws:private, ws:public, training; status may be `unknown`
  double at = 0;                // the world's time
  std::int64_t own = 0;         // by the gateway's clock
  std::size_t starts = 0;       // of the gateway until then
};

struct Attempt {
  std::string upstream;
  bool failed = false;
  std::int64_t own = 0;
};

struct ObservationLog {
  std::vector<Sighting> sightings;
  std::vector<Attempt> attempts;
  std::vector<std::int64_t> starts;
};

struct Trouble {
  enum class Kind { none, refused, silent } kind = Kind::none;
  std::set<std::string> silent_sources{};  // these alone
};

const std::vector<std::string>& upstream_names();
const std::vector<gateway::Source>& simulated_sources();
double stale_after_s();

class Observer {
 public:
  Observer(const World& world, std::filesystem::path file, Retention retention);

  // As `run` begins: loads the published file, if there is one, and publishes at once.
  void start();
  void kill();  // what was not published is lost
  void stop();  // publishes first
  bool running() const { return store_ != nullptr; }

  // One attempt, and at once another as long as a source asks for more. Throws if that never ends.
  void poll(const std::string& upstream, const Trouble& trouble = {});
  void poll_all();
  void publish();
  void tidy();

  void set_clock(double ahead_s) { ahead_ = ahead_s; }
  bool clock_ever_set() const { return clock_ever_set_ || ahead_ != 0; }
  std::int64_t own_now() const;

  const gateway::Store& store() const { return *store_; }
  const std::filesystem::path& file() const { return file_; }
  const ObservationLog& log() const { return log_; }
  const Retention& retention() const { return retention_; }

 private:
  bool attempt(const std::string& upstream, const Trouble& trouble);
  gateway::Outcome ask(const gateway::Source& source, const Trouble& trouble);
  void note(const gateway::Source& source, const gateway::Outcome& outcome, const std::vector<gateway::Answer>& answers);

  const World& world_;
  std::filesystem::path file_;
  Retention retention_;
  std::unique_ptr<gateway::Store> store_;
  ObservationLog log_, published_diary_;
  double ahead_ = 0;
  bool clock_ever_set_ = false;
};

}  // namespace history
