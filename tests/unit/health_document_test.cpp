// What a /health says, in the dialects of other people's services.
#include "datasets/health_document.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "datasets/health_words.hpp"

namespace gateway {
namespace {

TEST(HealthWords, every_dialect_has_its_good_and_bad_words) {
  for (const auto* good : {"healthy", "UP", "pass", "Healthy", "ok", "OK", "ready", " alive "})
    EXPECT_EQ(health_of_word(good), "healthy") << good;
  for (const auto* fair : {"degraded", "Degraded", "warn", "WARNING"}) EXPECT_EQ(health_of_word(fair), "degraded") << fair;
  for (const auto* bad : {"unhealthy", "DOWN", "OUT_OF_SERVICE", "out-of-service", "fail", "error", "Unhealthy", "not ready", "critical"}) {
    EXPECT_EQ(health_of_word(bad), "unhealthy") << bad;
  }
  for (const auto* other : {"", "starting up", "UNKNOWN", "1"}) EXPECT_EQ(health_of_word(other), std::nullopt) << other;
}

TEST(HealthWords, the_worse_of_word_and_http_status_counts) {
  struct Case {
    int status;
    const char* word;
    const char* verdict;
  };
  for (const auto& one :
       {Case{200, "UP", "healthy"}, Case{200, "warn", "degraded"}, Case{200, "DOWN", "unhealthy"}, Case{200, "starting", "degraded"},
        Case{503, "healthy", "degraded"}, Case{500, "healthy", "unhealthy"}, Case{503, "DOWN", "unhealthy"},
        Case{503, "OUT_OF_SERVICE", "unhealthy"}, Case{503, "warn", "unhealthy"}, Case{503, "starting", "unhealthy"}}) {
    EXPECT_EQ(health_of_answer(one.status, one.word), one.verdict) << one.status << ' ' << one.word;
  }
}

std::string parts(const HealthDocument& document) {
  std::string all;
  for (const auto& part : document.parts) all += fmt::format("{}={}{} ", part.name, part.status, part.error ? "(" + *part.error + ")" : "");
  return all;
}

struct Said {
  const char* body;
  const char* word;
  const char* parts;
};

TEST(HealthDocument, a_part_of_any_form_never_hides_the_word) {
  for (const auto& one : {
           Said{R"({"status":"unhealthy","checks":[{"name":"db"}]})", "unhealthy",
                "db=unknown(reported in a form we do not know (object)) "},
           Said{R"({"status":"healthy","checks":{"db":"ok","cache":"slow"}})", "healthy", "cache=unknown(slow) db=healthy "},
           Said{R"({"status":"healthy","checks":7,"components":"none"})", "healthy", ""},
           Said{R"({"status":"healthy","checks":{"db":1,"disk":null}})", "healthy",
                "db=unknown(reported in a form we do not know (number)) disk=unknown(reported in a form we do not know (null)) "},
           Said{R"({"status":"healthy","database_connected":"false"})", "healthy", "database=unknown(false) "},
           Said{R"({"status":"healthy","database_connected":[]})", "healthy",
                "database=unknown(reported in a form we do not know (array)) "},
           Said{R"({"status":"healthy","redis_connected":false,"queue_connected":true})", "healthy",
                "queue=healthy redis=unhealthy(not connected) "},
       }) {
    const auto read = read_health(one.body, "GET /health");
    ASSERT_TRUE(read) << one.body << read.error().text;
    EXPECT_EQ(read->word, one.word) << one.body;
    EXPECT_EQ(parts(*read), one.parts) << one.body;
  }
}

TEST(HealthDocument, spring_boot_health_json_asp_net_and_microprofile_are_read) {
  for (const auto& one : {
           Said{R"({"status":"DOWN","components":{"db":{"status":"DOWN","details":{"error":"refused"}},"ping":{"status":"UP"}}})", "DOWN",
                "db=unhealthy(refused) ping=healthy "},
           Said{R"({"status":"DOWN","details":{"db":{"status":"DOWN"},"app":"shop"}})", "DOWN", "db=unhealthy "},
           Said{R"({"status":"warn","checks":{"disk:use":[{"status":"pass"},{"status":"warn","output":"91 %"}]}})", "warn",
                "disk:use=degraded(91 %) "},
           Said{R"({"status":"Unhealthy","entries":{"sql":{"status":"Unhealthy","description":"no route"}}})", "Unhealthy",
                "sql=unhealthy(no route) "},
           Said{R"({"status":"DOWN","checks":[{"name":"db","status":"DOWN","data":{"error":"late"}},{"name":"q","status":"UP"}]})", "DOWN",
                "db=unhealthy(late) q=healthy "},
           Said{R"({"status":{"code":"UP"}})", "UP", ""},
           Said{R"({"status":true})", "healthy", ""},
           Said{R"({"ok":false,"message":"no disk"})", "unhealthy", ""},
           Said{"Healthy", "Healthy", ""},
           Said{"\"UP\"", "UP", ""},
           Said{"OK\n", "OK", ""},
       }) {
    const auto read = read_health(one.body, "GET /health");
    ASSERT_TRUE(read) << one.body;
    EXPECT_EQ(read->word, one.word) << one.body;
    EXPECT_EQ(parts(*read), one.parts) << one.body;
  }
}

TEST(HealthDocument, what_a_part_complains_of_beside_a_good_word_counts) {
  const auto read = read_health(R"({"status":"healthy","checks":{"a":{"healthy":true,"disk_space_warning":true},)"
                                R"("b":{"healthy":true,"disk_space_warning":false},"c":{"status":"ok","warning":"late"},)"
                                R"("d":{"healthy":true,"disk_space_warning":true,"disk_space_critical":true}}})",
                                "GET /health");
  ASSERT_TRUE(read);
  EXPECT_EQ(parts(*read), "a=degraded(disk_space_warning) b=healthy c=degraded(late) d=unhealthy(disk_space_critical) ");
}

TEST(HealthDocument, who_is_not_well_has_a_reason) {
  const auto reason = [](const char* body, int status) {
    const auto read = read_health(body, "GET /health");
    return reason_of(*read, status, health_of_answer(status, read->word.value_or(""))).value_or("-");
  };
  EXPECT_EQ(reason(R"({"status":"unhealthy","database_connected":false,"queue_connected":false})", 200),
            "database: not connected; queue: not connected");
  EXPECT_EQ(reason(R"({"status":"unhealthy","checks":{"db":{"status":"DOWN"}},"error":"other"})", 200), "db: unhealthy");
  EXPECT_EQ(reason(R"({"status":"fail","output":"no disk"})", 200), "no disk");
  EXPECT_EQ(reason(R"({"status":"unhealthy"})", 200), "it reports \"unhealthy\", without a reason");
  EXPECT_EQ(reason(R"({"status":"healthy"})", 503), "HTTP 503, \"healthy\"");
  EXPECT_EQ(reason(R"({"status":"starting"})", 200), "starting");
  EXPECT_EQ(reason(R"({"status":"healthy","database_connected":false})", 200), "-");
}

TEST(HealthDocument, what_is_no_health_at_all_is_malformed_and_a_word_is_not_made_up) {
  for (const auto* body : {"", "<html>ok</html>", "[]", "7", "\"starting\"", "welcome", "no", "true"})
    EXPECT_FALSE(read_health(body, "GET /health")) << body;
  for (const auto* body : {"{}", R"({"status":null})", R"({"status":7})", R"({"version":"ok"})"}) {
    const auto read = read_health(body, "GET /health");
    ASSERT_TRUE(read) << body;
    EXPECT_EQ(read->word, std::nullopt) << body;
  }
}

TEST(HealthDocument, a_hundred_parts_are_shown_and_the_rest_counted) {
  std::string checks;
  for (int i = 0; i < 130; ++i) checks += fmt::format("{}\"part{:03}\":true", i == 0 ? "" : ",", i);
  const auto read = read_health(R"({"status":"healthy","checks":{)" + checks + "}}", "GET /health");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->parts.size(), 101U);
  EXPECT_EQ(read->parts.back().error, "30 more checks are not shown");
}

}  // namespace
}  // namespace gateway
