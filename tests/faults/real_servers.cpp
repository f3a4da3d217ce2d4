#include "real_servers.hpp"

#include <fmt/format.h>

#include <fstream>

namespace faults {

void RealServers::start(const std::string& program, const std::string& configuration, int port) {
  const auto directory = integration::new_directory(upstreams.directory(), program);
  const auto file = directory / "server.conf";
  std::ofstream(file) << configuration;
  const auto binary = "/usr/sbin/" + program;
  const std::vector<std::string> words =
      program == "nginx" ? std::vector<std::string>{binary, "-p", directory.string(), "-c", file.string(), "-e", "stderr"}
                         : std::vector<std::string>{binary, "-db", "-f", file.string()};
  const auto log = directory / "log";
  servers_.push_back(std::make_unique<integration::Process>(integration::Command{.words = words, .output = log, .errors = log}));
  const auto accepts = [port] { return integration::run({"bash", "-c", fmt::format("exec 3<>/dev/tcp/127.0.0.1/{}", port)}).code == 0; };
  ASSERT_TRUE(integration::eventually(accepts)) << integration::content(log);
}

std::string RealServers::nginx(const std::string& servers) {
  return fmt::format(
      "daemon off; master_process off; pid nginx.pid; error_log stderr;\nevents {{}}\n"
      "http {{ access_log off; keepalive_timeout 1s; default_type application/json;\n"
      "client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n{}\n}}\n",
      servers);
}

std::string RealServers::haproxy(int port, const std::string& bind, int backend) {
  return fmt::format(
      "global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n"
      "frontend in\n  bind 127.0.0.1:{} {}\n  default_backend out\nbackend out\n  server one 127.0.0.1:{}\n",
      port, bind, backend);
}

std::string RealServers::nginx_tls(const std::string& kind) const {
  const auto pair = certificates.of(kind);
  return fmt::format("ssl_certificate {}; ssl_certificate_key {};", pair.certificate.string(), pair.key.string());
}

std::string RealServers::combined(const std::string& kind) const {
  const auto pair = certificates.of(kind);
  const auto file = certificates.authority().parent_path() / (kind + ".both");
  std::ofstream(file) << integration::content(pair.certificate) << integration::content(pair.key);
  return file.string();
}

void RealServers::serve_with_certificates(const std::vector<std::string>& kinds, const std::string& host) {
  std::string servers, services;
  int port = 0;
  for (const auto& kind : kinds) {
    port = integration::free_port();
    servers += fmt::format("server {{ listen 127.0.0.1:{} ssl; {} location /health {{ {} }} }}\n", port, nginx_tls(kind), healthy);
    services += fmt::format("{}{}=https://{}:{}/health", services.empty() ? "" : ",", kind, host, port);
  }
  start("nginx", nginx(servers), port);
  settings["UPSTREAM_CA_FILE"] = certificates.authority().string();
  settings["HEALTH_SERVICES"] = services;
}

}  // namespace faults
