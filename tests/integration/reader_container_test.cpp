// Grafana's container: another user, the directory mounted read-only, the file opened anew for each query. It sees every
// publish through the directory, and needs nothing but to read.
#include <fstream>

#include "support/fixture.hpp"
#include "support/mounted_reader.hpp"

namespace integration {
namespace {

// What the reader does in there: "" if all of it was as it should be.
std::string read_for_a_while(const Reader& reader) {
  std::int64_t first = 0, last = 0;
  const auto all_seen = eventually([&] {
    last = reader.number("SELECT publish_count FROM gateway");
    if (first == 0) first = last;
    if (reader.text("SELECT count(*) FROM recent_signals") != "3") throw std::runtime_error("not all rows");
    if (reader.text("PRAGMA integrity_check") != "ok") throw std::runtime_error("a damaged file");
    constexpr auto publishes = 10;
    return last >= first + publishes;
  });
  return all_seen ? "" : all_seen.message();
}

class ReaderContainer : public Integration {};

TEST_F(ReaderContainer, AnotherUserFollowsEveryPublishThroughAReadOnlyMount) {
  insert_signals(upstreams, "momentum", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  MountedReader mounted(directory(), [](const Reader& there, const MountedReader::GoesOn&) { return read_for_a_while(there); });
  EXPECT_EQ(mounted.wait(), "");
}

TEST_F(ReaderContainer, ModesLetEverybodyReadAndNobodyWrite) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(cache()).permissions(), perms::owner_read | perms::group_read | perms::others_read);
}

TEST_F(ReaderContainer, ADirectoryMadeByTheGatewayMayBeEnteredByEverybody) {
  be_patient();
  settings["CACHE_PATH"] = (directory() / "made" / "cache.db").string();
  ASSERT_EQ(cache_gateway({"once"}, settings).code, 0);
  using std::filesystem::perms;
  const auto needed = perms::others_read | perms::others_exec;
  EXPECT_EQ(std::filesystem::status(directory() / "made").permissions() & needed, needed);
}

TEST_F(ReaderContainer, AReaderThatOpenedTheFileBeforeAPublishReadsOnUndisturbed) {
  insert_signals(upstreams, "momentum", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  const auto bytes = content(cache());
  std::ifstream held(cache(), std::ios::binary);
  std::string half(bytes.size() / 2, '\0');
  held.read(half.data(), static_cast<std::streamsize>(half.size()));
  const auto count = reader.number("SELECT publish_count FROM gateway");
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT publish_count FROM gateway") > count + 2; }));
  std::string rest((std::istreambuf_iterator<char>(held)), {});
  const auto whole = directory().parent_path() / "whole.db";
  std::ofstream(whole, std::ios::binary) << half << rest;
  EXPECT_EQ(Reader(whole).text("PRAGMA integrity_check"), "ok");
  EXPECT_LE(Reader(whole).number("SELECT publish_count FROM gateway"), count);
}

}  // namespace
}  // namespace integration
