#include "run/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace gateway {
namespace {

bool as_json = false;

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::info: break;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_logger_mt("gateway");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

// Values with spaces or quotes are quoted, so that a line can be taken apart again.
std::string quoted(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \"=") == std::string::npos) return value;
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

void set_up_log(const std::string& level, bool json) {
  as_json = json;
  logger().set_level(spdlog::level::from_str(level == "error" ? "err" : level));
  // The message is a finished piece of JSON in the one case, of text in the other.
  auto formatter = json ? std::make_unique<spdlog::pattern_formatter>("{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}",
                                                                      spdlog::pattern_time_type::utc)
                        : std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc);
  logger().set_formatter(std::move(formatter));
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  std::string line;
  if (as_json) {
    nlohmann::ordered_json object{{"event", event}};
    for (const auto& field : fields) object[std::string(field.name)] = clean_utf8(field.value);
    line = object.dump();
    line = line.substr(1, line.size() - 2);
  } else {
    line = event;
    for (const auto& field : fields) {
      line += ' ';
      line += field.name;
      line += '=';
      line += quoted(one_line(clean_utf8(field.value)));
    }
  }
  logger().log(spdlog_level(level), "{}", line);
}

}  // namespace gateway
