// Certificates made by openssl while the tests run: one authority that is trusted, one that is not, and a server's
// certificate of each kind that must be refused.
#pragma once

#include <filesystem>
#include <string>

namespace faults {

class Certificates {
 public:
  explicit Certificates(std::filesystem::path directory);

  std::filesystem::path authority() const { return directory_ / "authority.pem"; }
  // For 127.0.0.1 and localhost, but for `misnamed`, which is another host's.
  struct Pair {
    std::filesystem::path certificate, key;
  };
  Pair of(const std::string& kind) const {
    return {directory_ / (kind + ".pem"), directory_ / (kind + ".key")};
  }  // good, expired, foreign, misnamed, wildcard (for every name), common-name (localhost there, another where it counts)

 private:
  void openssl(const std::string& words) const;
  void make(const std::string& kind, const std::string& authority, const std::string& name, const std::string& dates,
            const std::string& common_name = {}) const;

  std::filesystem::path directory_;
};

}  // namespace faults
