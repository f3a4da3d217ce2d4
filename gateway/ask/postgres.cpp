#include "ask/postgres.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "ask/tcp.hpp"
#include "base/text.hpp"

namespace gateway {
namespace {

constexpr auto probe_again_after = std::chrono::minutes(10);

// Of an attempt's time, what ending it takes.
Milliseconds reserve(Milliseconds timeout) { return std::min(timeout / 10, Milliseconds{500}); }

// Of an attempt's time, after how much of it what came is handed over, where the others may wait.
Milliseconds hand_over_after(Milliseconds timeout) { return timeout / 5; }

// Of a dataset's share, what the server may use for one statement: it gives up before we do, and the connection stays.
Milliseconds server_share(Milliseconds share) { return std::max(Milliseconds{1}, share * 3 / 4); }

double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

// Fills in what every outcome has, around the work.
template <typename Work>
Outcome measured(const Job& job, const Work& work) {
  Outcome outcome{.source = job.source->name, .sent_at = unix_now(), .requests = 0, .timing = {}, .result = Batch{}};
  const auto start = Clock::now();
  outcome.result = work(outcome);
  outcome.timing.duration_ms = ms_since(start);
  return outcome;
}

bool timed_out(const Outcome& outcome) { return !outcome.result && outcome.result.error().kind == ErrorClass::timeout; }

Turns::End end_of_turn(const Outcome& outcome, bool took_long) {
  const bool too_large = !outcome.result && outcome.result.error().kind == ErrorClass::too_large;
  return timed_out(outcome) || too_large || (outcome.result && took_long) ? Turns::End::slow : Turns::End::answered;
}

}  // namespace

std::vector<Outcome> Postgres::attempt(std::span<Job> jobs, const Deadline& deadline) {
  cancel_.reset();
  std::vector<Outcome> outcomes(jobs.size());
  std::optional<Error> broken;  // what ended the attempt for all that follow
  std::vector<std::size_t> datasets;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!jobs[i].source->judged_alone) {
      datasets.push_back(i);
      names.push_back(jobs[i].source->name);
      continue;
    }
    outcomes[i] = measured(jobs[i], [&](Outcome& outcome) { return judge(jobs[i], deadline, outcome); });
    if (!outcomes[i].result && lost()) broken = outcomes[i].result.error();
  }
  bool in_snapshot = false;
  auto began = Clock::now();
  const Deadline end(deadline.left() - reserve(settings_.pace.timeout));
  const auto hand_over = hand_over_after(settings_.pace.timeout);
  const bool one_by_one = std::ranges::all_of(jobs, &Job::may_wait);
  const auto order = turns_.order(names, one_by_one);
  // What takes long is asked for when the others' answers are on their way to the store; then all the time is its own.
  const bool all_slow = !order.empty() && turns_.slow(names[order[0]]);
  const bool in_company = one_by_one && !all_slow && order.size() > 1;
  for (std::size_t n = 0; n < order.size(); ++n) {
    auto& job = jobs[datasets[order[n]]];
    const bool too_long = in_snapshot && Clock::now() - began > hand_over;
    if (n > 0 && one_by_one && !broken && (too_long || (in_company && turns_.slow(job.source->name)))) {
      turns_.note_left_out(job.source->name);
      continue;
    }
    auto share = Milliseconds{0};
    auto start = Clock::now();
    auto outcome = measured(job, [&](Outcome& measuring) -> Result<Batch> {
      if (!broken && lost()) broken = connect(deadline, measuring);
      if (!broken && !in_snapshot) broken = probe(jobs, deadline);
      if (!broken && !in_snapshot) broken = take_snapshot(deadline);
      if (broken) return std::unexpected(*broken);
      start = Clock::now();
      if (!std::exchange(in_snapshot, true)) began = start;
      if (end.passed()) return failure(ErrorClass::timeout, "no time was left for it in this attempt; it comes first in the next one");
      share = gateway::share(end, one_by_one && all_slow ? 1 : order.size() - n);
      if (in_company) share = std::min(share, hand_over);
      return collect(job, share, deadline, measuring);
    });
    const auto turn = share.count() == 0 ? Turns::End::none : end_of_turn(outcome, Clock::now() - start > hand_over);
    turns_.note(job.source->name, turn, share);
    if (in_company && !lost() && turn == Turns::End::slow && timed_out(outcome) && Clock::now() - start > share / 2) continue;
    if (outcome.result) outcome.note = joined_notes(outcome.result->note, catalogue_.note(job.source->reads));
    if (!outcome.result && lost() && !broken) {
      broken =
          Error{outcome.result.error().kind, fmt::format("not queried, the connection was lost before: {}", outcome.result.error().text)};
    }
    outcomes[datasets[order[n]]] = std::move(outcome);
  }
  if (!lost()) connection_->run(in_snapshot ? "COMMIT" : "ROLLBACK", deadline);
  if (lost()) connection_.reset();
  std::erase_if(outcomes, [](const Outcome& outcome) { return outcome.source.empty(); });
  return outcomes;
}

