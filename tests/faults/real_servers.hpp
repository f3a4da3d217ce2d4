// Services behind real servers: nginx and haproxy, with certificates of any kind.
#pragma once

#include "../integration/support/fixture.hpp"
#include "../integration/support/free_port.hpp"
#include "../integration/support/scratch.hpp"
#include "certificates.hpp"

namespace faults {

inline constexpr const char* healthy = R"(return 200 '{"status":"healthy"}';)";  // in nginx's words

class RealServers : public integration::Integration {
 protected:
  // A server of this configuration in the foreground; it is there when it accepts.
  void start(const std::string& program, const std::string& configuration, int port);
  // Configurations.
  static std::string nginx(const std::string& servers);
  static std::string haproxy(int port, const std::string& bind, int backend);
  // What goes into them about a certificate; haproxy wants it and its key in one file.
  std::string nginx_tls(const std::string& kind) const;
  std::string combined(const std::string& kind) const;
  // A healthy service for each kind of certificate, named by the kind and asked for at this host.
  void serve_with_certificates(const std::vector<std::string>& kinds, const std::string& host = "127.0.0.1");

  Certificates certificates{integration::new_directory(upstreams.directory(), "certificates")};

 private:
  std::vector<std::unique_ptr<integration::Process>> servers_;
};

}  // namespace faults
