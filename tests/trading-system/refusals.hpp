// How each service refuses a wrong or missing key. Two of them answer 500 for it, which is why a reader of their
// answers cannot go by the status code alone.
#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

namespace trading {

inline void answer(httplib::Response& response, int status, const nlohmann::json& body) {
  response.status = status;
  response.set_content(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), "application/json");
}

// ws-gateway and order-manager; their reasons differ.
inline void refuse_with_401(httplib::Response& response, bool key_given, const std::string& reason) {
  answer(
      response, 401,
      {{"error", key_given ? "Invalid API key" : "Missing API key"}, {"code", "AUTHENTICATION_FAILED"}, {"details", {{"reason", reason}}}});
}

inline void answer_unhandled_json(httplib::Response& response, const std::string& type) {
  answer(response, 500, {{"error", "Internal server error"}, {"detail", "An unexpected error occurred"}, {"type", type}});
}

inline void answer_unhandled_text(httplib::Response& response) {
  response.status = 500;
  response.set_content("Internal Server Error", "text/plain; charset=utf-8");
}

}  // namespace trading
