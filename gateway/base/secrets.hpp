// Hides configured secrets in texts that a peer wrote. A service that echoes its request, or a server that quotes a
// connection string, would otherwise get a password published. Immutable after construction, so any thread may use it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway {

class SecretMask {
 public:
  SecretMask() = default;
  explicit SecretMask(const std::vector<std::string>& secrets);

  // `***` for each secret, its base64 (at any offset of a longer encoded text, as in HTTP basic authentication), and the secret
  // with any of its characters percent-encoded or behind a backslash. A secret that is cut off at the end of the text is hidden from four
  // characters on.
  std::string masked(std::string_view text) const { return masked_by(all_, text); }

  // The same for data. A secret of less than six characters ("guest") stays: it would turn ordinary names into ***.
  std::string masked_data(std::string_view text) const { return masked_by(long_, text); }

 private:
  struct Secrets {
    std::vector<std::string> plain, forms;  // longest first
  };
  static std::string masked_by(const Secrets& secrets, std::string_view text);

  Secrets all_, long_;
};

}  // namespace gateway
