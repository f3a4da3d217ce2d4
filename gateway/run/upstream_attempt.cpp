// One attempt in a worker thread, as upstream_loop.hpp has it, and what is recorded of one that brings nothing back.
#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <new>

#include "run/coroutine.hpp"
#include "run/upstream_loop.hpp"

namespace gateway {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr auto grace = Milliseconds{250};  // for a thread to come back after it was told to
constexpr auto nudge = Milliseconds{50};   // between two calls to do so

}  // namespace

awaitable<std::vector<Outcome>> UpstreamLoop::attempt(std::int64_t now) {
  asked_all_ = Clock::now() >= all_due_at_;
  asked_ = due_sources();
  asked_all_ |= asked_.size() == spec_.sources.size();
  waiting_.clear();
  jobs_.clear();
  for (const auto& setup : asked_) {
    Job job{.source = setup.source, .prior = context_.store.prior_state(*setup.source, now)};
    job.prior.first_sample_counts = context_.settings.once;
    job.may_wait = !context_.settings.once;
    jobs_.push_back(std::move(job));
  }
  start_attempt(now);
  auto wait = deadline_->left();
  for (const auto give_up = Clock::now() + wait + grace; in_flight_ && Clock::now() < give_up; wait = nudge) {
    if (deadline_->passed() || stopping_) spec_.client->cancel();
    timer_.expires_after(wait);
    co_await timer_.async_wait(quietly);
  }
  if (!outcomes_) co_return not_returned(now);
  note_waiting();
  co_return std::move(*outcomes_);
}

void UpstreamLoop::start_attempt(std::int64_t now) {
  outcomes_.reset();
  in_flight_ = true;
  published_ = false;
  deadline_.emplace(time_for_attempt());
  context_.pool.post([this, now] {
    // The wall for exceptions: what is thrown here would end the process.
    auto outcomes = [&]() -> std::vector<Outcome> {
      try {
        return spec_.client->attempt(jobs_, *deadline_);
      } catch (const std::bad_alloc&) {
        return all_failed(now, Milliseconds{0}, {ErrorClass::too_large, "there is not enough memory for the answer"});
      } catch (const std::exception& e) {
        return all_failed(now, Milliseconds{0}, {ErrorClass::other, fmt::format("internal error: {}", e.what())});
      }
    }();
    asio::post(context_.loop, [this, outcomes = std::move(outcomes)]() mutable {
      in_flight_ = false;
      jobs_.clear();  // what was known before can be as large as what was answered
      outcomes_ = std::move(outcomes);
      timer_.cancel();
    });
  });
}

// What reads on does not hold up the others for long when their interval is over.
Milliseconds UpstreamLoop::time_for_attempt() const {
  const auto timeout = spec_.pace.timeout, at_least = timeout * 2 / 5;
  if (asked_all_ || reading_on_.empty()) return timeout;
  return std::clamp(std::chrono::duration_cast<Milliseconds>(all_due_at_ - Clock::now()) + at_least, at_least, timeout);
}

// Of those that were to be asked, and of those that read on and were left out for the others' sake.
void UpstreamLoop::note_waiting() {
  const auto is_among = [](const auto& all, const std::string& source) { return std::ranges::count(all, source, &Outcome::source) > 0; };
  waiting_.clear();
  for (const auto& name : reading_on_) {
    if (std::ranges::none_of(asked_, [&](const auto& setup) { return setup.source->name == name; })) waiting_.push_back(name);
  }
  std::erase_if(asked_, [&](const auto& setup) {
    const bool waits = !is_among(*outcomes_, setup.source->name);
    if (waits) waiting_.push_back(setup.source->name);
    return waits;
  });
}

std::vector<Outcome> UpstreamLoop::all_failed(std::int64_t at, Milliseconds after, const Error& error) const {
  std::vector<Outcome> outcomes;
  for (const auto& setup : asked_) {
    outcomes.push_back({.source = setup.source->name,
                        .sent_at = at,
                        .requests = 0,
                        .timing = {.duration_ms = static_cast<double>(after.count())},
                        .result = std::unexpected(error)});
  }
  return outcomes;
}

std::vector<Outcome> UpstreamLoop::not_returned(std::int64_t now) const {
  return all_failed(
      now, spec_.pace.timeout + grace,
      {ErrorClass::timeout, spec_.name + ": no answer in time, and the attempt cannot be stopped; is name resolution stuck?"});
}

}  // namespace gateway
