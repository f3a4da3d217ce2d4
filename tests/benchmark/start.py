"""From exec to the first published file, with a large cache and without; nobody answers, so that it is the gateway's own time."""
import os, shutil, time

from world import run

TIMES = {"smoke": 3, "full": 10}


def first_file_ms(world, cache):
    before = os.stat(cache).st_ino if cache.exists() else 0
    began = time.monotonic()
    gateway = world.gateway(cache)
    while not cache.exists() or os.stat(cache).st_ino == before:
        if gateway.popen.poll() is not None or time.monotonic() - began > 60:
            raise RuntimeError((world.dir / "gateway.log").read_text())
        time.sleep(0.0005)
    taken = (time.monotonic() - began) * 1000
    gateway.end()
    return taken


def measure(new_world, size):
    with new_world() as world:
        caches = {"none": None, "demo": None, "ten_thousand_queues": None}
        if size == "smoke":
            caches.pop("ten_thousand_queues")
        for name in caches:
            if name != "none":
                run(world.build / "tests/grafana/grafana-caches", world.dir, name)
                caches[name] = world.dir / f"{name}.db"
        results = []
        for name, made in caches.items():
            times = []
            for n in range(TIMES[size]):
                cache = world.dir / f"start-{name}-{n}" / "cache.db"
                cache.parent.mkdir()
                if made:
                    shutil.copy(made, cache)
                times.append(first_file_ms(world, cache))
            times.sort()
            results.append({"cache": name, "mb": made.stat().st_size / 1e6 if made else 0, "median_ms": times[len(times) // 2], "worst_ms": times[-1]})
        return results


def report(results):
    yield "| cache | MB | median, ms | worst, ms |"
    yield "|---|---|---|---|"
    for r in results:
        yield f"| {r['cache']} | {r['mb']:.1f} | {r['median_ms']:.0f} | {r['worst_ms']:.0f} |"
