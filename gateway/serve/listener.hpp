// A small HTTP server for GET and HEAD, in threads of its own. One response per connection; time, memory and threads are bounded
// whatever clients do, and none of it is shared with the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "settings/listen_address.hpp"

namespace gateway {

struct Reply {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

class Listener {
 public:
  // What to answer to GET of a path. Called by several threads at once.
  using Respond = std::function<Reply(std::string_view path)>;

  // Listens from now on. Throws std::runtime_error, which names the setting, when the address cannot be had.
  Listener(const ListenAddress& where, Respond respond);
  // Breaks off what is under way.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  class Server;

  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace gateway
