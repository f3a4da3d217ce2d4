// Every configured secret, sent back by every upstream in every form: in good answers and in each class of failure. None of
// them is found afterwards in the cache's bytes (free pages included), its saved copy, a file moved aside, the log, the output
// of `status` and `ping`, or the process's arguments.
#include <fmt/format.h>

#include <algorithm>

#include "../hostile/answers.hpp"
#include "../hostile/postgres_messages.hpp"
#include "../integration/support/secret_forms.hpp"
#include "shared_directory.hpp"

namespace security {
namespace {

using hostile::Peer;
using hostile::RawServer;
using hostile::Script;
using integration::eventually;

const std::vector<std::string> services{"WS_GATEWAY", "MODEL_SERVICE", "ORDER_MANAGER", "POSITION_MANAGER", "FEATURE_SERVICE"};
const std::vector<std::string> secret_settings{"GRAFANA_POSTGRES_PASSWORD", "RABBITMQ_MANAGEMENT_PASSWORD", "WS_GATEWAY_API_KEY",
                                               "MODEL_SERVICE_API_KEY",     "ORDERMANAGER_API_KEY",         "POSITION_MANAGER_API_KEY",
                                               "FEATURE_SERVICE_API_KEY"};

// What follows the request as an upstream's answer, and the class that the sources it concerns come to.
struct Repetition {
  const char* name;
  std::string becomes;  // empty: rows
  Script script;
};

Script always(const std::string& bytes) {
  return [bytes](Peer& peer, const std::string&) {
    peer.send(bytes);
    return false;
  };
}

// PostgreSQL: the offer of TLS is declined first.
Script after_startup(const std::string& bytes) {
  return [bytes](Peer& peer, const std::string& first) {
    if (first.size() == 8 && (!peer.send("N") || peer.receive().empty())) return false;
    peer.send(bytes);
    return false;
  };
}

class PlantedSecrets : public SharedDirectory {
 protected:
  PlantedSecrets() {
    for (const auto& name : secret_settings) {
      secrets_.push_back(fmt::format("Pl4nted/{}+key=%{}?", name.substr(0, 9), secrets_.size()));
      settings_[name] = secrets_.back();
    }
    // Repeated as a server that is confused would: as it is, in the header of a request, in a URL.
    for (const auto& secret : secrets_) {
      all_ += fmt::format("password={0} Basic {1} {2} {3} {4} ", secret, integration::base64("grafana_monitor:" + secret),
                          integration::base64(secret), integration::percent_encoded(secret),
                          integration::percent_encoded(secret, "0123456789abcdef"));
    }
    for (const auto& service : services) settings_[service + "_URL"] = fmt::format("http://127.0.0.1:{}", http_.port());
    settings_["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(http_.port());
    settings_["POSTGRES_PORT"] = std::to_string(postgres_.port());
    settings_["SERVICES_INTERVAL"] = settings_["RABBITMQ_INTERVAL"] = settings_["POSTGRES_INTERVAL"] = "50ms";
    settings_["BACKOFF_CAP"] = "100ms";
    settings_["LOG_LEVEL"] = "debug";
  }

  std::string http(int status, const std::string& body, const std::string& headers = {}) const {
    return hostile::http(status, body, headers + fmt::format("X-Echo: {}\r\nContent-Type: application/json\r\n", all_));
  }
  // An answer of the right form with the secrets wherever a text of the peer's own choice stands.
  std::string good_answer(const std::string& target) const {
    if (target.starts_with("/api/queues"))
      return fmt::format(R"([{{"vhost":"/","name":"q {0}","state":"running","messages":7,"consumers":1}}])", all_);
    if (target.starts_with("/api/")) return hostile::good_body(target);
    return fmt::format(R"({{"status":"degraded","error":"{0}","checks":{{"database":{{"status":"unhealthy","error":"{0}"}},
      "{0}":{{"status":"{0}","message":"{0}"}}}},"version":"{0}","websocket_connected":false,"websocket_status":"{0}"}})",
                       all_);
  }
  std::string postgres_error(const std::string& sqlstate) const {
    const std::string end(1, '\0');
    std::string fields = "SFATAL" + end + "VFATAL" + end + "C" + sqlstate + end;
    for (const auto* field : {"M", "D", "H", "W", "s", "t", "n"}) fields += field + all_ + end;
    return hostile::message('E', fields + end);
  }

  std::vector<Repetition> of_http() const {
    const auto with_status = [&](int status) { return always(http(status, fmt::format(R"({{"detail":"{0}","trace":["{0}"]}})", all_))); };
    return {
        {"success", "",
         [this](Peer& peer, const std::string& request) { return peer.send(http(200, good_answer(hostile::target_of(request)))); }},
        {"server error", "http", with_status(500)},
        {"unauthorised", "auth", with_status(401)},
        {"no JSON", "malformed", always(http(200, all_))},
        {"forbidden", "auth", with_status(403)},
        {"redirect", "http",
         always(http(302, all_, fmt::format("Location: http://127.0.0.1:1/{}\r\n", integration::percent_encoded(all_))))},
        {"wrong types", "malformed", always(http(200, fmt::format(R"(["{0}"])", all_)))},
        {"no HTTP", "malformed", always(all_ + "\r\n\r\n")},
        {"too large", "too_large",
         [this](Peer& peer, const std::string&) {
           peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
           while (peer.send(all_)) {
           }
           return false;
         }},
        {"cut off", "closed", always("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + all_)},
    };
  }
  std::vector<Repetition> of_postgres() const {
    const auto refused_by = [&](const char* sqlstate) { return after_startup(postgres_error(sqlstate)); };
    return {
        {"wrong password", "auth", refused_by("28P01")},
        {"no connection left", "refused", refused_by("53300")},
        {"permission", "auth", refused_by("42501")},
        {"an error of its own", "sql", refused_by("XX000")},
        {"a notice, then an error", "auth",
         after_startup(
             hostile::trust +
             hostile::message('N', "SNOTICE" + std::string(1, '\0') + "C01000" + std::string(1, '\0') + "M" + all_ + std::string(2, '\0')) +
             postgres_error("28000"))},
        {"no PostgreSQL", "malformed", after_startup("HTTP/1.1 400 " + all_ + "\r\n\r\n")},
        {"cut off", "closed", after_startup(hostile::message('E', "SFATAL" + std::string(1, '\0') + "M" + all_, 1000))},
    };
  }

  void look_everywhere() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const auto bytes = integration::content(entry.path());
      if (!bytes.empty()) integration::expect_no_secret(secrets_, entry.path().filename().string(), bytes);
    }
    integration::expect_no_secret(secrets_, "the log", log());
    integration::expect_no_secret(secrets_, "the arguments", integration::content(fmt::format("/proc/{}/cmdline", gateway_->pid())));
    for (const auto& words : {std::vector<std::string>{"status"}, {"status", "--json"}, {"ping"}}) {
      const auto done = integration::cache_gateway(words, settings_);
      integration::expect_no_secret(secrets_, words.back(), done.output + done.errors);
    }
  }

  integration::Look classes(const std::string& which) const {
    return [this, which] {
      return integration::Reader(cache_).text(
          fmt::format("SELECT group_concat(DISTINCT coalesce(error_class, '')) FROM source_status WHERE {}", which));
    };
  }

  std::vector<std::string> secrets_;
  std::string all_;
  RawServer http_{hostile::all_is_well}, postgres_{always(""), ""};
};

