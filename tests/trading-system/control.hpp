// TEST CONTROL, no part of any real service: POST /control with a JSON object on a service's own port forces states
// that would otherwise have to be waited for. The objects add up; a key with null takes the force away again; the
// answer, and GET /control, show what is forced. It answers even while the service itself is mute.
//
//   any service     "status": text            the status in /health
//                   "health": {...}           merged over the rest of /health
//                   "http_status": number     /health with that status code
//                   "mute": true              accepts connections, answers nothing
//                   "delay_ms": number        answers that much later
//                   "rows": false             writes no rows (messages still flow)
//                   "messages": false         publishes no messages
//                   "pause": true             no work at all: no rows, no messages, nothing consumed
//   position-manager "hang": true             its consumers take messages and acknowledge none
//   ws-gateway      "closed_in_silence": true the exchange has closed the private socket in good order, and nobody noticed
//                   "websocket_status": text, "websocket_connected": bool, "websocket_state": {...}
//   model-service   "train": seconds          starts one training now
#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace trading {

class Control {
 public:
  // The error to tell when the object is not one or has an unknown key or a value of the wrong type.
  std::optional<std::string> apply(const std::string& body);
  nlohmann::json forced() const;

  bool flag(const char* key, bool otherwise) const;
  std::optional<std::string> text(const char* key) const;
  std::optional<double> number(const char* key) const;
  std::optional<nlohmann::json> object(const char* key) const;
  std::optional<double> take_number(const char* key);

 private:
  mutable std::mutex mutex_;
  nlohmann::json forced_ = nlohmann::json::object();
};

}  // namespace trading
