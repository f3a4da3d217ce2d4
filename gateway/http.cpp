#include "http.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include "tcp.hpp"

namespace gateway {

// What the connect of the request under way needs and leaves behind; used by the attempt's thread alone.
struct HttpUpstream::Connecting {
  const Deadline* deadline = nullptr;
  const Cancel* cancel = nullptr;
  std::string host, port;
  std::optional<Error> error;
  std::optional<double> connect_ms;

  // Returns a connected socket, or -1 with `error` set.
  int connect() {
    const auto start = Clock::now();
    auto addresses = resolve(host, port);
    const auto fd = addresses ? connect_tcp(*addresses, host + ":" + port, *deadline, *cancel) : std::unexpected(addresses.error());
    connect_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (fd) return *fd;
    error = fd.error();
    return -1;
  }
};

namespace {

// Both kinds of client get their socket from us.
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

  Connecting& connecting_;
};

double since_ms(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

}  // namespace

HttpUpstream::HttpUpstream(HttpSettings settings) : settings_(std::move(settings)), connecting_(std::make_unique<Connecting>()) {
  connecting_->host = settings_.url.host;
  connecting_->port = std::to_string(settings_.url.port);
  connecting_->cancel = &cancel_;
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
  httplib::Headers headers{{"Accept", "application/json"}, {"Accept-Encoding", "identity"}, {"User-Agent", "cache-gateway"}};
  for (const auto& [name, value] : settings_.headers) headers.emplace(name, value);
  client_->set_default_headers(headers);
  if (!settings_.user.empty()) client_->set_basic_auth(settings_.user, settings_.password);
}

HttpUpstream::~HttpUpstream() = default;

void HttpUpstream::cancel() {
  cancel_.set();
  client_->stop();
}

Error HttpUpstream::explain(int httplib_error, const Deadline& deadline) const {
  const auto whom = fmt::format("{}:{}", settings_.url.host, settings_.url.port);
  if (connecting_->error) return *connecting_->error;
  if (deadline.passed() || cancel_.is_set()) return {ErrorClass::timeout, whom + ": no complete answer in time", Means::nothing};
  switch (static_cast<httplib::Error>(httplib_error)) {
    case httplib::Error::SSLConnection: return {ErrorClass::tls, whom + ": TLS handshake failed; is this an HTTPS port?", Means::nothing};
    case httplib::Error::SSLLoadingCerts:
      return {ErrorClass::tls, "UPSTREAM_CA_FILE: no certificates could be loaded from it", Means::nothing};
    case httplib::Error::SSLServerVerification:
      return {ErrorClass::tls, whom + ": its certificate is not trusted for this name; check its dates, its names and UPSTREAM_CA_FILE",
              Means::nothing};
    default: return {ErrorClass::closed, whom + ": connection closed before a complete HTTP answer", Means::unhealthy};
  }
}

Result<HttpAnswer> HttpUpstream::get(const HttpRequest& request, const Deadline& deadline, Timing& timing) {
  if (deadline.passed()) return failure(ErrorClass::timeout, fmt::format("{}:{}: no time left to ask", settings_.url.host, settings_.url.port));
  connecting_->deadline = &deadline;
  connecting_->error.reset();
  connecting_->connect_ms.reset();
  // Waiting is limited by whoever watches the deadline and calls cancel(); these are the same limit for each single read.
  client_->set_connection_timeout(deadline.left());
  client_->set_read_timeout(deadline.left());
  client_->set_write_timeout(deadline.left());

  HttpAnswer answer;
  bool too_large = false;
  const auto start = Clock::now();
  auto headers_at = start;
  const auto result = client_->Get(
      settings_.url.path + request.target, httplib::Headers{},
      [&](const httplib::Response& response) {
        headers_at = Clock::now();
        answer.status = response.status;
        return true;
      },
      [&](const char* data, std::size_t length) {
        too_large = answer.body.size() + length > settings_.body_cap;
        if (too_large || deadline.passed() || cancel_.is_set()) return false;
        answer.body.append(data, length);
        return true;
      });
  answer.latency_ms = since_ms(start);
  const auto add = [](std::optional<double>& sum, double ms) { sum = sum.value_or(0) + ms; };
  if (connecting_->connect_ms) add(timing.connect_ms, *connecting_->connect_ms);
  if (!result) {
    if (too_large) {
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
      const auto requests = job.source->ask(job.known);
      if (!requests) return std::unexpected(requests.error());
      std::vector<Answer> answers;
      for (const auto& request : *requests) {
        ++outcome.requests;
        auto answer = get(std::get<HttpRequest>(request), deadline, outcome.timing);
        if (!answer) return std::unexpected(answer.error());
        answers.emplace_back(std::move(*answer));
      }
      const auto parsing = Clock::now();
      auto batch = job.source->parse(job.known, answers);
      outcome.timing.parse_ms = since_ms(parsing);
      return batch;
    }();
    outcome.timing.duration_ms = since_ms(start);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace gateway
