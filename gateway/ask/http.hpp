// An upstream that speaks HTTP: one total deadline for an attempt, a cap on every answer, no redirects, no decompression.
// Built on libcurl (7.88). Every request has a connection of its own: on a kept one, bytes that came between two polls would
// be taken for the answer to the next question. The sources of an attempt are asked side by side, so that one that hangs
// takes no time from the others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ask/curl_multi.hpp"
#include "ask/http_transfer.hpp"
#include "ask/upstream.hpp"

namespace gateway {

class HttpUpstream : public Upstream {
 public:
  explicit HttpUpstream(HttpSettings settings);

  std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline& deadline) override;
  void cancel() override { multi_.cancel(); }

 private:
  struct Conversation;
  void go_on(Conversation& conversation, const Deadline& deadline);
  void ask(Conversation& conversation, const Deadline& deadline);
  void take(Conversation& conversation, CURLcode code, const Deadline& deadline);
  void take_results(std::vector<Conversation>& conversations, const Deadline& deadline);

  HttpSettings settings_;
  std::vector<Address> addresses_;  // of the attempt under way
  CurlMulti multi_;
};

}  // namespace gateway
