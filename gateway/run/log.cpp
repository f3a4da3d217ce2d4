#include "run/log.hpp"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "run/log_writer.hpp"

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

std::string line_of(std::string_view event, std::initializer_list<Field> fields) {
  if (as_json) {
    nlohmann::ordered_json object{{"event", event}};
    for (const auto& field : fields) object[std::string(field.name)] = clean_utf8(field.value);
    const auto line = object.dump(-1, ' ', true);  // ASCII: nothing in it can move a terminal's cursor
    return line.substr(1, line.size() - 2);
  }
  std::string line(event);
  for (const auto& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    line += quoted(one_line(clean_utf8(field.value)));
  }
  return line;
}

// The message is a finished piece of JSON in the one case, of text in the other.
std::unique_ptr<spdlog::formatter> formatter() {
  constexpr auto* json = "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}";
  constexpr auto* plain = "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
  return std::make_unique<spdlog::pattern_formatter>(as_json ? json : plain, spdlog::pattern_time_type::utc);
}

constexpr std::size_t queue_bytes = std::size_t{256} << 10;

// Formatted like any other line; the writer's own thread must not log it.
std::string dropped_notice(std::uint64_t count) {
  spdlog::memory_buf_t text;
  const auto line = line_of("log_lines_dropped", {{"count", std::to_string(count)}});
  formatter()->format(spdlog::details::log_msg("gateway", spdlog::level::warn, line), text);
  return fmt::to_string(text);
}

// Lives as long as the process: at its end the thread may be stuck in a write.
LogWriter& writer() {
  static auto* const instance = new LogWriter(STDERR_FILENO, queue_bytes, dropped_notice);
  return *instance;
}

class WriterSink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    writer().write({text.data(), text.size()});
  }
  void flush_() override {}
};

spdlog::logger& logger() {
  static spdlog::logger instance("gateway", std::make_shared<WriterSink>());
  return instance;
}

}  // namespace

void set_up_log(const std::string& level, bool json) {
  as_json = json;
  logger().set_level(spdlog::level::from_str(level == "error" ? "err" : level));
  logger().set_formatter(formatter());
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!logger().should_log(spdlog_level(level))) return;
  logger().log(spdlog_level(level), "{}", line_of(event, fields));
}

std::uint64_t dropped_log_lines() { return writer().dropped(); }

void finish_log() { writer().drain(Milliseconds{500}); }

}  // namespace gateway
