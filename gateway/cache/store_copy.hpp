// Copies the working database into a file in slices, so that a large database does not block the loop.
#pragma once

#include <SQLiteCpp/Backup.h>

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "cache/database.hpp"

namespace gateway {

// Used on the loop thread; the store must outlive it. Writes to the store before the last slice are in the copy too, because
// SQLite then restarts the copy; if the store is written to constantly, it is finally copied in one step.
class StoreCopy {
 public:
  static constexpr int all_pages = -1;

  // `whole`: whether what the store holds now may be seen. Throws SQLite::Exception.
  StoreCopy(Database& database, const std::filesystem::path& file, std::function<bool()> whole);
  StoreCopy(const StoreCopy&) = delete;
  StoreCopy& operator=(const StoreCopy&) = delete;

  // Copies so many pages, or all_pages. Returns whether the file is complete, closed, and not yet synced; or what went wrong.
  std::expected<bool, std::string> step(int pages);
  std::int64_t bytes() const { return bytes_; }  // when complete

 private:
  std::filesystem::path file_;
  std::function<bool()> whole_;
  std::optional<SQLite::Database> target_;
  std::optional<SQLite::Backup> backup_;
  std::int64_t page_size_;
  std::int64_t copied_ = 0, bytes_ = 0;
};

}  // namespace gateway
