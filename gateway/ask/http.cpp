#include "ask/http.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <new>

#include "ask/tcp.hpp"

namespace gateway {

// What the connect of the request under way needs and leaves behind; used by the attempt's thread alone.
struct HttpUpstream::Connecting {
  const Deadline* deadline = nullptr;
  const Cancel* cancel = nullptr;
  std::string host, port;
  std::optional<Error> error;
  std::optional<double> connect_ms;
  std::size_t body_cap = 0;
  bool in_body = false;   // the head has been read
  bool too_much = false;  // more came than any answer may have
  bool heard = false;     // anything at all
  bool ended = false;     // by the other side, or by a fault of the connection

  Connecting() = default;
  Connecting(const Connecting&) = delete;
  Connecting& operator=(const Connecting&) = delete;
  ~Connecting() {
    if (handle_ >= 0) ::close(handle_);
  }

  // From any thread, and never waits: httplib's own stop() does, for a lock that is held while a name is looked up, a
  // connection made and TLS agreed on, and the loop would wait with it.
  void break_off() {
    const std::lock_guard lock(mutex_);
    if (handle_ >= 0) ::shutdown(handle_, SHUT_RDWR);
  }

  // Returns a connected socket, or -1 with `error` set.
  int connect() {
    const auto start = Clock::now();
    auto addresses = resolve(host, port);
    const auto fd = addresses ? connect_tcp(*addresses, host + ":" + port, *deadline, *cancel) : std::unexpected(addresses.error());
    connect_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (fd) {
      keep(*fd);
      return *fd;
    }
    error = fd.error();
    return -1;
  }

 private:
  // A handle of our own on the connection, because httplib may close its any time.
  void keep(int fd) {
    const std::lock_guard lock(mutex_);
    if (handle_ >= 0) ::close(handle_);
    handle_ = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  }

  std::mutex mutex_;
  int handle_ = -1;
};

namespace {

constexpr std::size_t head_cap = std::size_t{16} << 10;

// One answer's bytes off a connected socket, within the deadline, and no more than may come. httplib's own stream would
// gather a line of any length, and a status line is taken apart by a regular expression whose stack grows with it.
template <typename Connecting>
class Wire : public httplib::Stream {
 public:
  Wire(Connecting& connecting, int fd, SSL* ssl) : connecting_(connecting), fd_(fd), ssl_(ssl) {}

  bool is_readable() const override { return from_ < to_ || wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }

  ssize_t read(char* bytes, std::size_t size) override {
    if (from_ == to_) {
      const auto most = connecting_.in_body ? connecting_.body_cap + connecting_.body_cap / 4 + 4 * head_cap : head_cap;
      connecting_.too_much |= received_ >= most;
      if (connecting_.too_much || connecting_.deadline->passed()) return -1;
      const auto length = transfer(POLLIN, [&](bool tls) -> ssize_t {
        return tls ? ::SSL_read(ssl_, buffer_.data(), static_cast<int>(buffer_.size())) : ::recv(fd_, buffer_.data(), buffer_.size(), 0);
      });
      connecting_.ended |= length <= 0;
      if (length <= 0) return length;
      connecting_.heard = true;
      received_ += static_cast<std::size_t>(length);
      from_ = 0;
      to_ = static_cast<std::size_t>(length);
    }
    const auto length = std::min(size, to_ - from_);
    std::copy_n(buffer_.data() + from_, length, bytes);
    from_ += length;
    return static_cast<ssize_t>(length);
  }

  ssize_t write(const char* bytes, std::size_t size) override {
    return transfer(POLLOUT, [&](bool tls) -> ssize_t {
      return tls ? ::SSL_write(ssl_, bytes, static_cast<int>(size)) : ::send(fd_, bytes, size, MSG_NOSIGNAL);
    });
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return fd_; }

 private:
  bool wait(short events) const { return wait_for(fd_, events, *connecting_.deadline, *connecting_.cancel) == Wake::ready; }

