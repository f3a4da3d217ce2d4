// Any bytes as the published file: judged, and where it is found good enough, its rows carried over into a store.
#include "cache/cache_file.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "cache/store.hpp"
#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// SQLite wants a name; memory has one below /dev/shm.
const std::filesystem::path& place() {
  static const struct Place {
    std::filesystem::path path;
    Place() {
      const auto directory =
          std::filesystem::exists("/dev/shm") ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
      path = directory / ("fuzz-cache-" + std::to_string(::getpid()));
    }
    ~Place() { std::filesystem::remove(path); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
  } place;
  return place.path;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gateway;
  std::ofstream(place(), std::ios::binary | std::ios::trunc).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const auto faults = faults_of_finished(place());
  const auto inspection = inspect(place());
  fuzz::require(inspection.state != FileState::absent, "the file is there");
  fuzz::require((inspection.state == FileState::good) == inspection.reason.empty(), "all but a good file has a reason");
  fuzz::require(!faults || !faults->empty(), "a fault has words");
  if (inspection.state == FileState::good || inspection.state == FileState::older) {
    static Store store;
    for (const auto& rejected_row : store.restore(place())) fuzz::require(!rejected_row.empty(), "a rejected_row names its table");
    fuzz::require(!store.query("SELECT count(*) FROM source_status").empty(), "the store answers");
  }
  return 0;
}
