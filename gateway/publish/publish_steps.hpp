// The steps of a publish, on an open directory under its lock. All block on the file system; only save() waits for the disk.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "cache/private_file.hpp"

namespace gateway {

// An empty file NAME.next to copy into, for its Descriptor::path(). What a killed process has left under that name may be what
// readers have open: it is unlinked and never written to.
std::expected<Descriptor, std::string> create_next(const Directory& directory, const std::string& name);
void remove_next(const Directory& directory, const std::string& name);

struct Shown {
  bool exchanged = true;  // false: the file system cannot, and the name was taken over by a rename
  std::string displaced;  // the new name of what stood there and was not published by us; empty: nothing
};

// Publishes a closed copy: checks it, sets its mode, removes stray files of the old one, exchanges the two files and unlinks the
// old one. Nothing is synced, and an exchange triggers no sync in the file system: if the next publish
// comes before the kernel writes back, this one never reaches the disk. A reader sees the complete old or new file.
// `last`: the previously published file, still open; any other file in its place is kept under another name. Empty: any file.
std::expected<Shown, std::string> show(const Directory& directory, const std::string& name, const Descriptor& next, const Descriptor& last,
                                       mode_t mode);

// Gives the published file the second name NAME.saved, with content and name synced to disk. nullopt: saved.
std::optional<std::string> save(const Directory& directory, const std::string& name, const Descriptor& file);

}  // namespace gateway