std::optional<Error> Postgres::connect(const Deadline& deadline, Outcome& outcome) {
  const auto start = Clock::now();
  must_probe_ = true;
  system_is_secret_ = false;
  auto connection = PostgresConnection::open(settings_, deadline, cancel_, limit_);
  outcome.timing.connect_ms = outcome.timing.connect_ms.value_or(0) + ms_since(start);
  if (!connection) return connection.error();
  connection_.emplace(std::move(*connection));
  return std::nullopt;
}

Result<Batch> Postgres::judge(Job& job, const Deadline& deadline, Outcome& outcome) {
  const bool reused = !lost();
  auto batch = judge_once(job, deadline, outcome);
  // A connection that died since the last attempt is no news about the server: try a new one at once.
  if (!batch && lost() && reused && !deadline.passed()) batch = judge_once(job, deadline, outcome);
  return batch;
}

Result<Batch> Postgres::judge_once(Job& job, const Deadline& deadline, Outcome& outcome) {
  if (lost()) {
    if (auto error = connect(deadline, outcome)) return std::unexpected(std::move(*error));
  }
  if (auto begun = connection_->begin("READ COMMITTED", settings_.pace.timeout, deadline); !begun) return std::unexpected(begun.error());
  auto batch = ask(job, deadline, Milliseconds{0}, outcome);
  if (const auto ended = connection_->run("ROLLBACK", deadline); batch && !ended) return std::unexpected(ended.error());
  return batch;
}

std::optional<Error> Postgres::probe(std::span<const Job> jobs, const Deadline& deadline) {
  if (!must_probe_ && Clock::now() - probed_at_ < probe_again_after) return std::nullopt;
  std::set<std::string> tables;
  for (const auto& job : jobs) tables.insert(job.source->reads.begin(), job.source->reads.end());
  auto found = read_catalogue(*connection_, {tables.begin(), tables.end()}, settings_.user, settings_.pace.timeout, deadline);
  if (!found) return found.error();
  catalogue_ = std::move(*found);
  must_probe_ = false;
  probed_at_ = Clock::now();
  return std::nullopt;
}

Result<Batch> Postgres::collect(Job& job, Milliseconds share, const Deadline& deadline, Outcome& outcome) {
  for (const auto& table : job.source->reads) {
    if (const auto found = locked_out_.find(table); found != locked_out_.end()) return std::unexpected(found->second);
  }
  const auto server = server_share(share);
  const auto begun = connection_->run(fmt::format("SAVEPOINT dataset; SET LOCAL statement_timeout = {}", server.count()), deadline);
  if (!begun) return std::unexpected(begun.error());
  const Deadline turn(share);
  // Where the server does not keep to its timeout, waiting for what it does when asked to cancel costs less than the connection.
  const auto patience = job.may_wait ? std::min(share, (deadline.left() - share) / 2) : (deadline.left() - share) / 2;
  auto batch = ask(job, {turn, Deadline(share + patience)}, server, outcome);
  if (batch) {
    if (auto error = rewritten(*job.source, deadline)) batch = std::unexpected(std::move(*error));
  }
  if (batch || lost()) return batch;
  if (batch.error().kind == ErrorClass::timeout && turn.left() <= share - server) {
    batch = failure(ErrorClass::timeout, fmt::format("not finished within {} ms, its share of {}; cancelled on the server: {}",
                                                     server.count(), settings_.timeout_name, batch.error().text));
  }
  must_probe_ |= batch.error().kind == ErrorClass::missing || batch.error().kind == ErrorClass::auth;
  if (const auto back = connection_->run("ROLLBACK TO SAVEPOINT dataset", deadline); !back) return std::unexpected(back.error());
  return batch;
}

// `server`: the statement timeout that was set for the first statement; 0: none of the job's own.
Result<Batch> Postgres::ask(Job& job, const Patience& patience, Milliseconds server, Outcome& outcome) {
  job.prior.catalogue = &catalogue_.catalogue;
  const auto requests = job.source->ask(job.prior);
  if (!requests) return std::unexpected(requests.error());
  std::vector<Answer> answers;
  auto allowed = server;
  for (const auto& request : *requests) {
    // The timeout is one for each statement, the share is for all of them.
    const auto left = std::max(Milliseconds{1}, patience.cancel.left() - server / 3);
    if (left < allowed * 9 / 10) {
      allowed = left;
      const auto set = connection_->run(fmt::format("SET LOCAL statement_timeout = {}", allowed.count()), patience.give_up);
      if (!set) return std::unexpected(set.error());
    }
    ++outcome.requests;
    auto answer = connection_->query(std::get<SqlRequest>(request), patience, &outcome.timing);
    if (!answer) return std::unexpected(answer.error());
    answers.emplace_back(std::move(*answer));
  }
  return parsed(job, answers, connection_->endpoint(), outcome.timing);
}

}  // namespace gateway
