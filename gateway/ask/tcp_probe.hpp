// An upstream without a protocol that we speak (Redis, for one): it is asked for a TCP connection, which is closed at once.
#pragma once

#include <string>

#include "ask/upstream.hpp"

namespace gateway {

class TcpProbe : public Upstream {
 public:
  TcpProbe(std::string host, int port) : host_(std::move(host)), port_(std::to_string(port)) {}

  // Each job's source is given one ConnectAnswer as the answer.
  std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline& deadline) override;
  void cancel() override { cancel_.set(); }

 private:
  std::string host_, port_;
  Cancel cancel_;
};

}  // namespace gateway
