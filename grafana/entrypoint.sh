#!/bin/sh
# Before the image's own start script: the administrator as .env names it, a key of this start only, and a cache to read.
# Grafana takes the administrator from the environment only when it makes its database. Its data directory is a tmpfs, so
# it makes one at every start, and a changed name or password counts from then on. Nothing worth keeping lives in it.
set -eu

fail() {
    echo "grafana: $1" >&2
    exit 1
}

if [ -n "${GRAFANA_ADMIN_PASSWORD_FILE:-}" ]; then
    [ -z "${GRAFANA_ADMIN_PASSWORD:-}" ] || fail "set either GRAFANA_ADMIN_PASSWORD or GRAFANA_ADMIN_PASSWORD_FILE, not both"
    [ -r "$GRAFANA_ADMIN_PASSWORD_FILE" ] || fail "GRAFANA_ADMIN_PASSWORD_FILE=$GRAFANA_ADMIN_PASSWORD_FILE: name a file that uid $(id -u) can read"
    GRAFANA_ADMIN_PASSWORD=$(cat "$GRAFANA_ADMIN_PASSWORD_FILE")
fi
export GF_SECURITY_ADMIN_USER="${GRAFANA_ADMIN_USER:-admin}"
export GF_SECURITY_ADMIN_PASSWORD="${GRAFANA_ADMIN_PASSWORD:-admin}"
unset GRAFANA_ADMIN_USER GRAFANA_ADMIN_PASSWORD GRAFANA_ADMIN_PASSWORD_FILE
# The well-known password may guard a port that only this host can reach, and no other.
if [ "$GF_SECURITY_ADMIN_PASSWORD" = admin ]; then
    case ${GRAFANA_BIND:-127.0.0.1} in
    127.* | ::1 | '[::1]' | localhost) echo "grafana: the administrator's password is the well-known default; set GRAFANA_ADMIN_PASSWORD" >&2 ;;
    *) fail "GRAFANA_BIND=$GRAFANA_BIND opens this Grafana to the network with the password admin; set GRAFANA_ADMIN_PASSWORD" ;;
    esac
fi
# Requests for another host name than this one are redirected: a page elsewhere cannot rebind its own name to this address.
if [ -n "${GRAFANA_DOMAIN:-}" ]; then
    export GF_SERVER_DOMAIN="$GRAFANA_DOMAIN" GF_SERVER_ENFORCE_DOMAIN=true
fi
# Behind a proxy that speaks TLS: cookies must not travel without it.
if [ "${GRAFANA_HTTPS:-false}" = true ]; then
    [ -n "${GRAFANA_DOMAIN:-}" ] || fail "GRAFANA_HTTPS=true: set GRAFANA_DOMAIN, too"
    export GF_SERVER_ROOT_URL="https://$GRAFANA_DOMAIN/" GF_SECURITY_COOKIE_SECURE=true
fi
unset GRAFANA_BIND GRAFANA_DOMAIN GRAFANA_HTTPS

# Signs and encrypts what is in the database, and lives as long: the published default of Grafana would be no secret.
GF_SECURITY_SECRET_KEY=$(head -c 32 /dev/urandom | base64 | tr -d '\n')
export GF_SECURITY_SECRET_KEY

# The first snapshot comes within seconds of the gateway's start. A gateway that cannot start must not keep the last
# snapshot from being seen, so this waits for the file and not for the gateway, and not for ever.
cache=/cache/cache.db
waited=0
# A power cut can leave an empty file until the gateway has published again; to SQLite that is a database without tables.
has_tables() { [ "$(head -c 15 "$cache" 2>/dev/null | tr -d '\0')" = "SQLite format 3" ]; }
while ! has_tables && [ "$waited" -lt 30 ]; do
    sleep 1
    waited=$((waited + 1))
done
has_tables || echo "grafana: $cache holds no snapshot: every panel shows an error until the gateway publishes it" >&2

exec /run.sh "$@"
