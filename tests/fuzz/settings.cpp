// A .env file of any content, every setting read from it, and URLs. The file is in memory, not on a disk.
#include "settings/settings.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "base/text.hpp"
#include "check.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : fd_(::memfd_create("env", MFD_CLOEXEC)) {
    fuzz::require(fd_ >= 0 && ::pwrite(fd_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()),
                  "there is memory for a file");
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gateway;
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  if (const auto url = parse_url(content)) {
    fuzz::require(!url->host.empty() && url->port >= 1 && url->port <= 65535, "a URL has a host and a port");
    fuzz::require(url->path.empty() || url->path.starts_with('/'), "a path begins with a slash");
    fuzz::require((url->host + url->path).find_first_of(" \r\n\t") == std::string::npos, "nothing in a URL can end a request's line");
  }
  const MemoryFile file(content);
  // Secrets in files are no business of this test: it would read whatever a name points to.
  auto environment = environment_file(file.path(), [](const std::string& name) -> std::optional<std::string> {
    if (name.ends_with("_FILE") && name != "UPSTREAM_CA_FILE") return std::string();
    return std::nullopt;
  });
  if (!environment) return 0;
  SettingsReader reader(*environment);
  const auto settings = read_settings(reader);
  for (const auto& fault : reader.faults()) {
    fuzz::require(!fault.variable.empty() && !fault.remedy.empty(), "a fault names its variable and its remedy");
  }
  for (const auto* pace : {&settings.postgres.pace, &settings.rabbitmq.pace, &settings.services_pace}) {
    fuzz::require(pace->interval.count() > 0 && pace->timeout.count() > 0 && pace->stale_after.count() > 0, "a pace is positive");
  }
  fuzz::require(settings.rabbitmq.lag_ratio >= 0 && settings.rabbitmq.lag_ratio <= 1, "a ratio is one");
  return 0;
}
