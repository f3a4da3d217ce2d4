"""PostgreSQL's own time a cycle, by its own statistics (postgres-cycle), against the plain aggregates that a dashboard would ask for."""
import os, re

from world import ROOT, run

SIZES = {"smoke": ([1000, 2000], 3), "full": ([100_000, 1_000_000], 20), "large": ([1_000_000, 10_000_000], 20)}
PLAIN = ["SELECT status, count(*) FROM orders GROUP BY status",
         "SELECT date_trunc('hour', timestamp), strategy_id, count(*) FROM trading_signals WHERE timestamp > now() - interval '7 days' GROUP BY 1, 2",
         "SELECT strategy_id, avg((performance->>'realized_pnl')::float) FROM execution_events GROUP BY strategy_id",
         "SELECT * FROM orders ORDER BY created_at DESC LIMIT 100", "SELECT * FROM trading_signals ORDER BY timestamp DESC LIMIT 100"]


def plain_ms(world):
    done = run(ROOT / "tests/upstreams/postgres", "admin", world.dir / "pg", "-qAt", "-o", "/dev/null", input="\\timing on\n" + ";\n".join(PLAIN) + ";\n")
    return sum(float(ms) for ms in re.findall(r"Time: ([\d.]+) ms", done))


def measure(new_world, size):
    rows, seconds = SIZES[size]
    with new_world() as world:
        text = run(ROOT / "tests/benchmark/postgres-cycle", world.build / "cache-gateway",
                   env={**os.environ, "BENCH_SIZES": " ".join(map(str, rows)), "BENCH_SECONDS": str(seconds)})
    plain = {}
    for n in rows:
        with new_world() as world:
            world.postgres(n)
            plain[n] = min(plain_ms(world) for _ in range(3))
    found = [line.split() for line in text.splitlines() if re.match(r"\s*\d", line)]
    return [{"rows": int(f[0]), "cycles": int(f[1]), "ms": float(f[2]), "chunks": int(f[3]), "slowest_ms": float(f[4]), "plain_ms": plain[int(f[0])]}
            for f in found]


def report(results):
    yield "| rows in each big table | ms in PostgreSQL a cycle | first fill, chunks | slowest statement, ms | five plain questions, ms | ratio |"
    yield "|---|---|---|---|---|---|"
    for r in results:
        yield f"| {r['rows']:,} | {r['ms']:.2f} | {r['chunks']} | {r['slowest_ms']:.0f} | {r['plain_ms']:.1f} | {r['ms'] / r['plain_ms']:.3f} |"
