#include "commands/watch.hpp"

#include <ostream>
#include <sstream>
#include <string>
#include <thread>

namespace gateway {
namespace {

// From the top, and what is left of the old line behind each new one: a screen that is cleared first flickers.
std::string over_the_last(const std::string& text) {
  std::string all = "\033[H";
  for (const char c : text) all += c == '\n' ? std::string("\033[K\n") : std::string(1, c);
  return all + "\033[J";
}

}  // namespace

int watch(const std::function<int(std::ostream&)>& show, Milliseconds interval, bool terminal, std::ostream& out) {
  for (;;) {
    std::ostringstream text;
    const int code = show(text);
    out << (terminal ? over_the_last(text.str()) : text.str() + '\n') << std::flush;
    if (!out) return code;
    std::this_thread::sleep_for(interval);
  }
}

}  // namespace gateway
