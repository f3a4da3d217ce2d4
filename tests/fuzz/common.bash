# What run, coverage and planted share: where things are, and how a build directory for fuzzing is made.
# shellcheck shell=bash
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd -- "$here/../.." && pwd -P)
jobs=${JOBS:-$(nproc)}

fail() {
    echo "$*" >&2
    exit 1
}

# build DIRECTORY TARGET [CMake options]. FUZZ_SOURCE: another tree than this one.
build() {
    local directory=$1 target=$2 log
    shift 2
    command -v clang++-19 >/dev/null || fail "clang++-19 is missing. Remedy: apt-get install clang-19 libclang-rt-19-dev llvm-19"
    mkdir -p "$directory"
    log=$directory/build.log
    {
        cmake -G Ninja -S "${FUZZ_SOURCE:-$root}" -B "$directory" -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE= -DFUZZ=ON "$@" &&
            cmake --build "$directory" --parallel "$jobs" --target "$target"
    } >"$log" 2>&1 || fail "the build failed: $(tail -n 30 "$log")"
    binaries=$(dirname -- "$(find "$directory" -name 'fuzz-*' -type f -executable | head -n 1)")
}

# The words of JSON that sources look for; only where there is JSON.
dictionary() {
    case $1 in http | json | store) echo "-dict=$here/json.dict" ;; esac
}
