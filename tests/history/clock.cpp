#include "clock.hpp"

#include <sqlite3.h>

#include <cmath>

namespace history {
namespace {

thread_local double simulated = -1;  // negative: the real time
sqlite3_vfs* real = nullptr;

constexpr double julian_epoch_ms = 210866760000000.0;  // 1970-01-01 in SQLite's milliseconds

int current_time_ms(sqlite3_vfs*, sqlite3_int64* ms) {
  if (simulated < 0) return real->xCurrentTimeInt64(real, ms);
  *ms = static_cast<sqlite3_int64>(std::llround(simulated * 1000 + julian_epoch_ms));
  return SQLITE_OK;
}

int current_time(sqlite3_vfs* vfs, double* days) {
  sqlite3_int64 ms = 0;
  const int code = current_time_ms(vfs, &ms);
  *days = static_cast<double>(ms) / 86400000.0;
  return code;
}

}  // namespace

void install_clock() {
  static const bool once = [] {
    real = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs vfs = *real;
    vfs.zName = "simulated-time";
    vfs.xCurrentTime = current_time;
    vfs.xCurrentTimeInt64 = current_time_ms;
    return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
  }();
  static_cast<void>(once);
}

SimulatedTime::SimulatedTime(double now) : before_(simulated) { simulated = now; }
SimulatedTime::~SimulatedTime() { simulated = before_; }

}  // namespace history
