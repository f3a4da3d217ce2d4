"""Beside what people run instead, in the same minutes on the same upstreams: Prometheus with RabbitMQ's metrics of every queue and
postgres_exporter. Default settings on both sides, scraped every 15 s; each writes to a disk of its own."""
import time

from cycle import OVERVIEW, listing
from world import Disk, Process, filled, free_port, run

SIZES = {"smoke": [(5, 2, 1000, 20)], "full": [(20, 5, 100_000, 180), (10_000, 200, 1_000_000, 180)]}


def prometheus(world, disk, postgres):
    exporter, own = free_port(), free_port()
    programs = [Process(world, "prometheus-postgres-exporter", f"--web.listen-address=127.0.0.1:{exporter}", env={
        "DATA_SOURCE_NAME": f"host={world.postgres_sockets} port={postgres} user=postgres dbname=ytrader"})]
    config = world.dir / "prometheus.yml"
    config.write_text(f"""global: {{scrape_interval: 15s}}
scrape_configs:
- {{job_name: rabbitmq, metrics_path: /metrics/per-object, static_configs: [{{targets: ['127.0.0.1:{world.prometheus_port}']}}]}}
- {{job_name: postgres, static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]}}
""")
    programs.append(Process(world, "prometheus", f"--config.file={config}", f"--storage.tsdb.path={disk.at}/data",
                            f"--web.listen-address=127.0.0.1:{own}", output=f"{world.dir}/prometheus.log"))
    return programs, [f"http://127.0.0.1:{world.prometheus_port}/metrics/per-object", f"http://127.0.0.1:{exporter}/metrics"]


def fetched(urls):
    return sum(len(run("curl", "-sf", "-u", "monitor:monitor-demo", url)) for url in urls)


def one(world, queues, busy, rows, seconds):
    postgres, rabbitmq = world.postgres(rows), world.rabbitmq(queues, busy)
    ours, theirs = Disk(world, "ours"), Disk(world, "theirs")
    cache = ours.at / "cache" / "cache.db"
    cache.parent.mkdir()
    gateway = world.gateway(cache, postgres=postgres, rabbitmq=rabbitmq)
    programs, urls = prometheus(world, theirs, postgres)
    filled(cache)
    time.sleep(min(seconds, 45))  # caches are warm, the first save is over
    before = [gateway.cpu_s(), sum(p.cpu_s() for p in programs), ours.written(), theirs.written(), time.monotonic()]
    published = publishes(cache)
    time.sleep(seconds)
    took = time.monotonic() - before[4]
    day = 86400 / took
    ours_cpu, theirs_cpu = gateway.cpu_s() - before[0], sum(p.cpu_s() for p in programs) - before[1]
    return {"queues": queues, "busy": busy, "rows": rows, "seconds": round(took), "publishes": publishes(cache) - published,
            "file_mb": cache.stat().st_size / 1e6,
            "gateway": {"cpu_s_per_100s": ours_cpu * 100 / took, "resident_mib": gateway.memory_mib()[0], "peak_mib": gateway.memory_mib()[1],
                        "device_gb_a_day": (ours.written() - before[2]) * day / 1e9,
                        "bytes_a_poll": fetched([f"http://127.0.0.1:{rabbitmq}{target}" for target in (OVERVIEW, listing(world), OVERVIEW)])},
            "prometheus": {"cpu_s_per_100s": theirs_cpu * 100 / took, "resident_mib": sum(p.memory_mib()[0] for p in programs),
                           "peak_mib": sum(p.memory_mib()[1] for p in programs),
                           "device_gb_a_day": (theirs.written() - before[3]) * day / 1e9, "bytes_a_poll": fetched(urls)},
            "cpu_ratio": ours_cpu / max(theirs_cpu, 0.01)}


def publishes(cache):
    from world import cached
    return int(cached(cache, "SELECT publish_count FROM gateway") or 0)


def measure(new_world, size):
    return [in_world(new_world, *numbers) for numbers in SIZES[size]]


def in_world(new_world, *numbers):
    with new_world() as world:
        return one(world, *numbers)


def report(results):
    yield "| queues (busy), rows a table | | CPU s in 100 s | resident (peak) MiB | to the device, GB a day | bytes a poll |"
    yield "|---|---|---|---|---|---|"
    for r in results:
        for name in ("gateway", "prometheus"):
            p = r[name]
            yield (f"| {r['queues']:,} ({r['busy']}), {r['rows']:,} | {name} | {p['cpu_s_per_100s']:.2f} | {p['resident_mib']:.0f} "
                   f"({p['peak_mib']:.0f}) | {p['device_gb_a_day']:.2f} | {p['bytes_a_poll']:,} |")
        yield (f"| | ratio | {r['cpu_ratio']:.2f} | {r['gateway']['resident_mib'] / r['prometheus']['resident_mib']:.2f} | | "
               f"{r['publishes']} publishes of {r['file_mb']:.1f} MB in {r['seconds']} s |")
