// floor CONNINFO STATEMENTS URL... : the smallest program that does what a cycle must. Every line of standard input is one cycle: it
// sends the statements of a JSON file (the gateway's own, as PostgreSQL logged them: {"sql", "parameters", "simple"}), fetches the
// URLs, and writes every row and every element of a list into SQLite; then one copy of the file. It judges, compares and remembers nothing.
// Prints a line a cycle; FLOOR_USER is the user and password for the URLs, FLOOR_FILE the file.
#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <curl/curl.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using nlohmann::json;

class Rows {
 public:
  explicit Rows(SQLite::Database& database) : database_(database) {}
  // By position: another cycle's row takes the place of this one's.
  void write(const std::string& name, const std::vector<std::string>& row) {
    const auto table = name + "_" + std::to_string(row.size());
    auto& statement = statements_[table];
    if (!statement) {
      std::string columns, values;
      for (std::size_t i = 0; i < row.size(); ++i) {
        columns += ", c" + std::to_string(i);
        values += ", ?";
      }
      database_.exec("CREATE TABLE IF NOT EXISTS " + table + " (n INTEGER PRIMARY KEY" + columns + ")");
      statement = std::make_unique<SQLite::Statement>(database_, "INSERT OR REPLACE INTO " + table + " VALUES (?" + values + ")");
    }
    statement->reset();
    statement->bind(1, ++numbers_[table]);
    for (std::size_t i = 0; i < row.size(); ++i) statement->bind(static_cast<int>(i) + 2, row[i]);
    statement->exec();
    statement->reset();
  }
  void begin() { numbers_.clear(); }

 private:
  SQLite::Database& database_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
  std::map<std::string, std::int64_t> numbers_;
};

void ask_postgres(PGconn* connection, const json& statements, Rows& rows) {
  std::size_t n = 0;
  for (const auto& statement : statements) {
    std::vector<std::string> texts;
    std::vector<const char*> values;
    for (const auto& parameter : statement.at("parameters")) texts.push_back(parameter.is_null() ? "" : parameter.get<std::string>());
    for (std::size_t i = 0; i < texts.size(); ++i) values.push_back(statement.at("parameters")[i].is_null() ? nullptr : texts[i].c_str());
    const auto sql = statement.at("sql").get<std::string>();
    const bool simple = statement.at("simple").get<bool>();
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        simple ? PQexec(connection, sql.c_str())
               : PQexecParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0),
        PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection));
    for (int r = 0; r < PQntuples(result.get()); ++r) {
      std::vector<std::string> row;
      for (int c = 0; c < PQnfields(result.get()); ++c) row.emplace_back(PQgetvalue(result.get(), r, c));
      rows.write("pg" + std::to_string(n), row);
    }
    ++n;
  }
}

std::string fetch(const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_USERPWD, std::getenv("FLOOR_USER"));
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(
      curl.get(), CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t size, std::size_t count, std::string* to) {
        to->append(data, size * count);
        return size * count;
      });
  if (const auto code = curl_easy_perform(curl.get()); code != CURLE_OK) throw std::runtime_error(url + ": " + curl_easy_strerror(code));
  return body;
}

void take(const std::string& table, const std::string& body, Rows& rows) {
  const auto document = json::parse(body);
  const auto row_of = [](const json& element) {
    std::vector<std::string> row;
    for (const auto& value : element) row.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    return row;
  };
  if (document.is_array())
    for (const auto& element : document) rows.write(table, row_of(element));
  else rows.write(table, row_of(document));
}

int run(int argc, char** argv) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(argv[1]), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  const auto statements = json::parse(std::ifstream(argv[2]));
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  Rows rows(database);
  const std::string file = std::getenv("FLOOR_FILE");
  for (std::string line; std::getline(std::cin, line);) {
    rows.begin();
    SQLite::Transaction transaction(database);
    ask_postgres(connection.get(), statements, rows);
    for (int i = 3; i < argc; ++i) take("http" + std::to_string(i), fetch(argv[i]), rows);
    transaction.commit();
    std::remove((file + ".next").c_str());
    {
      SQLite::Database target(file + ".next", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      target.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
      SQLite::Backup(target, database).executeStep(-1);
    }
    if (std::rename((file + ".next").c_str(), file.c_str()) != 0) throw std::runtime_error("rename");
    std::cout << "cycle" << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 3) throw std::runtime_error("usage: floor CONNINFO STATEMENTS URL...");
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "floor: " << e.what() << '\n';
    return 1;
  }
}
