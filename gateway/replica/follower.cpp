#include "replica/follower.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cache/cache_file.hpp"
#include "cache/database.hpp"
#include "cache/move_aside.hpp"
#include "publish/publish_steps.hpp"
#include "replica/compression.hpp"

namespace gateway {
namespace {

Error local(const std::string& text) { return {ErrorClass::other, text}; }

}  // namespace

Follower::Follower(const ObjectStoreSettings& settings, const std::string& ca_file, PublishedFile file, Lock& lock)
    : settings_(settings), file_(std::move(file)), name_(file_.path.filename().string()), lock_(lock), store_(settings, ca_file) {
  for (const auto& address : settings.follow)
    origins_.push_back({.address = address, .etag = {}, .refused = {}, .state = {.origin = address.shown()}});
}

std::expected<void, std::string> Follower::begin() {
  auto found = inspect(file_.path);
  struct stat status{};
  const bool empty = found.file && ::fstat(found.file.get(), &status) == 0 && status.st_size == 0;  // as a power cut leaves it
  if (found.state == FileState::absent || empty) return {};
  if (found.state == FileState::unreadable) return std::unexpected(fmt::format("{}: {}", file_.path.string(), found.reason));
  if (found.state == FileState::broken) {
    const auto aside = move_aside(file_.path, "broken");
    return aside ? std::expected<void, std::string>() : std::unexpected(aside.error());
  }
  auto held = held_copy(found.file);
  if (!held)
    return std::unexpected(
        fmt::format("{} is the cache of a gateway and not a copy: it would be lost. Set CACHE_PATH elsewhere, or move the file away",
                    file_.path.string()));
  shown_ = std::move(found.file);
  publish_ = held->publish;
  mark_ = std::move(held->mark);
  const auto origin = std::ranges::find(origins_, mark_->origin, [](const auto& each) { return each.address.shown(); });
  if (origin != origins_.end()) {
    followed_ = static_cast<std::size_t>(origin - origins_.begin());
    origin->state.published_at = publish_.at;
  }
  note_pace();
  return {};
}

// How often its gateway brings something at least: uploads, or publishes while nothing happens there.
void Follower::note_pace() try {
  auto database = open_published(shown_.path());
  const auto row = read_table(database,
                              "SELECT max(s.interval_s, g.publish_within_s) FROM source s CROSS JOIN gateway_state g "
                              "WHERE s.upstream = 'object_store' LIMIT 1");
  upload_interval_ = std::chrono::duration<double>(row.empty() ? 0.0 : number(row.rows[0][0]).value_or(0.0));
} catch (const SQLite::Exception&) {
  upload_interval_ = {};
}

std::expected<Directory, std::string> Follower::directory() {
  switch (lock_.acquire()) {
    case Lock::State::held: return lock_.take_directory();
    case Lock::State::taken: return std::unexpected("another process publishes this file: " + lock_.detail());
    default: return std::unexpected("lock " + lock_.detail());
  }
}

std::optional<std::string> Follower::show_next(const Directory& directory, Descriptor next, const CopyMark& mark) {
  auto fault = mark_as_copy(next, mark);
  if (!fault) {
    const auto shown = show(directory, name_, next, shown_, file_.mode);
    if (shown) {
      shown_ = std::move(next);
      mark_ = mark;
      return std::nullopt;
    }
    fault = shown.error();
  }
  remove_next(directory, name_);
  return fault;
}

// What came from an origin, checked and shown. `followed`: an older publish is an error there, and elsewhere only of no use.
Result<Follower::Fetched> Follower::take(Origin& origin, const std::string& body, bool followed) {
  const auto refuse = [&](const std::string& why) {
    origin.refused = Error{ErrorClass::malformed, fmt::format("{} is not taken: {}", origin.address.shown(), why)};
    return std::unexpected(*origin.refused);
  };
  const auto where = directory();
  if (!where) return std::unexpected(local(where.error()));
  auto next = create_next(*where, name_);
  if (!next) return std::unexpected(local(next.error()));
  const auto unpacked = decompress(body, settings_.follow_max_size, *next);
  const auto publish = unpacked ? publish_of(*next) : std::unexpected(unpacked.error());
  if (publish) origin.state.published_at = publish->at;
  const bool useless = publish && (followed ? *publish == publish_ : publish->at <= publish_.at);
  const auto why = publish ? why_not_shown(*publish, publish_) : std::optional(publish.error());
  if (useless || why) {
    remove_next(*where, name_);
    if (useless) return Fetched::nothing_new;
    return refuse(*why);
  }
  if (auto fault = show_next(*where, std::move(*next),
                             {.origin = origin.address.shown(), .copied_at = unix_now(), .error = {}, .failing_since = {}})) {
    return std::unexpected(local(*fault));
  }
  publish_ = *publish;
  note_pace();
  return Fetched::newer;
}

Result<Follower::Fetched> Follower::fetch(Origin& origin, bool followed) {
  Timing timing;
  const auto most = static_cast<std::size_t>(settings_.follow_max_size);
  auto answer = store_.get(origin.address, origin.etag, most, Deadline(settings_.timeout), timing);
  if (!answer) return std::unexpected(answer.error());
  if (answer->http.status == 304) {
    if (origin.refused) return std::unexpected(*origin.refused);  // it is still what was refused
    return Fetched::nothing_new;
  }
  origin.etag = answer->etag;
  origin.refused.reset();
  auto taken = take(origin, answer->http.body, followed);
  if (!taken && !origin.refused) origin.etag.clear();  // a fault of this host: the same one is wanted again
  return taken;
}

Result<Follower::Fetched> Follower::look_at(Origin& origin, bool followed) {
  auto fetched = fetch(origin, followed);
  auto& state = origin.state;
  state.asked = true;
  state.error.reset();
  if (fetched) state.good_at = unix_now();
  else state.error = fetched.error();
  return fetched;
}

bool Follower::looks_elsewhere() const {
  return origins_.size() > 1 && (!mark_ || Clock::now() - news_at_ > patience * upload_interval_ + settings_.follow_interval);
}

// Of the origin that is followed, and then of the others that were asked.
std::optional<std::string> Follower::why_nothing_newer() const {
  std::optional<std::string> all;
  const auto add = [&](const OriginState& state) {
    if (!state.asked || !state.error) return;
    const auto text = fmt::format("{}: {}", to_string(state.error->kind), state.error->text);
    all = all ? *all + "; " + text : text;
  };
  add(origins_[followed_].state);
  for (std::size_t n = 0; n < origins_.size(); ++n) {
    if (n != followed_) add(origins_[n].state);
  }
  return all;
}

// The file that is shown says so too, from the first failure on until one look has succeeded.
void Follower::note_error(const std::optional<std::string>& text) {
  if (!mark_ || mark_->error == text) return;
  auto mark = *mark_;
  mark.error = text;
  if (!text) mark.failing_since.reset();
  else if (!mark.failing_since) mark.failing_since = unix_now();
  const auto where = directory();
  if (!where) return;
  auto next = create_next(*where, name_);
  if (!next) return;
  if (!copy_content(shown_, *next)) return remove_next(*where, name_);
  show_next(*where, std::move(*next), mark);
}

FollowRound Follower::poll() {
  store_.begin();
  FollowRound round;
  const auto before = followed_;
  for (auto& origin : origins_) origin.state.asked = false;
  auto fetched = look_at(origins_[followed_], true);
  if (fetched && *fetched == Fetched::newer) news_at_ = Clock::now();
  for (std::size_t n = 0; n < origins_.size() && looks_elsewhere(); ++n) {
    if (n == before) continue;
    const auto elsewhere = look_at(origins_[n], false);
    if (!elsewhere || *elsewhere != Fetched::newer) continue;
    fetched = elsewhere;
    followed_ = n;
    news_at_ = Clock::now();
    round.switched_from = origins_[before].address.shown();
  }
  round.origin = origins_[followed_].address.shown();
  round.shown = fetched && *fetched == Fetched::newer;
  if (!fetched) round.error = fetched.error();
  note_error(round.shown ? std::nullopt : why_nothing_newer());
  for (const auto& origin : origins_) round.origins.push_back(origin.state);
  return round;
}

}  // namespace gateway
