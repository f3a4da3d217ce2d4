#include "raw_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace integration {
namespace {

constexpr int look_again_ms = 20;  // for the end of the test

// Ready for `events`; false after look_again_ms.
bool ready(int fd, short events) {
  pollfd look{fd, events, 0};
  return ::poll(&look, 1, look_again_ms) > 0;
}

}  // namespace

std::string http_answer(int status, const std::string& body, const std::string& headers, const std::string& reason) {
  return fmt::format("HTTP/1.1 {} {}\r\n{}Content-Length: {}\r\n\r\n{}", status, reason, headers, body.size(), body);
}

std::string target_of(const std::string& request) {
  const auto from = request.find(' ') + 1;
  return request.substr(from, request.find(' ', from) - from);
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (server_.stopping_) return false;
    if (!ready(fd_, POLLOUT)) continue;
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent < 0) return false;
    server_.bytes_sent_ += static_cast<std::size_t>(sent);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Peer::receive() {
  char bytes[4096];
  while (!server_.stopping_) {
    if (!ready(fd_, POLLIN)) continue;
    const auto length = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) continue;
    return length > 0 ? std::string(bytes, static_cast<std::size_t>(length)) : std::string();
  }
  return {};
}

void Peer::stay_mute() {
  while (!receive().empty()) {
  }
}

void Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

RawServer::RawServer(Script script, std::string ends, int port) : script_(std::move(script)), ends_(std::move(ends)) {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  ::setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);  // the port of one that has just ended
  sockaddr_in address{};
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), length) != 0 || ::listen(listening_, 16) != 0 ||
      ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error(fmt::format("cannot listen on port {} of the loopback", port));
  }
  port_ = ntohs(address.sin_port);
  listener_ = std::thread([this] { listen(); });
}

RawServer::~RawServer() {
  stopping_ = true;
  listener_.join();
  connections_.clear();
  ::shutdown(listening_, SHUT_RDWR);  // a reader that was forked meanwhile has it, too
  ::close(listening_);
}

void RawServer::follow(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void RawServer::listen() {
  while (!stopping_) {
    if (!ready(listening_, POLLIN)) continue;
    const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    std::erase_if(connections_, [](const auto& each) { return each.over.load(); });
    auto& connection = connections_.emplace_back();
    connection.thread = std::jthread([this, fd, &connection] {
      serve(fd);
      connection.over = true;
    });
  }
}

void RawServer::serve(int fd) {
  Peer peer(*this, fd);
  std::string request;
  for (bool open = true; open;) {
    const auto more = peer.receive();
    if (more.empty()) break;
    request += more;
    if (!request.ends_with(ends_)) continue;
    ++requests_;
    Script script;
    {
      const std::lock_guard lock(mutex_);
      script = script_;
    }
    open = script(peer, request);
    request.clear();
  }
  ::close(fd);
}

}  // namespace integration
