// The one fake upstream of all suites: a TCP server that knows no protocol, whose script says which bytes each request is
// answered with, however wrong they are. On the loopback only, a thread a connection; everything ends with the object, endless
// scripts included.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace integration {

// A complete HTTP answer; `headers` each end with a line break.
std::string http_answer(int status, const std::string& body, const std::string& headers = "Content-Type: application/json\r\n",
                        const std::string& reason = "Of The Test");
// What a request asks for.
std::string target_of(const std::string& request);

class RawServer;

class Peer {
 public:
  Peer(RawServer& server, int fd) : server_(server), fd_(fd) {}
  // False as soon as nobody wants more: the client has gone, or the test is over.
  bool send(std::string_view bytes);
  // Holds the connection open without a word until nobody wants more.
  void stay_mute();
  // Ends with a reset instead of an orderly close.
  void reset();
  // Waits for bytes of the client; empty when there will be none.
  std::string receive();

 private:
  RawServer& server_;
  int fd_;
};

// Gets what the client said; returns whether the connection stays open for another request.
using Script = std::function<bool(Peer&, const std::string& request)>;

class RawServer {
 public:
  // `ends`: what a request ends with; empty: the first bytes are one. `port`: 0 for any.
  explicit RawServer(Script script, std::string ends = "\r\n\r\n", int port = 0);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  void follow(Script script);
  int port() const { return port_; }
  int requests() const { return requests_; }
  std::size_t bytes_sent() const { return bytes_sent_; }

 private:
  friend class Peer;
  void listen();
  void serve(int fd);

  struct Connection {
    std::atomic<bool> over{false};
    std::jthread thread;
  };

  std::mutex mutex_;
  Script script_;
  std::string ends_;
  int listening_ = -1, port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> requests_{0};
  std::atomic<std::size_t> bytes_sent_{0};
  std::list<Connection> connections_;
  std::thread listener_;
};

}  // namespace integration
