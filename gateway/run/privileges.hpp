// What this process gives up before it reads a secret.
#pragma once

namespace gateway {

// No core file and no debugger of the same user can copy the process's memory, which holds passwords and keys; no program
// that it could ever execute gains privileges. Threads made later inherit it. Where the kernel refuses, nothing happens:
// the process is then as exposed as any other.
void give_up_privileges();

}  // namespace gateway
