// The steps of a publish, on an open directory under its lock. All block on the file system, and only save() on the disk.
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

// Gives a closed copy the published name, after cheap checks: its mode set, strays of the old file unlinked, and the two files
// exchanged, the old one then unlinked. Nothing is synced, and an exchange makes no file system sync: where the next publish
// comes before the kernel writes back, the disk never sees this one. A reader sees the old file or the new one, whole.
// `last`: the file shown before, still open; what else stands there is kept under another name. Empty: whatever is there.
std::expected<Shown, std::string> show(const Directory& directory, const std::string& name, const Descriptor& next, const Descriptor& last,
                                       mode_t mode);

// Gives the shown file the second name NAME.saved, with content and name safely on the disk. nullopt: saved.
std::optional<std::string> save(const Directory& directory, const std::string& name, const Descriptor& file);

}  // namespace gateway
