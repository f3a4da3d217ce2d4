# The demo's processes: how each is started, stopped and recognised. Every one of them leads a session of its own and
# has a process id in a file, because `demo stop` and `demo start` come from another terminal than `demo up`.
# Sourced by the script beside it, never run.

services=(market ws-gateway model-service order-manager position-manager feature-service)
upstreams=(postgres rabbitmq "${services[@]}" gateway)

monitor_password=monitor-demo

# The name of the port variable of a service: ws-gateway -> WS_GATEWAY_PORT.
port_name() {
    local name=${1^^}
    echo "${name//-/_}_PORT"
}

# Ports are looked for from 4740 on, far from those of the machine's own servers, and kept in a file for the other
# commands and for people with curl.
choose_ports() {
    local port=${DEMO_PORT_BASE:-4740} name
    for name in POSTGRES_PORT RABBITMQ_PORT RABBITMQ_MANAGEMENT_PORT WS_GATEWAY_PORT MODEL_SERVICE_PORT \
        ORDER_MANAGER_PORT POSITION_MANAGER_PORT FEATURE_SERVICE_PORT MARKET_PORT GATEWAY_PORT; do
        while port_is_taken "$port"; do port=$((port + 1)); done
        echo "$name=$port"
        port=$((port + 1))
    done >"$demo_dir/ports"
    load_ports
}

load_ports() {
    # shellcheck source=/dev/null
    . "$demo_dir/ports"
}

# What gateway and services are told. Nothing of the caller's environment goes along: a POSTGRES_HOST from another
# project must not turn a demo into an attack on it.
demo_environment() {
    local local_host=127.0.0.1
    # shellcheck disable=SC2153 # the ports come from the file of choose_ports
    environment=(env -i "PATH=$PATH" "HOME=${HOME:-/}" "LANG=C.UTF-8" "TERM=${TERM:-dumb}"
        "CACHE_GATEWAY_DEMO=$demo_dir"
        "POSTGRES_HOST=$local_host" "POSTGRES_PORT=$POSTGRES_PORT" POSTGRES_DB=ytrader
        GRAFANA_POSTGRES_USER=grafana_monitor "GRAFANA_POSTGRES_PASSWORD=$monitor_password"
        "RABBITMQ_HOST=$local_host" "RABBITMQ_MANAGEMENT_PORT=$RABBITMQ_MANAGEMENT_PORT"
        RABBITMQ_MANAGEMENT_USER=monitor "RABBITMQ_MANAGEMENT_PASSWORD=$monitor_password"
        "WS_GATEWAY_URL=http://$local_host:$WS_GATEWAY_PORT"
        "MODEL_SERVICE_URL=http://$local_host:$MODEL_SERVICE_PORT"
        "ORDER_MANAGER_URL=http://$local_host:$ORDER_MANAGER_PORT"
        "POSITION_MANAGER_URL=http://$local_host:$POSITION_MANAGER_PORT"
        "FEATURE_SERVICE_URL=http://$local_host:$FEATURE_SERVICE_PORT"
        WS_GATEWAY_API_KEY=demo-ws-gateway-key MODEL_SERVICE_API_KEY=demo-model-service-key
        ORDERMANAGER_API_KEY=demo-order-manager-key POSITION_MANAGER_API_KEY=demo-position-manager-key
        FEATURE_SERVICE_API_KEY=demo-feature-service-key
        TRADING_STRATEGIES=momentum_v1,meanrev_v2 BYBIT_ENVIRONMENT=testnet
        "DATASETS_DIR=$root/gateway/datasets/examples"
        "CACHE_PATH=$cache" "GATEWAY_LISTEN=$local_host:$GATEWAY_PORT"
        POSTGRES_INTERVAL=2s RABBITMQ_INTERVAL=5s SERVICES_INTERVAL=2s BACKOFF_CAP=10s)
}

