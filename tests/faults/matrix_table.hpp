// What every fault must come to at every upstream: the error class of its sources, then the verdict about it once they
// are stale. "fresh healthy": the fault is none, only slow. "-": no such cell (PostgreSQL does not speak HTTP; that
// somebody else answers in its place is one cell, and the same one whatever is said). `other` is in none, on purpose.
#pragma once

#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "../integration/support/raw_server.hpp"
#include "five_upstreams.hpp"
#include "gate.hpp"

namespace faults {

struct MatrixRow {
  std::string name;
  Fault fault;
  std::array<std::string, upstream_count> expected;  // in the order of upstream_names
};

inline void PrintTo(const MatrixRow& row, std::ostream* out) { *out << row.name; }  // for GoogleTest

inline const std::string plain_text = "Content-Type: text/plain\r\n";

inline std::vector<MatrixRow> matrix() {
  using namespace std::chrono_literals;
  using enum Kind;
  using integration::http_answer;
  // clang-format off
  return {
    // fault                                            postgres              rabbitmq              ws-gateway            model-service         order-manager
    {"refuse",              {refuse},                  {"refused unhealthy",  "refused unhealthy",  "refused unhealthy",  "refused unhealthy",  "refused unhealthy"}},
    {"mute",                {mute},                    {"timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown"}},
    {"stop_in_mid_answer",  {stop, 30},                {"timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown"}},
    {"reset",               {reset},                   {"closed unhealthy",   "closed unhealthy",   "closed unhealthy",   "closed unhealthy",   "closed unhealthy"}},
    {"drip",                {drip, 0, 20ms},           {"timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown"}},
    {"truncate",            {truncate, 30},            {"closed unhealthy",   "closed unhealthy",   "closed unhealthy",   "closed unhealthy",   "closed unhealthy"}},
    {"break_framing",       {garble},                  {"malformed unknown",  "malformed unknown",  "malformed unknown",  "malformed unknown",  "malformed unknown"}},
    {"little_bandwidth",    {limit, 100},              {"timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown"}},
    {"enough_bandwidth",    {limit, 1'000'000},        {"fresh healthy",      "fresh healthy",      "fresh healthy",      "fresh healthy",      "fresh healthy"}},
    {"long_delay",          {delay, 0, 1500ms},        {"timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown",    "timeout unknown"}},
    {"short_delay",         {delay, 0, 3ms},           {"fresh healthy",      "fresh healthy",      "fresh healthy",      "fresh healthy",      "fresh healthy"}},
    {"status_500",          {answer, 0, 0ms, http_answer(500, "Internal Server Error", plain_text)},
                                                       {"malformed unknown",  "http unhealthy",     "http unhealthy",     "http unhealthy",     "http unhealthy"}},
    {"status_429",          {answer, 0, 0ms, http_answer(429, "{}")},
                                                       {"-",                  "http unknown",       "http unknown",       "http unknown",       "http unknown"}},
    {"status_401",          {answer, 0, 0ms, http_answer(401, "{}")},
                                                       {"-",                  "auth unknown",       "auth unknown",       "auth unknown",       "auth unknown"}},
    {"status_404",          {answer, 0, 0ms, http_answer(404, "{}")},
                                                       {"-",                  "missing unknown",    "missing unknown",    "missing unknown",    "missing unknown"}},
    {"status_302",          {answer, 0, 0ms, http_answer(302, "", "Location: http://127.0.0.1:1/\r\n")},
                                                       {"-",                  "http unknown",       "http unknown",       "http unknown",       "http unknown"}},
    {"not_json",            {answer, 0, 0ms, http_answer(200, "<html>")},
                                                       {"-",                  "malformed unknown",  "malformed unknown",  "malformed unknown",  "malformed unknown"}},
  };
  // clang-format on
}

}  // namespace faults
