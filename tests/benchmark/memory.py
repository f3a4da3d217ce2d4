"""Memory and size of the file with a full history, polling a broker of so many queues."""
import shutil, time

from world import filled, run

SIZES = {"smoke": [("demo", 5)], "full": [("demo", 20), ("ten_thousand_queues", 10_000)]}


def measure(new_world, size):
    results = []
    for name, queues in SIZES[size]:
        with new_world() as world:
            postgres, rabbitmq = world.postgres(1000), world.rabbitmq(queues, min(200, queues // 2))
            run(world.build / "tests/grafana/grafana-caches", world.dir, name)
            cache = world.dir / "cache" / "cache.db"
            cache.parent.mkdir()
            shutil.copy(world.dir / f"{name}.db", cache)
            gateway = world.gateway(cache, postgres=postgres, rabbitmq=rabbitmq, RABBITMQ_INTERVAL="5s")
            filled(cache)
            time.sleep(5 if size == "smoke" else 60)
            resident, peak = gateway.memory_mib()
            results.append({"history": name, "queues": queues, "resident_mib": resident, "peak_mib": peak, "file_mb": cache.stat().st_size / 1e6})
    return results


def report(results):
    yield "| history of | queues polled | resident, MiB | peak, MiB | file, MB |"
    yield "|---|---|---|---|---|"
    for r in results:
        yield f"| {r['history']} | {r['queues']:,} | {r['resident_mib']:.0f} | {r['peak_mib']:.0f} | {r['file_mb']:.1f} |"