# A process id from its file, if that process is alive and was started by a demo in this directory: the kernel uses
# ids again, and a stale file must not get a stranger killed.
process_of() {
    local pid
    pid=$(cat "$demo_dir/run/$1.pid" 2>/dev/null) || return 1
    process_is_alive "$pid" && grep -qzxF "CACHE_GATEWAY_DEMO=$demo_dir" "/proc/$pid/environ" 2>/dev/null && echo "$pid"
}

is_running() {
    case $1 in
    postgres | rabbitmq) "$upstreams_scripts/$1" pid "$demo_dir" >/dev/null 2>&1 ;;
    *) process_of "$1" >/dev/null ;;
    esac
}

# The lock's descriptor must not live on in a daemon, or a killed demo would seem to run for ever.
launch() {
    local name=$1
    shift
    local -a environment
    demo_environment
    "${environment[@]}" setsid "$@" </dev/null >>"$demo_dir/$name.log" 2>&1 9>&- &
    echo $! >"$demo_dir/run/$name.pid"
}

launch_service() {
    local name=$1 port_variable tenths=300
    port_variable=$(port_name "$name")
    # Now and then what real services do unnoticed, each at a pace of its own.
    local quirks=0
    case $name in
    ws-gateway) quirks=300 ;;
    position-manager) quirks=210 ;;
    esac
    launch "$name" "$trading_system" "$name" --http-port "${!port_variable}" --amqp-port "$RABBITMQ_PORT" \
        --market-port "$MARKET_PORT" --quirk-every "$quirks"
    while ! port_is_taken "${!port_variable}"; do
        tenths=$((tenths - 1))
        if [ "$tenths" -eq 0 ] || ! process_of "$name" >/dev/null; then
            fail "$name did not start: $(tail -n 3 "$demo_dir/$name.log")"
        fi
        sleep 0.1
    done
}

# As an operator does who adds a dataset: the files say what the role must be granted.
grant_datasets() {
    local -a environment
    demo_environment
    "${environment[@]}" "$gateway" grants | "$upstreams_scripts/postgres" admin "$demo_dir" -q -v ON_ERROR_STOP=1 >/dev/null 9>&-
}

launch_gateway() {
    if is_running postgres; then grant_datasets; fi
    launch gateway "$gateway" run
    sleep 0.3
    process_of gateway >/dev/null || fail "the gateway did not start: $(tail -n 5 "$demo_dir/gateway.log")"
}

start_one() {
    export DEMO_MONITOR_PASSWORD=$monitor_password
    case $1 in
    postgres) "$upstreams_scripts/postgres" start "$demo_dir" "$POSTGRES_PORT" >/dev/null 9>&- ;;
    rabbitmq) "$upstreams_scripts/rabbitmq" start "$demo_dir" "$RABBITMQ_PORT" "$RABBITMQ_MANAGEMENT_PORT" 9>&- ;;
    gateway) launch_gateway ;;
    *) launch_service "$1" ;;
    esac
}

stop_one() {
    local pid
    case $1 in
    postgres) "$upstreams_scripts/postgres" stop "$demo_dir" ;;
    rabbitmq) "$upstreams_scripts/rabbitmq" stop "$demo_dir" ;;
    *)
        if pid=$(process_of "$1"); then
            kill -CONT "$pid" 2>/dev/null || true
            kill -TERM "$pid" 2>/dev/null || true
            if ! wait_until_gone "$pid" 60; then
                printf 'demo: %s did not end in 6 s, killed\n' "$1" >&2
                kill -KILL "$pid" 2>/dev/null || true
                wait_until_gone "$pid" 20 || true
            fi
        fi
        rm -f -- "$demo_dir/run/$1.pid"
        ;;
    esac
}

# The gateway first, so that the end of a demo does not end up in its cache as an outage of everything.
stop_all() {
    local name
    local -a stopping=()
    stop_one gateway
    for name in "${services[@]}" postgres rabbitmq; do
        stop_one "$name" &
        stopping+=($!)
    done
    wait "${stopping[@]}" || true
}
