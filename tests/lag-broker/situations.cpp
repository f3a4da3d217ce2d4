#include "situations.hpp"

namespace lag_broker {

const std::vector<Situation>& situations() {
  static const std::string quorum = R"({"x-queue-type": "quorum"})";
  static const std::vector<Situation> all{
      {.queue = "no consumer, three a minute", .published_per_s = 0.05, .lags_from = 0},
      {.queue = "no consumer, one a minute", .published_per_s = 1.0 / 60, .lags_from = 0, .noticed_within = 170},
      {.queue = "acknowledged", .published_per_s = 5, .consumer = "acknowledge"},
      {.queue = "acknowledged, priority", .arguments = R"({"x-max-priority": 5})", .published_per_s = 5, .consumer = "acknowledge"},
      {.queue = "acknowledged, lazy", .arguments = R"({"x-queue-mode": "lazy"})", .published_per_s = 5, .consumer = "acknowledge"},
      {.queue = "acknowledged, quorum", .arguments = quorum, .published_per_s = 5, .consumer = "acknowledge"},
      {.queue = "automatic acknowledgement", .published_per_s = 5, .consumer = "automatic"},
      {.queue = "get", .published_per_s = 5, .consumer = "get"},
      {.queue = "get, automatic", .published_per_s = 5, .consumer = "get-automatic"},
      {.queue = "rejected", .published_per_s = 5, .consumer = "reject"},
      {.queue = "rejected, quorum", .arguments = quorum, .published_per_s = 5, .consumer = "reject"},
      {.queue = "rejected to dead letters",
       .arguments = R"({"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead letters, unread"})",
       .published_per_s = 5,
       .consumer = "reject"},
      {.queue = "dead letters, unread", .lags_from = 0, .noticed_within = 100},
      {.queue = "requeued for ever", .published_per_s = 0.5, .consumer = "requeue", .prefetch = 1, .lags_from = 0, .noticed_within = 100},
      {.queue = "hung", .published_per_s = 2, .consumer = "acknowledge", .hangs_at = 40, .lags_from = 40},
      {.queue = "hung, prefetch 5", .published_per_s = 2, .consumer = "acknowledge", .prefetch = 5, .hangs_at = 40, .lags_from = 40},
      {.queue = "hung, prefetch 5, quorum",
       .arguments = quorum,
       .published_per_s = 2,
       .consumer = "acknowledge",
       .prefetch = 5,
       .hangs_at = 40,
       .lags_from = 40},
      {.queue = "hung, automatic", .published_per_s = 2, .consumer = "automatic", .hangs_at = 40},  // invisible to the broker
      {.queue = "unread, TTL", .arguments = R"({"x-message-ttl": 8000})", .published_per_s = 2, .lags_from = 0, .noticed_within = 100},
      {.queue = "unread, max-length", .arguments = R"({"x-max-length": 20})", .published_per_s = 2, .lags_from = 0, .noticed_within = 100},
      {.queue = "unread, purged now and then", .published_per_s = 2, .purged_every = 60, .lags_from = 0, .noticed_within = 200},
      {.queue = "consumes 5 %", .published_per_s = 10, .consumer = "slow", .prefetch = 1, .lags_from = 0, .noticed_within = 150},
      {.queue = "batches every 30 s", .published_per_s = 5, .consumer = "batches"},
      {.queue = "784,000 in seven minutes", .published_per_s = 1870, .consumer = "acknowledge"},
      {.queue = "killed at 200 s", .published_per_s = 5, .consumer = "acknowledge", .killed_at = 200, .lags_from = 200},
      {.queue = "consumed again from 240 s",
       .published_per_s = 5,
       .consumer = "acknowledge",
       .begins_at = 240,
       .lags_from = 0,
       .well_from = 240},
      {.queue = "one every 20 s", .published_per_s = 0.05, .consumer = "acknowledge"},
      {.queue = "parked", .parked = 500},
      {.queue = "a stream", .arguments = R"({"x-queue-type": "stream"})", .published_per_s = 1, .always = "unknown"},
  };
  return all;
}

}  // namespace lag_broker
