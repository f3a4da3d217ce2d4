"""A cycle of the gateway against a floor, side by side over the same seconds: the statements the gateway sends, taken from PostgreSQL's own
log, and the URLs it asks for, fetched and written into SQLite by the smallest program that can (floor.cpp). A copy of the file a cycle on both
sides: the gateway publishes because queues change with every poll of the broker."""
import json, os, re, subprocess, threading, time

from world import PASSWORD, Process, cached, filled, wait_for

SIZES = {"smoke": [(5, 2, 1000, 10)], "full": [(20, 5, 100_000, 60), (10_000, 200, 100_000, 90)]}
OVERVIEW = "/api/overview?columns=object_totals.queues,disable_stats,rates_mode"


def statements_of_a_cycle(log):
    """Between one probe and the next: [{sql, parameters, simple}]; simple: sent without parameters, maybe several in one."""
    entries, current = [], None  # current: none while the log tells of a parse or a bind
    for line in log.read_text(errors="replace").splitlines():
        if re.match(r"\d{4}-\d\d-\d\d .*? LOG:  ", line):
            current = None
            if started := re.search(r"LOG:  duration: [\d.]+ ms  (statement|execute [^:]*): (.*)", line):
                current = {"sql": started[2], "parameters": [], "simple": started[1] == "statement"}
                entries.append(current)
        elif current and (detail := re.search(r"DETAIL:  parameters: (.*)", line)):
            found = re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", detail[1])
            current["parameters"] = [None if value == "NULL" else value[1:-1].replace("''", "'") for value in found]
        elif current and line.startswith("\t"):
            current["sql"] += "\n" + line[1:]
    probes = [n for n, entry in enumerate(entries) if entry["sql"].endswith("AS one")]
    return entries[probes[-2]:probes[-1]] if len(probes) > 1 else []


def listing(world):
    """The gateway's own words for the listing, so that both fetch the same bytes."""
    source = (world.build.parent / "gateway/datasets/queue_listing.cpp").read_text()
    columns = [re.search(rf"const std::string {name} =([^;]*);", source)[1] for name in ("common", "statistical")]
    return "/api/queues?columns=" + "".join(re.findall(r'"([^"]*)"', "".join(columns)))


def learn(world, cache, postgres, rabbitmq):
    world.sql("ALTER ROLE grafana_monitor SET log_min_duration_statement = 0")
    gateway = world.gateway(cache, postgres=postgres, rabbitmq=rabbitmq, POSTGRES_INTERVAL="500ms")
    filled(cache)
    wait_for(lambda: statements_of_a_cycle(world.postgres_log), "two cycles in PostgreSQL's log")
    time.sleep(3)
    gateway.end()
    world.sql("ALTER ROLE grafana_monitor RESET log_min_duration_statement")
    return statements_of_a_cycle(world.postgres_log)


def one(world, queues, busy, rows, seconds):
    postgres, rabbitmq = world.postgres(rows), world.rabbitmq(queues, busy)
    cache = world.dir / "cache" / "cache.db"
    statements = world.dir / "statements.json"
    statements.write_text(json.dumps(learn(world, cache, postgres, rabbitmq)))
    base = f"http://127.0.0.1:{rabbitmq}"
    pause = 5  # the broker's figures change every five seconds
    gateway = world.gateway(cache, postgres=postgres, rabbitmq=rabbitmq, POSTGRES_INTERVAL=f"{pause}s", RABBITMQ_INTERVAL=f"{pause}s")
    floor = Process(world, world.build / "tests/benchmark/bench-floor",
                    f"host=127.0.0.1 port={postgres} dbname=ytrader user=grafana_monitor password={PASSWORD}", statements,
                    base + OVERVIEW, base + listing(world), base + OVERVIEW, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                    output=f"{world.dir}/floor.log", env={**os.environ, "FLOOR_USER": f"monitor:{PASSWORD}", "FLOOR_FILE": f"{world.dir}/floor.db"})

    def cycle():
        floor.popen.stdin.write("go\n")
        floor.popen.stdin.flush()
        if not floor.popen.stdout.readline():
            raise RuntimeError((world.dir / "floor.log").read_text())

    cycle()
    filled(cache)
    time.sleep(pause)
    began, before, at = time.time(), (gateway.cpu_s(), floor.cpu_s()), cached(cache, "SELECT publish_count FROM gateway")
    cycles = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        next_at = time.monotonic() + pause
        cycle()
        cycles += 1
        time.sleep(max(0, next_at - time.monotonic()))
    published = int(cached(cache, "SELECT publish_count FROM gateway")) - int(at)
    ours, theirs = gateway.cpu_s() - before[0], floor.cpu_s() - before[1]
    time.sleep(pause + 1)  # what was attempted last is in the file
    polls = int(cached(cache, f"SELECT count(*) FROM source_attempt WHERE source = 'rabbitmq.queues' AND time BETWEEN {began} AND {began + seconds}"))
    return {"queues": queues, "busy": busy, "rows": rows, "cycles": cycles, "polls": polls, "statements": len(json.loads(statements.read_text())),
            "publishes": published, "gateway_ms": ours * 1000 / max(polls, 1),
            "floor_ms": theirs * 1000 / cycles, "ratio": ours / max(polls, 1) / (theirs / cycles),
            "file_mb": cache.stat().st_size / 1e6, "floor_file_mb": os.path.getsize(f"{world.dir}/floor.db") / 1e6}


def measure(new_world, size):
    results = []
    for numbers in SIZES[size]:
        with new_world() as world:
            results.append(one(world, *numbers))
    return results


def report(results):
    yield "| queues (busy), rows a table | gateway, CPU ms a cycle | floor | ratio | cycles, publishes | file, MB (floor's) |"
    yield "|---|---|---|---|---|---|"
    for r in results:
        yield (f"| {r['queues']:,} ({r['busy']}), {r['rows']:,} | {r['gateway_ms']:.1f} | {r['floor_ms']:.1f} | {r['ratio']:.2f} | "
               f"{r['polls']}, {r['publishes']} | {r['file_mb']:.1f} ({r['floor_file_mb']:.1f}) |")
