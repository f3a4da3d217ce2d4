#include "consumer.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "amqp.hpp"

namespace lag_broker {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

void fetch(Amqp& amqp, const std::string& queue, bool acknowledged) {
  while (const auto tag = amqp.get(queue, acknowledged)) {
    if (acknowledged) amqp.acknowledge(*tag, false);
  }
  std::this_thread::sleep_for(200ms);
}

void acknowledge_in_batches(Amqp& amqp) {
  const auto until = Clock::now() + 30s;
  std::optional<std::uint64_t> last;
  while (Clock::now() < until) {
    if (const auto tag = amqp.next(500)) last = tag;
  }
  if (last) amqp.acknowledge(*last, true);
}

void take(Amqp& amqp, const std::string& mode) {
  if (mode == "batches") return acknowledge_in_batches(amqp);
  const auto tag = amqp.next(1000);
  if (!tag || mode == "automatic") return;
  if (mode == "slow") std::this_thread::sleep_for(2s);
  if (mode == "requeue") std::this_thread::sleep_for(100ms);
  if (mode == "reject" || mode == "requeue") amqp.reject(*tag, mode == "requeue");
  else amqp.acknowledge(*tag, false);
}

}  // namespace

void consume(int port, const std::string& queue, const std::string& mode, int prefetch) {
  Amqp amqp(port);
  const bool acknowledged = mode != "automatic" && mode != "get-automatic";
  const bool fetches = mode.starts_with("get");
  if (!fetches) amqp.consume(queue, acknowledged, static_cast<std::uint16_t>(prefetch));
  while (true) {
    if (fetches) fetch(amqp, queue, acknowledged);
    else take(amqp, mode);
  }
}

}  // namespace lag_broker
