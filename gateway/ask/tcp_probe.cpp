#include "ask/tcp_probe.hpp"

#include <unistd.h>

#include <array>

#include "ask/tcp.hpp"

namespace gateway {

std::vector<Outcome> TcpProbe::attempt(std::span<Job> jobs, const Deadline& deadline) {
  cancel_.reset();
  const auto endpoint = host_ + ":" + port_;
  std::vector<Outcome> outcomes;
  for (auto& job : jobs) {
    Outcome outcome{.source = job.source->name, .sent_at = unix_now(), .requests = 1, .timing = {}, .result = Batch{}};
    const auto start = Clock::now();
    const auto addresses = resolve(host_, port_);
    const auto socket = addresses ? connect_tcp(*addresses, endpoint, deadline, cancel_) : std::unexpected(addresses.error());
    const auto ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    outcome.timing.duration_ms = ms;
    outcome.timing.connect_ms = ms;
    if (socket) {
      ::close(*socket);
      outcome.result = parsed(job, std::array{Answer{ConnectAnswer{ms}}}, endpoint, outcome.timing);
    } else {
      outcome.result = std::unexpected(socket.error());
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace gateway
