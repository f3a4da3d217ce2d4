// A real S3 store of a test's own: versitygw on a directory, on a free port of the loopback, with keys that a test can look for.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "process.hpp"

namespace object_store {

using integration::Variables;

class StoreServer {
 public:
  explicit StoreServer(const std::filesystem::path& directory);

  int port() const { return port_; }
  void stop() { process_.reset(); }
  void start();

  // As the gateway is told; `port`: of a gate before it.
  Variables settings(int port) const;

  // By curl, signed: the content of an object, or of a file that becomes one.
  std::string get(const std::string& key) const;
  // So many looks at an object by those who hold it, fifty at a time: how many were answered 304 without a byte.
  int looks_answered_unchanged(const std::string& key, int looks) const;
  void put(const std::string& key, const std::filesystem::path& file) const;
  // The object as a cache file at that path. False: there is none, or it is no zstd frame.
  bool unpack(const std::string& key, const std::filesystem::path& to) const;

  static const std::string access_key, secret_key;

 private:
  std::string curl(const std::vector<std::string>& words, const std::string& key) const;

  std::filesystem::path directory_;
  int port_;
  std::unique_ptr<integration::Process> process_;
};

}  // namespace object_store
