#include "publish/publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>

#include "publish/publish_steps.hpp"

namespace gateway {
namespace {

constexpr int slice_pages = 1000;  // 4 MiB: what most installations have is copied at once
constexpr auto retry_save_after = std::chrono::seconds{10};

}  // namespace

Publisher::Publisher(boost::asio::io_context& loop, Store& store, PublishedFile file, Lock& lock, SavePace pace, PublishReports reports)
    : loop_(loop),
      store_(store),
      file_(std::move(file.path)),
      name_(file_.filename().string()),
      mode_(file.mode),
      lock_(lock),
      pace_(pace),
      reports_(std::move(reports)) {}

Publisher::~Publisher() { thread_.join(); }

Clock::time_point Publisher::save_due_at() const { return std::max(last_saved_ + save_pause(size_, pace_), retry_save_at_); }

// A gateway that is restarted over and over saves no more often than one that runs, and no less often.
void Publisher::note_saved_before(const Directory& directory) {
  began_ = true;
  if (!directory.look(name_ + ".saved")) return;
  const auto row = store_.query("SELECT saved_at, file_bytes FROM gateway_state");
  const auto saved_at = row.empty() ? std::nullopt : integer(row.rows[0][0]);
  if (!saved_at) return;
  saved_at_ = saved_at;
  size_ = integer(row.rows[0][1]).value_or(0);
  const auto age = std::clamp<std::int64_t>(unix_now() - *saved_at, 0, std::chrono::seconds(std::chrono::hours(24)).count());
  last_saved_ = Clock::now() - std::chrono::seconds(age);
}

std::optional<std::string> Publisher::take_lock() {
  const auto state = lock_.acquire();
  if (const auto news = lock_.news()) reports_.notice(*news);
  switch (state) {
    case Lock::State::held: return std::nullopt;
    case Lock::State::taken: return "another gateway publishes this file: " + lock_.detail();
    case Lock::State::impossible: return "lock " + lock_.detail();
    case Lock::State::lost: return lock_.detail();
  }
  return std::nullopt;
}

std::expected<Publisher::Work, std::string> Publisher::begin_copy(bool save) {
  if (auto error = take_lock()) return std::unexpected(std::move(*error));
  Work work{.directory = lock_.take_directory(), .next = {}, .copy = {}, .published_at = unix_now(), .save = save};
  if (!began_) note_saved_before(work.directory);
  auto next = create_next(work.directory, name_);
  if (!next) return std::unexpected(next.error());
  work.next = std::move(*next);
  auto copy = store_.begin_copy(work.next.path(), {.published_at = work.published_at,
                                                   .count = count_ + 1,
                                                   .bytes_before = bytes_,
                                                   .saves = save,
                                                   .saved_at = saved_at_,
                                                   .saved_bytes_before = saved_bytes_});
  if (!copy) {
    remove_next(work.directory, name_);
    return std::unexpected(fmt::format("copy to {}.next: {}", file_.string(), copy.error()));
  }
  work.copy = std::move(*copy);
  return work;
}

// So many pages of the copy. Whether it is complete; the error: it is given up.
std::expected<bool, std::string> Publisher::copy_pages(Work& work, int pages) const {
  const auto complete = work.copy->step(pages);
  if (!complete) {
    remove_next(work.directory, name_);
    return std::unexpected(fmt::format("copy to {}.next: {}", file_.string(), complete.error()));
  }
  if (*complete) {
    work.bytes = work.copy->bytes();
    work.copy.reset();
  }
  return *complete;
}

// One slice of the copy; the next one when others have had their turns.
void Publisher::copy_on() {
  if (!copying_) return;  // a publish at once has taken its place
  const auto complete = copy_pages(*copying_, slice_pages);
  if (!complete) {
    copying_.reset();
    busy_ = false;
    reports_.published(complete.error());
  } else if (!*complete) {
    boost::asio::post(loop_, [this] { copy_on(); });
  } else {
    finish_in_thread(std::move(*copying_));
    copying_.reset();
  }
}

Publisher::Result Publisher::finish(const Work& work) const {
  Result result;
  try {
    const auto shown = show(work.directory, name_, work.next, shown_, mode_);
    if (!shown) {
      remove_next(work.directory, name_);
      result.error = shown.error();
      return result;
    }
    result.exchanged = shown->exchanged;
    const auto seen_at = Clock::now();
    result.times.publish = seen_at - work.began;
    if (!shown->displaced.empty())
      result.notice =
          fmt::format("the file at {} was not published by this gateway; it was renamed to {}", file_.string(), shown->displaced);
    if (work.save) result.save_error = save(work.directory, name_, work.next);
    if (work.save && !result.save_error) result.times.save = Clock::now() - seen_at;
  } catch (const std::exception& e) {  // would end the process
    result.error = e.what();
  }
  return result;
}

void Publisher::finished(Work work, const Result& result) {
  if (result.notice) reports_.notice(*result.notice);
  if (!result.exchanged && exchanges_) {
    exchanges_ = false;
    reports_.notice("the file system of " + file_.string() +
                    " cannot exchange two files (renameat2): each publish may be written to the disk");
  }
  if (!result.error) {
    ++count_;
    bytes_ += work.bytes;
    size_ = work.bytes;
    shown_ = std::move(work.next);
    if (work.save && result.save_error) retry_save_at_ = Clock::now() + retry_save_after;
    if (work.save && !result.save_error) {
      last_saved_ = Clock::now();
      saved_at_ = work.published_at;
      saved_bytes_ += work.bytes;
    }
    if (work.save) reports_.saved(result.save_error);
    if (reports_.measured) reports_.measured(result.times);
  }
  reports_.published(result.error);
}

bool Publisher::publish() {
  if (busy_) return false;
  auto work = begin_copy(Clock::now() >= save_due_at());
  if (!work) {
    reports_.published(work.error());
    return true;
  }
  busy_ = true;
  copying_ = std::move(*work);
  copy_on();
  return true;
}

void Publisher::finish_in_thread(Work work) {
  boost::asio::post(thread_, [this, work = std::make_shared<Work>(std::move(work))] {
    auto result = finish(*work);
    boost::asio::post(loop_, [this, work, result = std::move(result)] {
      busy_ = false;
      finished(std::move(*work), result);
    });
  });
}

Publisher::Result Publisher::publish_from_start_to_end(bool save) {
  store_.finish_storing();
  auto work = begin_copy(save);
  const auto copied = work ? copy_pages(*work, StoreCopy::all_pages) : std::unexpected(work.error());
  if (!copied) {
    reports_.published(copied.error());
    return {.error = copied.error(), .save_error = {}, .notice = {}};
  }
  auto result = finish(*work);
  finished(std::move(*work), result);
  return result;
}

std::optional<std::string> Publisher::publish_now(Save save) {
  // The thread takes one piece of work after the other: an empty one comes back when a publish under way has ended.
  std::promise<void> idle;
  boost::asio::post(thread_, [&] { idle.set_value(); });
  idle.get_future().wait();
  if (copying_) {
    copying_.reset();
    busy_ = false;
  }
  auto result = publish_from_start_to_end(save == Save::yes);
  if (result.save_error) result = publish_from_start_to_end(false);  // what is in view must not say that it is saved
  return result.error;
}

}  // namespace gateway
