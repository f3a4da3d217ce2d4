#include "ask/http.hpp"

#include <algorithm>

namespace gateway {
namespace {

double since_ms(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

}  // namespace

// One source's questions, asked one after the other.
struct HttpUpstream::Conversation {
  Conversation(Job& its_job, std::int64_t at) : job(its_job) {
    outcome = {.source = job.source->name, .sent_at = at, .requests = 0, .timing = {}, .result = Batch{}};
  }

  void end(Result<Batch> result) {
    outcome.result = std::move(result);
    outcome.timing.duration_ms = since_ms(start);
    over = true;
  }

  Job& job;
  Outcome outcome;
  Clock::time_point start = Clock::now();
  std::vector<Request> requests;
  std::vector<Answer> answers;
  std::size_t address = 0;                 // those before it do not answer
  std::unique_ptr<HttpTransfer> transfer;  // under way
  bool over = false;
};

HttpUpstream::HttpUpstream(HttpSettings settings) : settings_(std::move(settings)) {}

// Sends the next question, or ends when there is none.
void HttpUpstream::go_on(Conversation& conversation, const Deadline& deadline) {
  auto& answers = conversation.answers;
  if (answers.size() == conversation.requests.size()) {
    conversation.end(parsed(conversation.job, answers, settings_.url.endpoint(), conversation.outcome.timing));
    return;
  }
  if (deadline.passed()) {
    conversation.end(failure(ErrorClass::timeout, settings_.url.endpoint() + ": no time left for the request"));
    return;
  }
  ++conversation.outcome.requests;
  ask(conversation, deadline);
}

void HttpUpstream::ask(Conversation& conversation, const Deadline& deadline) {
  const auto& request = std::get<HttpRequest>(conversation.requests[conversation.answers.size()]);
  const auto for_connecting = share(deadline, addresses_.size() - conversation.address);
  conversation.transfer = std::make_unique<HttpTransfer>(settings_, request, addresses_[conversation.address], for_connecting, deadline);
  multi_.add(conversation.transfer->handle());
}

// A question that libcurl is done with.
void HttpUpstream::take(Conversation& conversation, CURLcode code, const Deadline& deadline) {
  const auto transfer = std::move(conversation.transfer);
  multi_.remove(transfer->handle());
  auto answer = transfer->finished(code, conversation.outcome.timing);
  if (answer) {
    conversation.outcome.age_s = std::max(conversation.outcome.age_s, answer->age_s);
    conversation.answers.emplace_back(std::move(*answer));
    go_on(conversation, deadline);
    return;
  }
  const bool elsewhere =
      !transfer->connected() && conversation.address + 1 < addresses_.size() && !deadline.passed() && !multi_.cancelled();
  if (!elsewhere) {
    conversation.end(std::unexpected(answer.error()));
    return;
  }
  ++conversation.address;
  ask(conversation, deadline);
}

void HttpUpstream::take_results(std::vector<Conversation>& conversations, const Deadline& deadline) {
  while (const auto done = multi_.next_done()) {
    const auto found =
        std::ranges::find_if(conversations, [&](const auto& each) { return each.transfer && each.transfer->handle() == done->easy; });
    if (found != conversations.end()) take(*found, done->code, deadline);
  }
}

std::vector<Outcome> HttpUpstream::attempt(std::span<Job> jobs, const Deadline& deadline) {
  multi_.begin();
  std::vector<Conversation> conversations;
  conversations.reserve(jobs.size());
  for (auto& job : jobs) conversations.emplace_back(job, unix_now());

  const auto start = Clock::now();
  auto addresses = resolve(settings_.url.host, std::to_string(settings_.url.port));
  const auto resolving_ms = since_ms(start);
  for (auto& each : conversations) {
    each.outcome.timing.connect_ms = resolving_ms;
    auto requests = each.job.source->ask(each.job.prior);
    if (!requests) each.end(std::unexpected(requests.error()));
    else if (!addresses) each.end(std::unexpected(addresses.error()));
    else each.requests = std::move(*requests);
  }
  if (addresses) addresses_ = std::move(*addresses);
  for (auto& each : conversations) {
    if (!each.over) go_on(each, deadline);
  }
  const auto over = [&] { return std::ranges::all_of(conversations, &Conversation::over); };
  while (!over() && !multi_.cancelled() && !deadline.passed()) {
    multi_.go_on();
    take_results(conversations, deadline);
    if (!over()) multi_.wait(deadline);
  }
  std::vector<Outcome> outcomes;
  for (auto& each : conversations) {
    if (each.transfer) take(each, CURLE_OPERATION_TIMEDOUT, deadline);
    outcomes.push_back(std::move(each.outcome));
  }
  return outcomes;
}

}  // namespace gateway
