// GATEWAY_LISTEN: /healthz, /readyz and /metrics of a running gateway. They agree with `status` and with the file; no client,
// however slow or hostile, holds anything up; and what is no GET of a known path is refused.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

// A connection that a test speaks on byte by byte; little room to receive in.
class Client {
 public:
  explicit Client(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int little = 2048;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& text) const { ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  // Until the gateway closes, or there is no more hope that it will.
  std::string rest() const {
    const timeval hope{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &hope, sizeof hope);
    std::string all;
    char buffer[4096];
    ssize_t n = 0;
    while ((n = ::recv(fd_, buffer, sizeof buffer, 0)) > 0) all.append(buffer, static_cast<std::size_t>(n));
    return n < 0 && errno == EAGAIN ? all + "(still open)" : all;
  }

 private:
  int fd_;
};

class Listening : public Integration {
 protected:
  Listening() { settings["GATEWAY_LISTEN"] = fmt::format("127.0.0.1:{}", port); }

  httplib::Result get(const std::string& path) const {
    httplib::Client client("127.0.0.1", port);
    client.set_read_timeout(60);
    return client.Get(path);
  }
  std::string body(const std::string& path) const {
    const auto answer = get(path);
    return answer ? answer->body : "no answer";
  }
  Look status_of(const std::string& path) const {
    return [this, path] {
      const auto answer = get(path);
      return answer ? std::to_string(answer->status) : "no answer";
    };
  }
  // Of a sample line of /metrics.
  static std::string sample(const std::string& metrics, const std::string& series) {
    const auto at = metrics.find("\n" + series + " ");
    if (at == std::string::npos) return "none";
    const auto from = at + series.size() + 2;
    return metrics.substr(from, metrics.find('\n', from) - from);
  }
  nlohmann::json status() const {
    return nlohmann::json::parse(cache_gateway({"status", "--json"}, {{"CACHE_PATH", cache().string()}}).output);
  }
  std::string raw(const std::string& request) const {
    const Client client(port);
    client.send(request);
    return client.rest();
  }

  const int port = free_port();
};

TEST_F(Listening, MetricsAgreeWithStatusAndTheFile) {
  settings["PUBLISH_INTERVAL"] = "1500ms";  // so that several looks see one file
  settings["STALE_AFTER"] = "1m";
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(free_port());
  insert_signals(upstreams, "momentum", 1, 3);
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, error_class"), "never|refused"));
  nlohmann::json before, after;
  std::string metrics;
  ASSERT_TRUE(eventually([&] {
    const auto version = version_of_file();
    before = status();
    metrics = body("/metrics");
    after = status();
    return version == version_of_file();
  }));
  for (std::size_t i = 0; i < before["sources"].size(); ++i) {
    const auto& row = before["sources"][i];
    const auto label = fmt::format("{{source=\"{}\"}}", row["source"].get<std::string>());
    for (const char* word : {"fresh", "stale", "never", "off", "missing"}) {
      const auto series =
          fmt::format("cache_gateway_source_freshness{{source=\"{}\",freshness=\"{}\"}}", row["source"].get<std::string>(), word);
      EXPECT_EQ(sample(metrics, series), row["freshness"] == word ? "1" : "0") << series;
    }
    EXPECT_EQ(sample(metrics, "cache_gateway_source_rows" + label), row["rows"].is_null() ? "none" : row["rows"].dump()) << label;
    const auto age = sample(metrics, "cache_gateway_source_age_seconds" + label);
    if (row["age_s"].is_null()) {
      EXPECT_EQ(age, "none") << label;
    } else {
      EXPECT_GE(std::stod(age), row["age_s"].get<double>()) << label;
      EXPECT_LE(std::stod(age), after["sources"][i]["age_s"].get<double>()) << label;
    }
  }
  for (const auto& service : before["services"]) {
    const auto series = fmt::format("cache_gateway_service_status{{service=\"{}\",status=\"{}\"}}", service["service"].get<std::string>(),
                                    service["effective_status"].get<std::string>());
    const bool off = reader.source(service["service"].get<std::string>() + ".health") == "off";
    EXPECT_EQ(sample(metrics, series), off ? "none" : "1") << series;
  }
  EXPECT_EQ(sample(metrics, "cache_gateway_publishes_total"), before["gateway"]["publish_count"].dump());
  EXPECT_EQ(sample(metrics, "cache_gateway_cache_size_bytes"), before["gateway"]["file_bytes"].dump());
  EXPECT_NE(sample(metrics, "cache_gateway_source_failures_total{class=\"refused\",source=\"rabbitmq.queues\"}"), "0");
  EXPECT_EQ(sample(metrics, "cache_gateway_source_failures_total{class=\"refused\",source=\"postgres.signals\"}"), "0");
}

TEST_F(Listening, PromtoolAcceptsTheMetricsAndTheyHaveAllThatTheAlertsAskFor) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  const auto metrics = body("/metrics");
  const auto file = directory().parent_path() / "metrics.txt";
  std::ofstream(file) << metrics;
  const auto checked = run({"sh", "-c", "promtool check metrics < \"$0\"", file.string()}, {{"PATH", ::getenv("PATH")}});
  EXPECT_EQ(checked.code, 0) << checked.output << checked.errors;
  const auto alerts = content(ALERTS);
  const std::regex name("cache_gateway_[a-z_]+");
  std::set<std::string> names;
  for (auto found = std::sregex_iterator(alerts.begin(), alerts.end(), name); found != std::sregex_iterator(); ++found)
    names.insert(found->str());
  EXPECT_GE(names.size(), 7U);
  for (const auto& metric : names) EXPECT_NE(metrics.find("\n# TYPE " + metric + " "), std::string::npos) << metric;
}

