"""The broker's CPU a poll, as the gateway polls it and by a plain GET /api/queues; what it uses unasked is taken off."""
import time

from cycle import OVERVIEW, listing
from world import cpu_s, run

SIZES = {"smoke": ([5], 2, 5), "full": ([20, 1000, 10_000], 20, 20)}


def measure(new_world, size):
    sizes, busy, polls = SIZES[size]
    results = []
    for queues in sizes:
        with new_world() as world:
            port = world.rabbitmq(queues, min(busy, queues))
            time.sleep(6)

            def used(*targets):
                began, before = time.monotonic(), cpu_s(world.broker_pid)
                for _ in range(polls):
                    for target in targets:
                        run("curl", "-sf", "-o", "/dev/null", "-u", "monitor:monitor-demo", f"http://127.0.0.1:{port}{target}")
                return cpu_s(world.broker_pid) - before, time.monotonic() - began

            before = cpu_s(world.broker_pid)
            time.sleep(10)
            idle = (cpu_s(world.broker_pid) - before) / 10
            ms = [max(0, cpu - idle * took) * 1000 / polls for cpu, took in (used(OVERVIEW, listing(world), OVERVIEW), used("/api/queues"))]
            results.append({"queues": queues, "polls": polls, "gateway_ms": ms[0], "plain_ms": ms[1]})
    return results


def report(results):
    yield "| queues | as the gateway asks, ms | GET /api/queues, ms | ratio |"
    yield "|---|---|---|---|"
    for r in results:
        yield f"| {r['queues']:,} | {r['gateway_ms']:.1f} | {r['plain_ms']:.1f} | {r['gateway_ms'] / max(r['plain_ms'], 0.1):.2f} |"