  // Again and again until it is done; the socket never blocks.
  ssize_t transfer(short events, const auto& step) {
    for (;;) {
      const auto done = step(ssl_ != nullptr);
      if (done > 0) return done;
      if (ssl_ != nullptr) {
        const int error = ::SSL_get_error(ssl_, static_cast<int>(done));
        if (error == SSL_ERROR_ZERO_RETURN) return 0;
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return -1;
        events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
      } else if (done == 0 || (errno != EAGAIN && errno != EINTR)) {
        return done;
      }
      if (!wait(events)) return -1;
    }
  }

  Connecting& connecting_;
  int fd_;
  SSL* ssl_;
  std::array<char, head_cap> buffer_{};
  std::size_t from_ = 0, to_ = 0, received_ = 0;
};

// Both kinds of client get their socket, and what they read from it, from us.
template <typename Client, typename Connecting>
class Connected : public Client {
 public:
  Connected(Connecting& connecting, const Url& url) : Client(url.host, url.port), connecting_(connecting) {}

 private:
  bool create_and_connect_socket(httplib::ClientImpl::Socket& socket, httplib::Error& error) override {
    socket.sock = connecting_.connect();
    error = socket.sock < 0 ? httplib::Error::Connection : httplib::Error::Success;
    return socket.sock >= 0;
  }

  bool process_socket(const httplib::ClientImpl::Socket& socket, std::function<bool(httplib::Stream&)> callback) override {
    Wire<Connecting> wire(connecting_, socket.sock, socket.ssl);
    return callback(wire);
  }

