// A PostgreSQL, a store with a gate before it, and a gateway that uploads through the gate.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "../faults/gate.hpp"
#include "eventually.hpp"
#include "gateway.hpp"
#include "private_postgres.hpp"
#include "reader.hpp"
#include "store_server.hpp"

namespace object_store {

using faults::Fault;
using faults::Gate;
using faults::Kind;
using integration::eventually;
using integration::Gateway;
using integration::Look;
using integration::PrivatePostgres;
using integration::Reader;

inline const std::string object_key = "gateway-1/cache.db.zst";

class ObjectStore : public ::testing::Test {
 protected:
  ObjectStore();
  ~ObjectStore() override;

  Gateway& start_gateway();
  std::filesystem::path cache() const { return scratch_ / "cache" / "cache.db"; }
  // Adds a signal of this price; what a cache file says of the newest.
  void insert_signal(int price) const;
  static std::string newest_signal(const std::filesystem::path& file);
  // Of the uploads, in the gateway's own cache.
  Look upload(const std::string& columns) const;
  // What the object holds, as the newest signal.
  Look uploaded() const;

  PrivatePostgres& postgres = PrivatePostgres::instance();
  std::filesystem::path scratch_;
  StoreServer store;
  Gate gate;
  Variables settings;
  std::unique_ptr<Gateway> gateway;
};

}  // namespace object_store
