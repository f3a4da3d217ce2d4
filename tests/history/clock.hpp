// What time SQLite believes it is: `unixepoch()` in the store's triggers, views and sources is the simulated time of the
// thread while one is set, and the real time otherwise. It is SQLite's own way to be told (the VFS), so the gateway's SQL
// runs unchanged.
#pragma once

namespace history {

// Before the first database is opened; may be called again.
void install_clock();

class SimulatedTime {
 public:
  explicit SimulatedTime(double now);
  ~SimulatedTime();
  SimulatedTime(const SimulatedTime&) = delete;
  SimulatedTime& operator=(const SimulatedTime&) = delete;

 private:
  double before_;
};

}  // namespace history
