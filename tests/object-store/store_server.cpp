#include "store_server.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <regex>
#include <stdexcept>

#include "eventually.hpp"
#include "free_port.hpp"

namespace object_store {
namespace {

const std::string hash_of_nothing = "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// Where make has built it; the mutants are built elsewhere.
std::string program() {
  const char* given = std::getenv("VERSITYGW");
  return given != nullptr ? given : VERSITYGW;
}

}  // namespace

const std::string StoreServer::access_key = "access-5f0d7a", StoreServer::secret_key = "store-s3cret-e81b64";

StoreServer::StoreServer(const std::filesystem::path& directory) : directory_(directory), port_(integration::free_port()) {
  std::filesystem::create_directories(directory_ / "objects");
  start();
  curl({"-X", "PUT", "-H", hash_of_nothing}, "");
}

void StoreServer::start() {
  process_ = std::make_unique<integration::Process>(
      integration::Command{.words = {program(), "--port", fmt::format("127.0.0.1:{}", port_), "posix", (directory_ / "objects").string()},
                           .environment = {{"ROOT_ACCESS_KEY", access_key}, {"ROOT_SECRET_KEY", secret_key}, {"HOME", directory_.string()}},
                           .output = directory_ / "store.log",
                           .errors = directory_ / "store.log"});
  const auto answers = [&] { return !integration::run({"curl", "-s", fmt::format("http://127.0.0.1:{}/", port_)}).output.empty(); };
  if (!integration::eventually(answers))
    throw std::runtime_error("the store does not start: " + integration::content(directory_ / "store.log"));
}

Variables StoreServer::settings(int port) const {
  return {{"OBJECT_STORE_ENDPOINT", fmt::format("http://127.0.0.1:{}", port)},
          {"OBJECT_STORE_ACCESS_KEY", access_key},
          {"OBJECT_STORE_SECRET_KEY", secret_key},
          {"OBJECT_STORE_INTERVAL", "300ms"},
          {"OBJECT_STORE_TIMEOUT", "2s"}};
}

std::string StoreServer::curl(const std::vector<std::string>& words, const std::string& key) const {
  std::vector<std::string> all{"curl",
                               "-s",
                               "--aws-sigv4",
                               "aws:amz:us-east-1:s3",
                               "--user",
                               access_key + ":" + secret_key,
                               fmt::format("http://127.0.0.1:{}/dashboards/{}", port_, key)};
  all.insert(all.end(), words.begin(), words.end());
  return integration::run(all).output;
}

std::string StoreServer::get(const std::string& key) const { return curl({"-f", "-H", hash_of_nothing}, key); }

int StoreServer::looks_answered_unchanged(const std::string& key, int looks) const {
  const auto head = curl({"-I", "-H", hash_of_nothing}, key);
  std::smatch etag;
  if (!std::regex_search(head, etag, std::regex("[Ee][Tt]ag: (\"[^\"]*\")"))) throw std::runtime_error("no ETag: " + head);
  // What follows a # is not sent: the same URL so many times.
  const auto answers = curl({"--parallel", "--parallel-max", "50", "-H", hash_of_nothing, "-H", "If-None-Match: " + etag[1].str(), "-o",
                             "/dev/null", "-w", "%{http_code} %{size_download}\n"},
                            fmt::format("{}#[1-{}]", key, looks));
  const std::regex unchanged("304 0\n");
  return static_cast<int>(std::distance(std::sregex_iterator(answers.begin(), answers.end(), unchanged), std::sregex_iterator()));
}

void StoreServer::put(const std::string& key, const std::filesystem::path& file) const {
  const auto digest = integration::run({"sha256sum", file.string()}).output.substr(0, 64);
  const auto answer = curl({"-w", "%{http_code}", "-X", "PUT", "-H", "x-amz-content-sha256: " + digest, "-H",
                            "Content-Type: application/zstd", "--data-binary", "@" + file.string()},
                           key);
  if (!answer.ends_with("200")) throw std::runtime_error("the store does not take " + key + ": " + answer);
}

bool StoreServer::unpack(const std::string& key, const std::filesystem::path& to) const {
  const auto frame = to.string() + ".zst";
  std::filesystem::remove(frame);
  curl({"-f", "-H", hash_of_nothing, "-o", frame}, key);
  return integration::run({"zstd", "-d", "-q", "-f", frame, "-o", to.string()}).code == 0;
}

}  // namespace object_store