TEST_F(Listening, ReadyFollowsThePublishesAndHealthTheLoop) {
  start_gateway();
  ASSERT_TRUE(eventually(status_of("/readyz"), "200"));
  ASSERT_TRUE(eventually(status_of("/healthz"), "200"));
  const auto aside = directory().parent_path() / "aside";
  std::filesystem::rename(directory(), aside);
  ASSERT_TRUE(eventually(status_of("/readyz"), "503"));
  EXPECT_EQ(body("/readyz").find("publishing fails: "), 0U) << body("/readyz");
  EXPECT_EQ(get("/healthz")->status, 200) << "restarting the gateway would make no directory";
  EXPECT_EQ(sample(body("/metrics"), "cache_gateway_cache_readable"), "0");
  EXPECT_NE(sample(body("/metrics"), "cache_gateway_publish_failures_total"), "0");
  std::filesystem::rename(aside, directory());
  ASSERT_TRUE(eventually(status_of("/readyz"), "200"));
  EXPECT_EQ(sample(body("/metrics"), "cache_gateway_cache_readable"), "1");
}

TEST_F(Listening, ClientsThatNeverReadOrNeverAskHoldNothingUp) {
  start_gateway();
  ASSERT_TRUE(eventually(status_of("/readyz"), "200"));
  const auto count = [&] { return reader.number("SELECT publish_count FROM gateway"); };
  const Client silent(port), slow(port), deaf(port);
  slow.send("GET /metr");
  deaf.send("GET /metrics HTTP/1.1\r\n\r\n");
  for (int round = 0; round < 4; ++round) {
    const auto before = count();
    for (int n = 0; n < 50; ++n) {
      const auto answer = get("/metrics");
      ASSERT_TRUE(answer) << "request " << n << " of round " << round;
      ASSERT_EQ(answer->status, 200);
    }
    ASSERT_TRUE(eventually([&] { return count() > before; })) << "round " << round;
  }
  ASSERT_EQ(silent.rest(), "") << "closed in the end";
  EXPECT_EQ(slow.rest(), "");
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
}

TEST_F(Listening, MoreClientsThanThreadsDoNotHoldUpPublishesOrTheEnd) {
  start_gateway();
  ASSERT_TRUE(eventually(status_of("/readyz"), "200"));
  std::vector<std::unique_ptr<Client>> silent;
  for (int n = 0; n < 20; ++n) silent.push_back(std::make_unique<Client>(port));
  const auto before = reader.number("SELECT publish_count FROM gateway");
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT publish_count FROM gateway") >= before + 5; }));
  EXPECT_EQ(gateway().terminate(), 0) << "what clients keep open is broken off";
}

TEST_F(Listening, WhatIsNoGetOfAKnownPathIsRefused) {
  start_gateway();
  ASSERT_TRUE(eventually(status_of("/readyz"), "200"));
  const auto first_line = [&](const std::string& request) {
    const auto answer = raw(request);
    return answer.substr(0, answer.find('\r'));
  };
  EXPECT_EQ(first_line("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(first_line("GET /metrics/ HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"}) {
    EXPECT_EQ(first_line(fmt::format("{} /metrics HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", method)), "HTTP/1.1 405 Method Not Allowed")
        << method;
  }
  EXPECT_EQ(first_line("GET /metrics HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(first_line("GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(first_line("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(first_line("GET /" + std::string(100'000, 'a')).find("200"), std::string::npos) << "a head without an end";
  EXPECT_EQ(first_line("GET /healthz HTTP/1.1\r\nX: " + std::string(5'000, 'a') + "\r\n\r\n").find("200"), std::string::npos);
  EXPECT_EQ(first_line("GET /healthz HTTP/1.1\r\nRange: bytes=0-0,0-0,0-0\r\n\r\n"), "HTTP/1.1 200 OK") << "ranges are not served";
  const auto head = raw("HEAD /metrics HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n")) << head;
  const auto two = raw("GET /healthz HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(two.find("HTTP/1.1 200 OK", 1), std::string::npos) << "one response a connection: " << two;
  EXPECT_NE(two.find("Connection: close"), std::string::npos) << two;
}

TEST_F(Listening, APortInUseEndsTheStartAndNamesTheSetting) {
  start_gateway();
  ASSERT_TRUE(eventually(status_of("/readyz"), "200"));
  settings["CACHE_PATH"] = (directory() / "second.db").string();
  const auto second = cache_gateway({"run"}, settings);
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.errors.find(fmt::format("GATEWAY_LISTEN=127.0.0.1:{}: cannot listen: Address already in use", port)), std::string::npos)
      << second.errors;
  be_patient();
  EXPECT_EQ(cache_gateway({"once"}, settings).code, 0) << "`once` never listens";
}

TEST_F(Listening, WhatIsNoAddressIsASettingToFix) {
  settings["GATEWAY_LISTEN"] = "localhost";
  const auto done = cache_gateway({"run"}, settings);
  EXPECT_EQ(done.code, 2);
  EXPECT_NE(done.errors.find("GATEWAY_LISTEN=localhost: use ADDRESS:PORT"), std::string::npos) << done.errors;
}

TEST_F(Listening, EveryAddressMeansBothFamilies) {
  settings["GATEWAY_LISTEN"] = fmt::format(":{}", port);
  start_gateway();
  ASSERT_TRUE(eventually(status_of("/healthz"), "200"));
}

}  // namespace
}  // namespace integration
