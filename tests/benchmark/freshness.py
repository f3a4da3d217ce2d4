"""From commit in PostgreSQL to visible in the file, default settings but for a shorter interval, so that 200 commits take minutes: what comes
on top of the interval is what is measured."""
import random, sqlite3, subprocess, time

from world import filled, run

SIZES = {"smoke": (5, 1000, 5), "full": (20, 100_000, 200)}


def visible(cache, signal):
    try:
        with sqlite3.connect(f"file:{cache}?immutable=1", uri=True) as file:
            return file.execute("SELECT max(price) FROM recent_signals WHERE strategy_id = 'bench'").fetchone()[0] == signal
    except sqlite3.Error:
        return False


def measure(new_world, size):
    queues, rows, commits = SIZES[size]
    interval = 1.0
    with new_world() as world:
        postgres, rabbitmq = world.postgres(rows), world.rabbitmq(queues, 2)
        cache = world.dir / "cache" / "cache.db"
        world.gateway(cache, postgres=postgres, rabbitmq=rabbitmq, POSTGRES_INTERVAL="1s")
        filled(cache)
        times = []
        psql = subprocess.Popen(["psql", "-qAtX", "-h", world.postgres_sockets, "-p", str(postgres), "-U", "postgres", "ytrader"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        world.defer(psql.terminate)
        for n in range(1, commits + 1):
            psql.stdin.write("INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, model_version) "
                             f"VALUES (gen_random_uuid(), 'bench', 'BTCUSDT', 'buy', {n}, 0.5, now(), 'v1');\nSELECT 1;\n")
            psql.stdin.flush()
            psql.stdout.readline()
            committed = time.monotonic()
            while not visible(cache, n):
                if time.monotonic() - committed > 60:
                    raise RuntimeError(f"signal {n} did not become visible")
                time.sleep(0.005)
            times.append(time.monotonic() - committed)
            time.sleep(random.uniform(0, interval))
    times.sort()
    return {"commits": commits, "interval_s": interval, "p50_s": times[len(times) // 2], "p99_s": times[int(0.99 * (len(times) - 1))],
            "worst_s": times[-1]}


def report(r):
    yield "| commits | interval, s | p50, s | p99, s | worst, s | p99 beyond the interval, s |"
    yield "|---|---|---|---|---|---|"
    yield f"| {r['commits']} | {r['interval_s']:.0f} | {r['p50_s']:.2f} | {r['p99_s']:.2f} | {r['worst_s']:.2f} | {r['p99_s'] - r['interval_s']:.2f} |"
