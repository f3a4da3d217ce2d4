// Keeps a copy of what a gateway elsewhere publishes: fetched from an object store when it has changed, checked, and exchanged with the
// file that readers see as a publish is. Whatever goes wrong, the last good file stays, and says why nothing newer comes.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "ask/object_store.hpp"
#include "cache/lock.hpp"
#include "publish/publisher.hpp"
#include "replica/received.hpp"

namespace gateway {

// What is known of one of the objects that FOLLOW names.
struct OriginState {
  std::string origin;
  bool asked = false;                        // in this round
  std::optional<Error> error;                // of the last look at it
  std::optional<std::int64_t> good_at;       // when a look last ended without one
  std::optional<std::int64_t> published_at;  // of the cache that was fetched from it last
};

// What one look at the store came to.
struct FollowRound {
  bool shown = false;                        // readers see a newer publish
  std::optional<Error> error;                // why not, unless there was none
  std::optional<std::string> switched_from;  // the origin that was followed before
  std::string origin;                        // that is followed now
  std::vector<OriginState> origins;          // all of them
};

// Used by one thread at a time, but for cancel().
class Follower {
 public:
  // With several origins one is followed. When it has brought nothing for this many of its upload intervals and a look more, the others
  // are asked as well, and the one that has a newer publish is followed from then on: no origin is returned to for its own sake.
  static constexpr double patience = 1.5;

  Follower(const ObjectStoreSettings& settings, const std::string& ca_file, PublishedFile file, Lock& lock);

  // Goes on from the copy that is here. The error: what is here is no copy, and would be lost.
  std::expected<void, std::string> begin();
  // Blocks for no longer than OBJECT_STORE_TIMEOUT for each origin that is asked.
  FollowRound poll();
  void cancel() { store_.cancel(); }

 private:
  struct Origin {
    ObjectAddress address;
    std::string etag;              // of what came last
    std::optional<Error> refused;  // what is wrong with it
    OriginState state;
  };
  enum class Fetched { newer, nothing_new };

  Result<Fetched> look_at(Origin& origin, bool followed);
  Result<Fetched> fetch(Origin& origin, bool followed);
  Result<Fetched> take(Origin& origin, const std::string& body, bool followed);
  std::expected<Directory, std::string> directory();
  std::optional<std::string> show_next(const Directory& directory, Descriptor next, const CopyMark& mark);
  std::optional<std::string> why_nothing_newer() const;
  void note_error(const std::optional<std::string>& text);
  bool looks_elsewhere() const;
  void note_pace();

  const ObjectStoreSettings& settings_;
  const PublishedFile file_;
  const std::string name_;
  Lock& lock_;
  ObjectStore store_;
  std::vector<Origin> origins_;
  std::size_t followed_ = 0;
  Descriptor shown_;
  std::optional<CopyMark> mark_;                     // of the file that is shown
  Publish publish_;                                  // likewise
  std::chrono::duration<double> upload_interval_{};  // of the gateway that published it
  Clock::time_point news_at_ = Clock::now();         // when the origin that is followed brought something newer
};

}  // namespace gateway
