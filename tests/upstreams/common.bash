# What both private servers share: dropping root, because PostgreSQL refuses to run as root and nothing here needs
# it; checking that the other user reaches the directory at all, because a 0700 parent otherwise ends in a riddle
# from initdb; and asking the kernel, not a tool that may be missing, which processes and ports there are.
# Sourced by the scripts beside it, never run.

# Says what is wrong and how to put it right, and ends the script.
fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

# The directory's absolute name; made if it is not there. Servers are told absolute names because they leave the
# directory they were started in.
prepare_directory() {
    mkdir -p -- "$1" || fail "cannot make $1"
    (cd -- "$1" && pwd -P)
}

# Sets `identity`, the words to put before a command to run it as the package's own user when we are root, and none
# otherwise. An array and no function, because a function in the background leaves a shell between us and the command.
identity_of() {
    identity=()
    if [ "$(id -u)" -eq 0 ]; then
        identity=(setpriv --reuid="$1" --regid="$(id -gn "$1")" --init-groups --)
    fi
}

as() {
    local identity
    identity_of "$1"
    shift
    "${identity[@]}" "$@"
}

# Gives USER its own subdirectory; everything else below the directory keeps its owner.
own_directory() {
    local user=$1 directory=$2
    mkdir -p -- "$directory"
    if [ "$(id -u)" -eq 0 ]; then
        id -u "$user" >/dev/null 2>&1 || fail "there is no user '$user': is the server's package installed?"
        chown "$user:" -- "$directory"
        as "$user" test -w "$directory" -a -x "$directory" ||
            fail "user '$user' cannot enter $directory: a parent directory is closed to others.
Remedy: use a directory below /tmp or /var/tmp, or chmod o+x every parent (namei -l $directory shows which),
or run this as an ordinary user."
    fi
    chmod 700 -- "$directory"
}

# A log must exist and belong to the server's user before it is handed over; DIR itself stays ours.
own_file() {
    local user=$1 file=$2
    : >>"$file"
    if [ "$(id -u)" -eq 0 ]; then chown "$user:" -- "$file"; fi
}

# Whether anything listens on a TCP port. Read from the kernel: trying to bind or connect would disturb a listener.
port_is_taken() {
    local hexadecimal
    printf -v hexadecimal '%04X' "$1"
    grep -Eq "^ *[0-9]+: [0-9A-F]+:$hexadecimal [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# A port nobody listens on, below the range the kernel hands out to outgoing connections.
free_port() {
    local port
    for _ in {1..200}; do
        port=$((20000 + RANDOM % 12000))
        if ! port_is_taken "$port"; then
            echo "$port"
            return
        fi
    done
    fail "no free TCP port found between 20000 and 32000"
}

# Whether a process is alive and no zombie: a killed child of a parent that does not wait must count as gone.
process_is_alive() {
    local state
    [ -n "${1:-}" ] || return 1
    state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 1
    [ -n "$state" ] && [ "$state" != Z ]
}

# Waits until a process is gone; false if it is still there after so many tenths of a second.
wait_until_gone() {
    local pid=$1 tenths=$2
    while process_is_alive "$pid"; do
        [ "$tenths" -gt 0 ] || return 1
        tenths=$((tenths - 1))
        sleep 0.1
    done
}
