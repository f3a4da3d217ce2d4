# `demo check`: looks at the cache file as a dashboard would, and says of every view and every source whether it is as
# it should be on a living demo. Sourced by the script beside it, never run.

# Views that may be empty while all is well, and so may their trends; all others of the file have rows.
may_be_empty=(service_error ws_transition outage outage_period problem dataset_build failed_builds explained_silence training_probable)

# immutable=1 because the file is replaced as a whole and never written in place: without it SQLite would look for
# journals that a reader of a read-only directory may not open.
query() {
    sqlite3 -readonly -batch -noheader -separator $'\t' "file:$cache?mode=ro&immutable=1" "$1" 2>&1
}

check_views() {
    local view views count verdict well=0
    views=$(query "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name") && [ -n "$views" ] || { views= well=1; }
    printf '%-22s %8s  %s\n' VIEW ROWS VERDICT
    for view in $views; do
        verdict=ok
        if ! count=$(query "SELECT count(*) FROM $view"); then
            verdict="error: ${count%%$'\n'*}"
            count=-
            well=1
        elif [ "$count" = 0 ]; then
            if [[ " ${may_be_empty[*]} " == *" ${view%_trend} "* ]]; then
                verdict='ok, may be empty'
            else
                verdict=EMPTY
                well=1
            fi
        fi
        printf '%-22s %8s  %s\n' "$view" "$count" "$verdict"
    done
    return "$well"
}

check_sources() {
    local rows source freshness age error verdict well=0
    printf '\n%-28s %-9s %7s  %s\n' SOURCE FRESHNESS AGE_S VERDICT
    if ! rows=$(query "SELECT source, freshness, coalesce(round(age_s, 1), '-'), coalesce(error, '') FROM source_status
                       ORDER BY source"); then
        printf '%s\n' "${rows%%$'\n'*}"
        return 1
    fi
    if [ -z "$rows" ]; then
        echo 'no source at all'
        return 1
    fi
    while IFS=$'\t' read -r source freshness age error; do
        verdict=ok
        case $freshness in
        fresh | off | missing) ;;
        *)
            verdict="NOT FRESH ${error:+($error)}"
            well=1
            ;;
        esac
        printf '%-28s %-9s %7s  %s\n' "$source" "$freshness" "$age" "$verdict"
    done <<<"$rows"
    return "$well"
}

# Tries again for so many seconds: a training or a reconnect makes a source stale for a moment, and that is as it
# should be.
check() {
    local patience=$1 report well
    [ -e "$cache" ] || fail "there is no cache file $cache. Remedy: demo up"
    local end=$((SECONDS + patience))
    while :; do
        well=0
        report=$(
            bad=0
            check_views || bad=1
            check_sources || bad=1
            exit "$bad"
        ) || well=1
        if [ "$well" -eq 0 ] || [ "$SECONDS" -ge "$end" ]; then break; fi
        sleep 2
    done
    printf '%s\n' "$report"
    return "$well"
}
