// An upstream: a peer that is polled over one connection, in one thread at a time.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/source.hpp"

namespace gateway {

struct Job {
  const Source* source = nullptr;
  PriorState prior;
  // Another attempt follows at once: what would keep answers that are there waiting need not be asked for in this one.
  bool may_wait = false;
};

// What the job's source makes of the answers to what it asked, and how long that took. Never throws: a source relies on
// the columns and rows it asked for, and only what is not `endpoint` we meant to ask gives others.
Result<Batch> parsed(const Job& job, std::span<const Answer> answers, const std::string& endpoint, Timing& timing);

class Upstream {
 public:
  virtual ~Upstream() = default;

  // Asks for every job's source, in order, within one deadline. Blocks; called from a pool thread, one call at a time.
  // Never throws: what goes wrong is in the outcomes, one for each job that was asked for.
  virtual std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline& deadline) = 0;

  // Ends a running attempt soon; from any thread. May be called again until the attempt has returned.
  virtual void cancel() = 0;

  // What tells one upstream from another of the same address, once known: `<its system's id>/<its name>`, where the id may
  // be empty because we are not allowed to ask for it. Empty: it has no identity.
  // Called on the loop thread between attempts.
  virtual std::string identity() const { return {}; }
};

}  // namespace gateway
