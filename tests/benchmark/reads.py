"""Every dashboard's questions, a page at a time, each with the file opened anew as Grafana's plugin does, while the gateway publishes at full
pace; and the same of three pages put to PostgreSQL and RabbitMQ instead, over one connection that is open already."""
import json, re, time

from world import ROOT, cached, filled, run

SIZES = {"smoke": ((5, 2, 1000), [1, 2], 2), "full": ((10_000, 200, 1_000_000), [1, 10, 100], 20)}
DIRECT = {
    "orders": ["SELECT * FROM orders ORDER BY created_at DESC LIMIT 500", "SELECT status, count(*) FROM orders GROUP BY status",
               "SELECT date_trunc('hour', created_at) AS hour, status, count(*) FROM orders WHERE created_at > now() - interval '14 days' GROUP BY 1, 2",
               "SELECT avg(executed_at - created_at) FROM orders WHERE status = 'filled'"],
    "signals": ["SELECT * FROM trading_signals ORDER BY timestamp DESC LIMIT 500",
                "SELECT strategy_id, side, count(*), avg(confidence) FROM trading_signals GROUP BY 1, 2",
                "SELECT count(*) FROM trading_signals s WHERE NOT EXISTS (SELECT FROM orders o WHERE o.signal_id = s.signal_id)"],
    "queues": ["/api/overview", "/api/queues"]}


def direct_ms(world, port, questions):
    """All questions of a page, once."""
    if questions[0].startswith("/"):
        return sum(float(run("curl", "-sf", "-o", "/dev/null", "-w", "%{time_total}", "-u", "monitor:monitor-demo", f"http://127.0.0.1:{port}{q}"))
                   for q in questions) * 1000
    done = run(ROOT / "tests/upstreams/postgres", "admin", world.dir / "pg", "-qAt", "-o", "/dev/null", input="\\timing on\n" + ";\n".join(questions) + ";\n")
    return sum(float(ms) for ms in re.findall(r"Time: ([\d.]+) ms", done))


def measure(new_world, size):
    (queues, busy, rows), viewers, seconds = SIZES[size]
    with new_world() as world:
        postgres, rabbitmq = world.postgres(rows), world.rabbitmq(queues, busy)
        cache = world.dir / "cache" / "cache.db"
        world.gateway(cache, postgres=postgres, rabbitmq=rabbitmq, POSTGRES_INTERVAL="1s", RABBITMQ_INTERVAL="5s")
        filled(cache)
        time.sleep(5)
        pages = {n: json.loads(run(world.build / "tests/benchmark/bench-pages", cache, n, seconds)) for n in viewers}
        direct = {}
        for page, questions in DIRECT.items():
            times = sorted(direct_ms(world, rabbitmq, questions) for _ in range(3 if size == "smoke" else 20))
            direct[page] = {"p50_ms": times[len(times) // 2], "p99_ms": times[int(0.99 * (len(times) - 1))], "questions": len(questions)}
        return {"queues": queues, "rows": rows, "file_mb": cache.stat().st_size / 1e6, "pages": pages, "direct": direct}


def report(r):
    counts = list(r["pages"])
    yield f"{r['rows']:,} rows a table, {r['queues']:,} queues, file of {r['file_mb']:.1f} MB. Milliseconds for all questions of a page, p50 / p99."
    yield ""
    yield "| page | questions | " + " | ".join(f"{n} viewers" for n in counts) + " | put to the upstreams (questions) | p99, times faster |"
    yield "|---|---|" + "---|" * len(counts) + "---|---|"
    for page, first in r["pages"][counts[0]].items():
        cells = [f"{p['p50_ms']:.1f} / {p['p99_ms']:.1f}" if (p := r["pages"][n].get(page)) else "" for n in counts]
        plain = r["direct"].get(page)
        yield (f"| {page} | {first['questions']} | " + " | ".join(cells) + " | " +
               (f"{plain['p50_ms']:.0f} / {plain['p99_ms']:.0f} ({plain['questions']}) | {plain['p99_ms'] / first['p99_ms']:.1f} |" if plain else " | |"))
