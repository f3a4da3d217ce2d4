#include "ask/curl_multi.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace gateway {

CurlMulti::CurlMulti() : multi_(nullptr) {
  static const auto initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialized == CURLE_OK) multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::runtime_error("libcurl could not be initialised");
}

CurlMulti::~CurlMulti() { curl_multi_cleanup(multi_); }

void CurlMulti::cancel() {
  cancelled_ = true;
  curl_multi_wakeup(multi_);
}

void CurlMulti::add(CURL* easy) {
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) throw std::bad_alloc();
}

void CurlMulti::remove(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

void CurlMulti::go_on() {
  int running = 0;
  curl_multi_perform(multi_, &running);
}

std::optional<CurlMulti::Done> CurlMulti::next_done() {
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) return Done{message->easy_handle, message->data.result};
  }
  return std::nullopt;
}

void CurlMulti::wait(const Deadline& deadline) {
  const auto left = std::min<std::int64_t>(deadline.left().count(), 60'000);
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(left), nullptr);
}

}  // namespace gateway
