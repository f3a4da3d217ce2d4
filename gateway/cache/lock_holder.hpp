// Who holds a lock.
#pragma once

#include <string>

#include "cache/private_file.hpp"

namespace gateway {

// The process that holds an flock on the open file: as the kernel says, with pid, uid and command; where the kernel does not
// say (another container, a hidden /proc), what the file says of itself, marked as such. One printable line.
std::string holder_of_lock(const Descriptor& file);

}  // namespace gateway
