// Formatting of times, by hand with gmtime: the locale and the machine's zone must not take part.
#include "clock.hpp"

#include <fmt/format.h>

#include <ctime>

namespace trading {

namespace {

std::string written(Time time, char separator) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::string text = fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, separator,
                                 parts.tm_hour, parts.tm_min, parts.tm_sec);
  // Python leaves the fraction out altogether when it is zero, and so must we.
  if (micros % 1'000'000 != 0) text += fmt::format(".{:06}", micros % 1'000'000);
  return text;
}

}  // namespace

double unix_seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

std::string sql_time(Time time) { return written(time, ' '); }
std::string naive_iso(Time time) { return written(time, 'T'); }
std::string zulu_iso(Time time) { return written(time, 'T') + "Z"; }
std::string offset_iso(Time time) { return written(time, 'T') + "+00:00"; }

std::string iso_from_sql(std::string text) {
  if (text.size() > 10) text[10] = 'T';
  // PostgreSQL cuts trailing zeros of the fraction, Python writes six digits.
  if (const auto dot = text.find('.'); dot != std::string::npos) text.resize(dot + 7, '0');
  return text;
}

}  // namespace trading
