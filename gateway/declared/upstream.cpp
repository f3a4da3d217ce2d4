#include "declared/upstream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "declared/keys.hpp"

namespace gateway {
namespace {

constexpr std::string_view name_key = "upstream:";
constexpr auto second = Milliseconds{1000}, day = Milliseconds{86'400'000};

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// Part of sources' names, in which a dot separates it from the dataset.
bool is_upstream_name(std::string_view name) {
  return name.size() <= 32 && consists_of(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") && name[0] >= 'a' && name[0] <= 'z';
}

bool is_taken(const std::string& name, const Surroundings& surroundings) {
  return surroundings.upstreams.contains(name) || surroundings.refused.contains(name) || name == "gateway" || name == "datasets" ||
         name == "object_store";
}

// Those that a request has anyway; two of one name are read in different ways by different servers.
bool is_free_header(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  static const std::vector<std::string_view> taken{"host",       "accept",         "accept-encoding",   "connection",
                                                   "user-agent", "content-length", "transfer-encoding", "cookie"};
  return consists_of(lower, "abcdefghijklmnopqrstuvwxyz0123456789-_") && std::ranges::find(taken, lower) == taken.end();
}

class UpstreamReader {
 public:
  UpstreamReader(const Node& root, const Surroundings& surroundings, const Faults& faults, DeclaredUpstream& into)
      : keys_(root, "", {"upstream", "postgres", "http", "interval", "timeout", "stale_after"}, faults),
        surroundings_(surroundings),
        faults_(faults),
        u_(into) {}

  void read() {
    read_name();
    const auto *postgres = keys_.find("postgres"), *http = keys_.find("http");
    if ((postgres == nullptr) == (http == nullptr)) {
      keys_.fault(http == nullptr ? "upstream" : "http", "give exactly one of postgres, http");
    } else if (postgres != nullptr) {
      read_postgres(*postgres);
    } else {
      read_http(*http);
    }
    u_.interval = keys_.duration("interval", second, day);
    u_.timeout = keys_.duration("timeout", second / 10, 300 * second);
    u_.stale_after = keys_.duration("stale_after", second, 7 * day);
    if (u_.interval && u_.stale_after && *u_.stale_after < *u_.interval) keys_.fault("stale_after", "is shorter than interval");
  }

 private:
  void read_name() {
    const auto given = keys_.text("upstream");
    if (given.empty()) {
      keys_.fault("upstream", "required: a file begins with dataset: NAME or upstream: NAME");
    } else if (!is_upstream_name(given)) {
      keys_.fault("upstream", "letters a-z, digits, - and _ only, a letter first, at most 32");
    } else if (is_taken(given, surroundings_)) {
      keys_.fault("upstream", fmt::format("'{}' is built in, or in HEALTH_SERVICES: choose another name", given));
    } else {
      u_.name = given;
    }
  }

  std::string required(const Keys& keys, const std::string& key, const std::string& what) const {
    auto given = keys.text(key);
    if (keys.find(key) == nullptr) keys.fault(key, "required: " + what);
    return given;
  }

  void read_postgres(const Node& node) {
    const Keys keys(node, "postgres.", {"host", "port", "database", "user", "password", "sslmode", "sslrootcert"}, faults_);
    if (node.kind != Node::Kind::map) return;
    PostgresSettings to;
    to.timeout_name = "the upstream's timeout";
    to.host = required(keys, "host", "a host name, address, or directory of a socket");
    // What is in such a value is not shown: it may be a connection string with a password.
    if (to.host.find("://") != std::string::npos || to.host.find_first_of("@= ") != std::string::npos)
      keys.fault("host", "expected a host name: port, database, user and password have keys of their own");
    to.port = std::to_string(keys.count("port", 1, 65535).value_or(5432));
    to.database = required(keys, "database", "the database's name");
    to.user = required(keys, "user", "a role that may only read");
    to.password = secret(keys, "password");
    const auto mode = keys.one_of("sslmode", {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"});
    to.sslmode = mode.empty() ? "prefer" : mode;
    to.sslrootcert = keys.text("sslrootcert");
    u_.database = std::move(to);
  }

  void read_http(const Node& node) {
    const Keys keys(node, "http.", {"url", "auth", "ca", "health"}, faults_);
    if (node.kind != Node::Kind::map) return;
    ServiceSettings to{.name = u_.name, .url = {}, .health_path = keys.text("health"), .api_key = {}};
    const auto url = required(keys, "url", "http://HOST[:PORT] or https://HOST[:PORT]");
    if (!url.empty()) {
      to.url = parse_url(url);
      if (!to.url) keys.fault("url", "use http://HOST[:PORT] or https://HOST[:PORT], without user, password and query");
    }
    const auto& health = to.health_path;
    if (!health.empty() && (!health.starts_with('/') || health.starts_with("//") || health.find_first_of(" #\\") != std::string::npos))
      keys.fault("health", "expected a path, such as /health");
    to.ca_file = keys.text("ca");
    if (const auto* auth = keys.find("auth")) read_auth(*auth, to);
    u_.service = std::move(to);
  }

  void read_auth(const Node& node, ServiceSettings& to) {
    const Keys keys(node, "http.auth.", {"header", "secret", "bearer", "basic"}, faults_);
    if (node.kind != Node::Kind::map) return;
    const auto* basic = keys.find("basic");
    const auto* header = keys.find("header");
    if (static_cast<int>(header != nullptr) + static_cast<int>(keys.find("bearer") != nullptr) + static_cast<int>(basic != nullptr) != 1) {
      faults_.add(node, "http.auth", "give one of header (with secret), bearer, basic");
      return;
    }
    if ((keys.find("secret") != nullptr) != (header != nullptr)) {
      faults_.add(node, "http.auth", "header and secret go together: {header: X-API-Key, secret: {setting: NAME}}");
      return;
    }
    if (header != nullptr) {
      const auto name = keys.text("header");
      if (!is_free_header(name)) keys.fault("header", "expected the name of a header of the service's own, such as X-API-Key");
      to.key_header = name + ": ";
      to.api_key = secret(keys, "secret");
    } else if (basic == nullptr) {
      to.key_header = "Authorization: Bearer ";
      to.api_key = secret(keys, "bearer");
    } else {
      const Keys login(*basic, "http.auth.basic.", {"user", "password"}, faults_);
      if (basic->kind != Node::Kind::map) return;
      to.user = required(login, "user", "the user name");
      if (to.user.find(':') != std::string::npos) login.fault("user", "must not contain a colon");
      to.api_key = secret(login, "password");
      if (login.find("password") == nullptr) login.fault("password", "required: {setting: NAME}");
    }
  }

  // {setting: NAME}, as the environment or a file that it names has it. What stands in its place is never shown: it may be the secret.
  Secret secret(const Keys& of, const std::string& key) {
    const auto* node = of.find(key);
    if (node == nullptr) return {};
    if (node->kind == Node::Kind::text) {
      of.fault(key, "write {setting: NAME}, with NAME in the environment or .env: secrets do not belong in this file");
      return {};
    }
    const auto* setting = node->find("setting");
    if (setting == nullptr || setting->kind != Node::Kind::text || node->members.size() != 1) {
      of.fault(key, "expected {setting: NAME} and nothing else");
      return {};
    }
    const auto& name = setting->text;
    if (!consists_of(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") || name.size() > 100 || (name[0] >= '0' && name[0] <= '9')) {
      of.fault(key, "expected the name of an environment variable in capital letters: {setting: SHOP_PASSWORD}");
      return {};
    }
    const auto file_of = name.ends_with("_FILE") ? name.substr(0, name.size() - 5) : name;
    if (surroundings_.settings.contains(name) || surroundings_.settings.contains(file_of)) {
      of.fault(key, name + " is the gateway's own: give this upstream a secret with a name of its own");
      return {};
    }
    SettingsReader settings(surroundings_.environment);
    auto found = settings.secret(name, "");
    for (const auto& fault : settings.faults()) of.fault(key, fmt::format("{}: {}", fault.variable, fault.remedy));
    if (settings.faults().empty() && found.empty()) of.fault(key, fmt::format("{0} is not set, nor {0}_FILE", name));
    u_.secret = name;
    return found;
  }

  Keys keys_;
  const Surroundings& surroundings_;
  const Faults& faults_;
  DeclaredUpstream& u_;
};

}  // namespace

Pace DeclaredUpstream::pace(const Pace& usual) const {
  const auto apart = interval.value_or(usual.interval);
  return {.interval = apart,
          .timeout = timeout.value_or(usual.timeout),
          .stale_after = stale_after.value_or(interval ? 3 * apart : usual.stale_after)};
}

std::string DeclaredUpstream::shown() const {
  const auto with = secret.empty() ? std::string("without a secret") : "with " + secret;
  if (database)
    return fmt::format("PostgreSQL database {} at {}:{} as {}, {}", database->database, database->host, database->port, database->user,
                       with);
  const auto& url = *service->url;
  return fmt::format("{}://{}{}, {}{}", url.tls ? "https" : "http", url.endpoint(), url.path, with,
                     service->health_path.empty() ? "" : ", health at " + service->health_path);
}

bool declares_upstream(std::string_view text) {
  bool any = false;
  for (const auto line : split(text, '\n')) {
    const auto begins = [&](std::string_view key) { return line.starts_with(key); };
    if (std::ranges::any_of(std::array{"dataset:", "columns:", "table:", "sql:", "get:"}, begins)) return false;
    any |= std::ranges::any_of(std::array{"upstream:", "postgres:", "http:"}, begins);
  }
  return any;
}

ReadUpstream read_upstream(const std::string& file, std::string_view text, const Surroundings& surroundings) {
  ReadUpstream result{.upstream = {.file = file}, .faults = {}};
  auto document = read_yaml(file, text);
  if (!document.faults.empty()) {
    result.faults = std::move(document.faults);
    for (const auto line : split(text, '\n')) {
      if (!line.starts_with(name_key)) continue;
      const std::string name(trimmed(line.substr(name_key.size())));
      if (is_upstream_name(name) && !is_taken(name, surroundings)) result.upstream.name = name;
    }
    return result;
  }
  const Faults faults(file, result.faults);
  UpstreamReader(document.root, surroundings, faults, result.upstream).read();
  std::ranges::stable_sort(result.faults, {}, [](const Fault& fault) { return std::pair(fault.place.line, fault.place.column); });
  return result;
}

}  // namespace gateway
