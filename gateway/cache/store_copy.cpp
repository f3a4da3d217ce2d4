#include "cache/store_copy.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "cache/open_file_vfs.hpp"

namespace gateway {
namespace {

constexpr std::int64_t patience = 3;  // times the size of the store

}  // namespace

StoreCopy::StoreCopy(Database& database, const std::filesystem::path& file, std::function<bool()> whole)
    : file_(file), whole_(std::move(whole)), page_size_(database.handle().execAndGet("PRAGMA page_size").getInt64()) {
  target_.emplace(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0, vfs_for(file));
  target_->exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
  backup_.emplace(*target_, database.handle());
}

std::expected<bool, std::string> StoreCopy::step(int pages) try {
  if (!backup_) return true;
  if (!whole_()) return false;  // it is being written to: what is copied now would be copied again
  if (pages < 1 || copied_ > patience * backup_->getTotalPageCount()) pages = all_pages;
  const auto result = backup_->executeStep(pages);
  copied_ += pages;
  if (result != SQLITE_DONE) return false;
  bytes_ = page_size_ * backup_->getTotalPageCount();
  backup_.reset();
  target_.reset();
  return true;
} catch (const std::exception& e) {
  return std::unexpected(fmt::format("{}: {}", file_.string(), e.what()));
}

}  // namespace gateway
