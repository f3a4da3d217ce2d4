#include "datasets/queue_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace gateway {
namespace {

const std::string common =
    "vhost,name,type,state,messages,messages_ready,messages_unacknowledged,arguments.x-max-length,effective_policy_definition.max-length";
const std::string statistical =
    ",consumers,message_stats.publish,message_stats.deliver_get,message_stats.ack,message_stats.deliver_no_ack,message_stats.get_no_ack,"
    "message_stats.redeliver,message_stats.publish_details.rate,message_stats.deliver_get_details.rate,"
    "message_stats.redeliver_details.rate";

constexpr std::size_t longest_name = 255;  // of AMQP; each is held several times

// Reads of one field that forget its error: the field is then not available.
std::optional<std::int64_t> integer_or_nothing(const Json* object, const char* key) {
  std::optional<Error> ignored;
  return object == nullptr ? std::nullopt : Fields(*object, "", ignored).integer(key);
}
double rate_or_zero(const Json* stats, const char* key) {
  std::optional<Error> ignored;
  const auto* details = stats == nullptr ? nullptr : member(*stats, key);
  if (details == nullptr) return 0;
  // None is negative: what says so is no rate, and a difference of such could be no number.
  return std::max(0.0, Fields(*details, "", ignored).number("rate").value_or(0));
}

// An absent counter is zero once the queue has figures at all: nothing of the kind has happened yet.
void read_statistics(const Json* stats, QueueSample& sample) {
  const auto counter = [&](const char* key) {
    return std::clamp<std::int64_t>(integer_or_nothing(stats, key).value_or(0), 0, most_counted);
  };
  sample.counters = QueueCounters{.published = counter("publish"),
                                  .consumed = counter("ack") + counter("deliver_no_ack") + counter("get_no_ack"),
                                  .delivered = counter("deliver_get"),
                                  .redelivered = counter("redeliver")};
  sample.publish_rate = rate_or_zero(stats, "publish_details");
  sample.consume_rate = std::max(0.0, rate_or_zero(stats, "deliver_get_details") - rate_or_zero(stats, "redeliver_details"));
}

}  // namespace

Error ListingLimit::exceeded() const {
  return {
      ErrorClass::too_large,
      fmt::format("GET /api/queues lists more than RABBITMQ_QUEUES_MAX ({}) queues; raise it (4 MiB of memory for a thousand), or give the "
                  "monitoring user fewer vhosts",
                  queues)};
}

Result<ListedQueue> read_queue(const Json& object, std::size_t index, bool counted) {
  ListedQueue queue;
  std::optional<Error> fault;
  const Fields essential(object, fmt::format("queues[{}]", index), fault);
  const auto vhost = essential.text("vhost");
  const auto name = essential.text("name");
  if (fault) return std::unexpected(*fault);
  if (!vhost || !name) return failure(ErrorClass::malformed, fmt::format("queues[{}]: vhost or name is missing", index));
  queue.vhost = shortened(*vhost, longest_name);
  queue.name = shortened(*name, longest_name);
  auto& sample = queue.sample;
  sample.state = essential.text("state").value_or("");
  sample.type = essential.text("type").value_or("");
  sample.messages = essential.integer("messages");
  if (fault) sample.unreadable = fault->text;
  if (sample.messages && *sample.messages < 0) sample.messages.reset();
  queue.ready = integer_or_nothing(&object, "messages_ready");
  queue.unacknowledged = integer_or_nothing(&object, "messages_unacknowledged");
  sample.unacknowledged = std::max(std::int64_t{0}, queue.unacknowledged.value_or(0));
  sample.consumers = integer_or_nothing(&object, "consumers");
  sample.max_length = integer_or_nothing(member(object, "arguments"), "x-max-length");
  if (!sample.max_length) sample.max_length = integer_or_nothing(member(object, "effective_policy_definition"), "max-length");
  if (sample.messages && counted) read_statistics(member(object, "message_stats"), sample);
  return queue;
}

std::string listing_target(bool statistics) {
  return statistics ? "/api/queues?columns=" + common + statistical
                    : "/api/queues?disable_stats=true&enable_queue_totals=true&columns=" + common;
}

Result<std::size_t> read_listing(std::string_view body, bool counted, const ListingLimit& limit,
                                 const std::function<void(ListedQueue)>& each) {
  return parse_array(body, "GET /api/queues", [&](const Json& object, std::size_t index) -> std::optional<Error> {
    if (std::cmp_equal(index, limit.queues)) return limit.exceeded();
    auto queue = read_queue(object, index, counted);
    if (!queue) return queue.error();
    each(std::move(*queue));
    return std::nullopt;
  });
}

}  // namespace gateway
