// Several sources of one upstream in one attempt: none takes the time of another.
#include <algorithm>

#include "trial.hpp"

namespace hostile {
namespace {

using namespace gateway;

const Source& source(const std::string& name) { return *std::ranges::find(sources(), name, &Source::name); }

TEST(HttpShares, AQuestionThatHangsCostsItselfOnly) {
  RawServer server([](Peer& peer, const std::string& request) {
    if (target_of(request).starts_with("/api/health/checks")) {
      peer.stay_mute();
      return false;
    }
    return all_is_well(peer, request);
  });
  HttpUpstream upstream({.url = {.tls = false, .host = "127.0.0.1", .port = server.port(), .path = {}},
                         .api_key = {},
                         .user = {},
                         .password = {},
                         .ca_file = {}});
  Store store;
  std::vector<Job> jobs;
  for (const auto* name : {"rabbitmq.health", "rabbitmq.queues"}) {
    jobs.push_back({.source = &source(name), .prior = store.prior_state(source(name), unix_now())});
  }
  const auto outcomes = upstream.attempt(jobs, Deadline(Milliseconds{700}));
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(class_of(outcomes[0]), "timeout");
  EXPECT_EQ(class_of(outcomes[1]), "rows") << (outcomes[1].result ? "" : outcomes[1].result.error().text);
  EXPECT_TRUE(is_discreet(outcomes[0].result.error()));
}

}  // namespace
}  // namespace hostile
