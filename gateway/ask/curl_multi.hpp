// Transfers of libcurl that go on side by side in one thread, until their deadline or until they are cancelled from another one.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <optional>

#include "base/deadline.hpp"

namespace gateway {

// Used by one thread at a time, but for cancel().
class CurlMulti {
 public:
  struct Done {
    CURL* easy;
    CURLcode code;
  };

  CurlMulti();  // throws std::runtime_error where libcurl could not be initialised
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // Ends what is under way soon, and what comes until the next begin(); from any thread.
  void cancel();
  void begin() { cancelled_ = false; }
  bool cancelled() const { return cancelled_; }

  void add(CURL* easy);
  void remove(CURL* easy);
  // Lets transfers go on as far as they can without waiting.
  void go_on();
  std::optional<Done> next_done();
  // Blocks until something comes, the deadline or cancel().
  void wait(const Deadline& deadline);

 private:
  CURLM* multi_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace gateway