  Connecting& connecting_;
};

double since_ms(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

}  // namespace

HttpUpstream::HttpUpstream(HttpSettings settings) : settings_(std::move(settings)), connecting_(std::make_unique<Connecting>()) {
  connecting_->host = settings_.url.host;
  connecting_->port = std::to_string(settings_.url.port);
  connecting_->cancel = &cancel_;
  connecting_->body_cap = settings_.body_cap;
  if (settings_.url.tls) {
    auto client = std::make_unique<Connected<httplib::SSLClient, Connecting>>(*connecting_, settings_.url);
    if (!settings_.ca_file.empty()) client->set_ca_cert_path(settings_.ca_file);
    client->enable_server_certificate_verification(true);
    client_ = std::move(client);
  } else {
    client_ = std::make_unique<Connected<httplib::ClientImpl, Connecting>>(*connecting_, settings_.url);
  }
  client_->set_keep_alive(true);
  client_->set_follow_location(false);
  client_->set_decompress(false);
  client_->set_default_headers({{"Accept", "application/json"}, {"Accept-Encoding", "identity"}, {"User-Agent", "cache-gateway"}});
  if (!settings_.user.empty()) client_->set_basic_auth(settings_.user, settings_.password);
}

HttpUpstream::~HttpUpstream() = default;

void HttpUpstream::cancel() {
  cancel_.set();
  connecting_->break_off();
}

Error HttpUpstream::explain(int httplib_error, const Deadline& deadline) const {
  const auto endpoint = fmt::format("{}:{}", settings_.url.host, settings_.url.port);
  if (connecting_->error) return *connecting_->error;
  if (deadline.passed() || cancel_.is_set()) return {ErrorClass::timeout, endpoint + ": no complete answer in time"};
  switch (static_cast<httplib::Error>(httplib_error)) {
    case httplib::Error::SSLConnection: return {ErrorClass::tls, endpoint + ": TLS handshake failed; is this an HTTPS port?"};
    case httplib::Error::SSLLoadingCerts: return {ErrorClass::tls, "UPSTREAM_CA_FILE: no certificates could be loaded from it"};
    case httplib::Error::SSLServerVerification:
      return {ErrorClass::tls,
              endpoint + ": its certificate is not trusted for this name; check its dates, its names and UPSTREAM_CA_FILE"};
    default:
      // Whoever talks on is there, but is no HTTP server.
      if (connecting_->heard && !connecting_->ended) return {ErrorClass::malformed, endpoint + ": does not answer as HTTP does"};
      return {ErrorClass::closed, endpoint + ": connection closed before a complete HTTP answer"};
  }
}

Result<HttpAnswer> HttpUpstream::get(const HttpRequest& request, const Deadline& deadline, Timing& timing) {
  if (deadline.passed())
    return failure(ErrorClass::timeout, fmt::format("{}:{}: no time left to ask", settings_.url.host, settings_.url.port));
  connecting_->deadline = &deadline;
  connecting_->error.reset();
  connecting_->connect_ms.reset();
  connecting_->in_body = false;
  connecting_->too_much = false;
  connecting_->heard = false;
  connecting_->ended = false;
  // Waiting is limited by whoever watches the deadline and calls cancel(); these are the same limit for each single read.
  client_->set_connection_timeout(deadline.left());
  client_->set_read_timeout(deadline.left());
  client_->set_write_timeout(deadline.left());

  httplib::Headers key;
  if (!settings_.api_key.empty() && request.target.starts_with("/api/")) key.emplace("X-API-Key", settings_.api_key);

  HttpAnswer answer;
  bool too_large = false, out_of_memory = false;
  const auto start = Clock::now();
  auto headers_at = start;
  const auto result = client_->Get(
      settings_.url.path + request.target, key,
      [&](const httplib::Response& response) {
        headers_at = Clock::now();
        answer.status = response.status;
        connecting_->in_body = true;
        return true;
      },
      [&](const char* data, std::size_t length) {
        too_large = answer.body.size() + length > settings_.body_cap;
        if (too_large || deadline.passed() || cancel_.is_set()) return false;
        try {
          answer.body.append(data, length);
        } catch (const std::bad_alloc&) {  // must not pass through httplib, which would take the request for one under way
          out_of_memory = true;
        }
        return !out_of_memory;
      });
  answer.latency_ms = since_ms(start);
  const auto add = [](std::optional<double>& sum, double ms) { sum = sum.value_or(0) + ms; };
  if (connecting_->connect_ms) add(timing.connect_ms, *connecting_->connect_ms);
  if (!result) {
    if (connecting_->too_much && !connecting_->in_body) {
      return failure(ErrorClass::too_large,
                     fmt::format("GET {}: the head of the answer is larger than {} KiB", request.target, head_cap >> 10));
    }
    if (out_of_memory)
      return failure(ErrorClass::too_large, fmt::format("GET {}: there is not enough memory for the body", request.target));
    if (too_large || connecting_->too_much) {
      return failure(ErrorClass::too_large,
                     fmt::format("GET {}: the body is larger than {} MiB", request.target, settings_.body_cap >> 20));
    }
    return std::unexpected(explain(static_cast<int>(result.error()), deadline));
  }
  add(timing.wait_ms, std::chrono::duration<double, std::milli>(headers_at - start).count() - connecting_->connect_ms.value_or(0));
  add(timing.read_ms, since_ms(headers_at));
  return answer;
}

std::vector<Outcome> HttpUpstream::attempt(std::span<Job> jobs, const Deadline& deadline) {
  cancel_.reset();
  std::vector<Outcome> outcomes;
  for (auto& job : jobs) {
    Outcome outcome{.source = job.source->name, .sent_at = unix_now(), .requests = 0, .timing = {}, .result = Batch{}};
    const auto start = Clock::now();
    outcome.result = [&]() -> Result<Batch> {
      const auto requests = job.source->ask(job.prior);
      if (!requests) return std::unexpected(requests.error());
      std::vector<Answer> answers;
      for (const auto& request : *requests) {
        ++outcome.requests;
        auto answer = get(std::get<HttpRequest>(request), deadline, outcome.timing);
        if (!answer) return std::unexpected(answer.error());
        answers.emplace_back(std::move(*answer));
      }
      return parsed(job, answers, fmt::format("{}:{}", settings_.url.host, settings_.url.port), outcome.timing);
    }();
    outcome.timing.duration_ms = since_ms(start);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace gateway
