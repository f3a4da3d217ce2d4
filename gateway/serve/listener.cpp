#include "serve/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <condition_variable>
#include <cstring>
#include <mutex>

#include "serve/bounded_connection.hpp"

namespace gateway {
namespace {

constexpr std::size_t threads = 4;
constexpr int accepted_at_once = 8;  // further clients wait in the kernel's queue
constexpr int kernel_queue = 16;
constexpr auto time_for_one = Milliseconds{5000};
constexpr auto pause_after_error = Milliseconds{200};

// httplib's pool queues without bound; here the thread that accepts waits instead.
class BoundedPool : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override {
    {
      std::unique_lock lock(mutex_);
      freed_.wait(lock, [this] { return free_ > 0; });
      --free_;
    }
    pool_.enqueue([this, task = std::move(task)] {
      task();
      const std::lock_guard lock(mutex_);
      ++free_;
      freed_.notify_one();
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  int free_ = accepted_at_once;
  httplib::ThreadPool pool_{threads};
};

// A socket that listens, or -1 with errno set.
int listen_on(int family, const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1, off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  const bool listens = fd >= 0 && ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, kernel_queue) == 0;
  const int error = errno;
  ::freeaddrinfo(found);
  if (listens) return fd;
  if (fd >= 0) ::close(fd);
  errno = error;
  return -1;
}

int listen_on(const ListenAddress& where) {
  if (!where.address.empty()) return listen_on(AF_UNSPEC, where.address, where.port);
  const int both = listen_on(AF_INET6, "::", where.port);
  const bool no_ipv6 = both < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
  return no_ipv6 ? listen_on(AF_INET, "0.0.0.0", where.port) : both;
}

bool has_body(const httplib::Request& request) {
  return request.has_header("Transfer-Encoding") ||
         (request.has_header("Content-Length") && request.get_header_value("Content-Length") != "0");
}

Reply reply_to(const httplib::Request& request, const Listener::Respond& respond) {
  if (request.method != "GET" && request.method != "HEAD") return {.status = 405, .body = "only GET and HEAD\n"};
  if (has_body(request)) return {.status = 413, .body = "no request body is accepted\n"};
  try {
    return respond(request.path);
  } catch (const std::exception&) {  // its text is for no stranger
    return {.status = 500, .body = "internal error\n"};
  }
}

}  // namespace

class Listener::Server : public httplib::Server {
 public:
  Server(int fd, Respond respond) : fd_(fd) {
    new_task_queue = [] { return new BoundedPool; };
    set_pre_routing_handler([respond = std::move(respond)](const httplib::Request& request, httplib::Response& response) {
      const auto reply = reply_to(request, respond);
      response.status = reply.status;
      if (reply.status == 405) response.set_header("Allow", "GET, HEAD");
      response.set_header("Cache-Control", "no-store");
      response.set_content(reply.body, reply.type);
      return HandlerResponse::Handled;
    });
  }
  ~Server() override { ::close(fd_); }

  // Until break_off(). httplib closes its socket and returns at errors that concern one client alone (ECONNABORTED), or that pass
  // (ENFILE), so it works on a duplicate.
  void serve() {
    while (!cancel_.is_set()) {
      svr_sock_ = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
      if (svr_sock_ >= 0) listen_after_bind();
      wait_for(cancel_.fd(), 0, Deadline(pause_after_error), cancel_);
    }
  }

  // httplib's own stop() does nothing before the thread has begun, and closes a socket that the thread may be about to use.
  void break_off() {
    cancel_.set();
    ::shutdown(fd_, SHUT_RDWR);
  }

 private:
  // One request, one response: a connection that stays open would keep a thread.
  bool process_and_close_socket(socket_t client) override {
    bool served = false;
    try {
      const Deadline deadline(time_for_one);
      BoundedConnection connection(client, deadline, cancel_);
      bool closed = true;
      served = process_request(connection, true, closed, [](httplib::Request& request) {
        // Many ranges of a response, or Brotli at its highest level, would cost more than any client may ask for.
        request.ranges.clear();
        request.headers.erase("Accept-Encoding");
      });
    } catch (const std::exception&) {  // no memory: this client gets no answer
    }
    ::shutdown(client, SHUT_RDWR);
    ::close(client);
    return served;
  }

  const int fd_;
  Cancel cancel_;
};

Listener::Listener(const ListenAddress& where, Respond respond) {
  const int fd = listen_on(where);
  if (fd < 0) {
    throw std::runtime_error(fmt::format("GATEWAY_LISTEN={}: cannot listen: {}; stop the program that has the port, or set another address",
                                         where.shown, std::strerror(errno)));
  }
  server_ = std::make_unique<Server>(fd, std::move(respond));
  thread_ = std::thread([this] { server_->serve(); });
}

Listener::~Listener() {
  server_->break_off();
  thread_.join();
}

}  // namespace gateway
