// object_store.upload: the published file, put into an object store as a whole. A source like others, so that its failures, its pace
// and its outages are treated and shown like theirs; but nothing is learnt from it but that it worked.
#pragma once

#include <filesystem>

#include "ask/object_store.hpp"
#include "ask/upstream.hpp"

namespace gateway {

// The one source of the upstream object_store.
Source upload_source();

// Reads, compresses and sends the published file in the thread of the attempt.
class Upload : public Upstream {
 public:
  Upload(const ObjectStoreSettings& settings, const std::string& ca_file, std::filesystem::path published);

  std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline& deadline) override;
  void cancel() override { store_.cancel(); }

 private:
  Result<Batch> send(const Deadline& deadline, Timing& timing);

  ObjectAddress address_;
  std::filesystem::path published_;
  ObjectStore store_;
};

}  // namespace gateway
