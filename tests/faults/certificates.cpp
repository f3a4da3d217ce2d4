#include "certificates.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "../integration/support/process.hpp"

namespace faults {

Certificates::Certificates(std::filesystem::path directory) : directory_(std::move(directory)) {
  for (const auto* authority : {"authority", "stranger"}) {
    openssl(fmt::format(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN={0} -keyout {0}.key -out {0}.pem",
        authority));
    std::ofstream(directory_ / fmt::format("{}.index", authority)) << "";
  }
  make("good", "authority", "IP:127.0.0.1,DNS:localhost", "-startdate 20200101000000Z -enddate 20991231000000Z");
  make("expired", "authority", "IP:127.0.0.1,DNS:localhost", "-startdate 20200101000000Z -enddate 20210101000000Z");
  make("misnamed", "authority", "DNS:somebody-else.test", "-startdate 20200101000000Z -enddate 20991231000000Z");
  make("wildcard", "authority", "DNS:*", "-startdate 20200101000000Z -enddate 20991231000000Z");
  make("common-name", "authority", "DNS:somebody-else.test", "-startdate 20200101000000Z -enddate 20991231000000Z", "localhost");
  make("foreign", "stranger", "IP:127.0.0.1,DNS:localhost", "-startdate 20200101000000Z -enddate 20991231000000Z");
}

// Only `openssl ca` sets the dates.
void Certificates::make(const std::string& kind, const std::string& authority, const std::string& name, const std::string& dates,
                        const std::string& common_name) const {
  std::ofstream(directory_ / (kind + ".conf")) << fmt::format(
      "[ca]\ndefault_ca=c\n[c]\ndatabase={0}/"
      "{1}.index\nnew_certs_dir={0}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=none\n"
      "[p]\ncommonName=supplied\n[x]\nsubjectAltName={2}\nbasicConstraints=CA:FALSE\n",
      directory_.string(), authority, name);
  openssl(fmt::format("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={1} -keyout {0}.key -out {0}.csr", kind,
                      common_name.empty() ? kind : common_name));
  openssl(fmt::format("ca -batch -notext -config {0}.conf -extensions x -cert {1}.pem -keyfile {1}.key -in {0}.csr -out {0}.pem {2}", kind,
                      authority, dates));
}

void Certificates::openssl(const std::string& words) const {
  const auto done = integration::run({"sh", "-c", fmt::format("cd \"$0\" && openssl {}", words), directory_.string()});
  if (done.code != 0) throw std::runtime_error(fmt::format("openssl {}: {}", words, done.errors));
}

}  // namespace faults
