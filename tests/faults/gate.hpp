// A gate before any TCP upstream: passes bytes through, or spoils them in one of the ways below. What it does is switched
// at run time and holds for connections that are open already, too. One thread serves all gates of the program.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace faults {

enum class Kind {
  pass,
  refuse,    // nobody listens
  mute,      // accepts, and never says a word
  stop,      // falls silent after `bytes` of each answer
  reset,     // RST as soon as something is asked
  drip,      // one byte every `pause`
  truncate,  // closes after `bytes` of each answer
  garble,    // the first byte of each answer is another
  limit,     // `bytes` a second
  delay,     // answers come `pause` later
  answer,    // `text` instead of the upstream's answer, then closes
};

struct Fault {
  Kind kind = Kind::pass;
  std::size_t bytes = 0;
  std::chrono::milliseconds pause{0};
  std::string text{};
};

class Gate {
 public:
  // Listens on a free port of an address of the loopback; passes on to a port of 127.0.0.1.
  explicit Gate(int upstream_port, const std::string& address = "127.0.0.1");
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  int port() const { return port_; }
  // Done when it returns. Going back to Kind::pass closes the connections that met the fault.
  void set(Fault fault);

 private:
  class Work;
  int port_;
  std::shared_ptr<Work> work_;
};

}  // namespace faults
