// Files of an older and of a newer version, kept as fixtures (versions/make says how they were made): the older one's
// history is carried over, the newer one is set aside untouched, and neither keeps the gateway from publishing.
#include <fmt/format.h>

#include "../integration/support/fixture.hpp"
#include "gate.hpp"

namespace faults {
namespace {

using integration::eventually;

class SchemaVersions : public integration::Integration {
 protected:
  // PostgreSQL is away, so that the rows which are shown are those of the file.
  SchemaVersions() : gate(upstreams.postgres().port()) {
    gate.set({Kind::refuse});
    settings["POSTGRES_PORT"] = std::to_string(gate.port());
  }

  void start_with(const std::string& fixture) {
    std::filesystem::copy_file(std::filesystem::path(VERSIONS) / fixture, cache());
    start_gateway();
    ASSERT_TRUE(eventually([&] {
      return reader.number("SELECT count(*) FROM pragma_table_list WHERE name = 'source_status'") == 1 &&
             reader.source("rabbitmq.health") == "fresh";
    }));
  }

  std::filesystem::path aside(const std::string& label) const {
    std::filesystem::path found;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      const auto name = entry.path().filename().string();
      if (name.starts_with("cache.db.aside-") && name.ends_with(label)) found = entry.path();
    }
    return found;
  }

  Gate gate;
};

TEST_F(SchemaVersions, AnOlderFileIsCarriedOver) {
  start_with("older.db");
  EXPECT_EQ(reader.text("SELECT signal_id, reasoning, freshness FROM recent_signals"),
            "11111111-0000-0000-0000-000000000002|NULL|never\n11111111-0000-0000-0000-000000000001|NULL|never");
  EXPECT_EQ(reader.text("SELECT count(*) FROM event_history WHERE event_type = 'trading_signal_received'"), "2");
  EXPECT_EQ(reader.text("SELECT upstream, started_at, ended_at > started_at FROM outage WHERE upstream = 'gateway'"),
            "gateway|1700000100|1");
  EXPECT_EQ(integration::content(aside("older")), integration::content(std::filesystem::path(VERSIONS) / "older.db"));
  integration::insert_signals(upstreams, "momentum", 10, 12);
  gate.set({});
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM event_history WHERE event_type = 'trading_signal_received'"), "5")
      << "events stay although their rows are another database's";
}

TEST_F(SchemaVersions, ANewerFileIsSetAsideUntouched) {
  start_with("newer.db");
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "0");
  ASSERT_FALSE(aside("newer").empty());
  EXPECT_EQ(integration::content(aside("newer")), integration::content(std::filesystem::path(VERSIONS) / "newer.db"));
  EXPECT_NE(gateway().log().find("1000"), std::string::npos) << "it says which version";
  gate.set({});
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
}

}  // namespace
}  // namespace faults
