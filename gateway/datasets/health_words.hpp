// What the words of a /health mean, in the dialects in use (Spring Boot, health+json, ASP.NET, MicroProfile, our own).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// healthy, degraded or unhealthy; nullopt for a word that is in no dialect we know. Case, and `-`, `_` or a space, do not matter.
std::optional<std::string> health_of_word(std::string_view word);

// The verdict of a service that answered with this HTTP status and this word: the worse of the two counts. 503 with a good word
// is `degraded`, any other 5xx `unhealthy`; an unknown word is `degraded`.
std::string health_of_answer(int http_status, std::string_view word);

// Whether `a` is worse than `b`: unhealthy, degraded, unknown, healthy.
bool is_worse(std::string_view a, std::string_view b);

}  // namespace gateway