TEST_P(PlantedSecrets, AreNowhereWhateverAnUpstreamRepeats) {
  const auto http = of_http(), postgres = of_postgres();
  http_.follow(http[0].script);
  postgres_.follow(postgres[0].script);
  start_and_publish();
  for (std::size_t n = 0; n < std::max(http.size(), postgres.size()); ++n) {
    const auto& of_services = http[n % http.size()];
    const auto& of_database = postgres[n % postgres.size()];
    SCOPED_TRACE(fmt::format("HTTP: {}, PostgreSQL: {}", of_services.name, of_database.name));
    http_.follow(of_services.script);
    postgres_.follow(of_database.script);
    ASSERT_TRUE(
        eventually(classes("(source LIKE '%.health' OR source = 'rabbitmq.queues') AND source <> 'postgres.health'"), of_services.becomes));
    ASSERT_TRUE(eventually(classes("source = 'postgres.health'"), of_database.becomes));
    look_everywhere();
    // The search would find them: they were stored, masked.
    if (n == 0) {
      EXPECT_NE(integration::Reader(cache_).text("SELECT name FROM queue_now").find("password=***"), std::string::npos);
    }
    if (HasFailure()) return;
  }
  EXPECT_NE(integration::Reader(cache_).text("SELECT error FROM source_status").find("***"), std::string::npos);
  gateway_->terminate();
  ASSERT_TRUE(std::filesystem::exists(beside(".saved")));
  // Moved aside by the next start, as what is damaged is.
  std::filesystem::resize_file(cache_, std::filesystem::file_size(cache_) - 4096);
  start_and_publish();
  EXPECT_NE(log().find("cache_set_aside"), std::string::npos);
  look_everywhere();
}

INSTANTIATE_TEST_SUITE_P(Umask, PlantedSecrets, ::testing::Values("022"));

}  // namespace
}  // namespace security
