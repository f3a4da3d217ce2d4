"""What every part of the benchmark measures in: private servers, loop disks, the gateway and others as processes, and what the kernel
counts of them. Everything ends with the benchmark, however it ends."""
import contextlib, glob, os, pathlib, random, re, shutil, signal, socket, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "monitor-demo"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **options).stdout


def free_port():
    while True:
        port = random.randint(20000, 31999)
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


class Process:
    """A process, and what it costs."""

    def __init__(self, world, *command, env=None, output=None, **options):
        self.output = open(output or os.devnull, "w")
        self.popen = subprocess.Popen([str(w) for w in command], env=env, stdout=options.pop("stdout", self.output), stderr=self.output,
                                      **options)
        self.pid = self.popen.pid
        world.defer(self.end)

    def end(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def cpu_s(self):
        return cpu_s(self.pid)

    def memory_mib(self):
        """Resident now, and at its peak."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM"))


def cpu_s(pid):
    """All threads of a process, those that ended too, to the nanosecond: the kernel's clock of that process (clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | 2)


class Disk:
    """ext4 on a loop device; counts the bytes that reach the device. Needs root and loop devices."""

    def __init__(self, world, name, megabytes=2048):
        self.at = world.dir / name
        self.at.mkdir()
        image = world.dir / f"{name}.img"
        run("truncate", "-s", f"{megabytes}M", image)
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
        run("mount", "-o", "loop", image, self.at)
        world.defer(lambda: run("umount", "-l", self.at))
        self.device = os.path.basename(run("findmnt", "-no", "SOURCE", self.at).strip())
        os.chmod(self.at, 0o755)

    def written(self):
        return int(pathlib.Path(f"/sys/block/{self.device}/stat").read_text().split()[6]) * 512


class World:
    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
        os.chmod(self.dir, 0o755)
        self.ends = [lambda: shutil.rmtree(self.dir, ignore_errors=True)]

    def defer(self, end):
        self.ends.append(end)

    def close(self):
        while self.ends:
            with contextlib.suppress(Exception):
                self.ends.pop()()

    def postgres(self, rows, name="pg"):
        """A PostgreSQL with so many rows in each big table; its port. `sql` runs as its administrator."""
        port, at, script = free_port(), self.dir / name, ROOT / "tests/upstreams/postgres"
        self.defer(lambda: run(script, "stop", at, "immediate"))
        run(script, "start", at, port, env={**os.environ, "DEMO_MONITOR_PASSWORD": PASSWORD})
        run(script, "admin", at, "-q", "-v", f"n={rows}", "-f", ROOT / "tests/benchmark/rows.sql")
        self.sql = lambda text, database="ytrader", of=at: run(script, "admin", of, "-d", database, "-qAt", "-c", text).strip()
        self.postgres_log, self.postgres_sockets = self.dir / name / "postgres.log", self.dir / name / "postgres-socket"
        return port

    def rabbitmq(self, queues, busy):
        """A RabbitMQ with so many queues, some of which always change; its management port."""
        amqp, management, self.prometheus_port = free_port(), free_port(), free_port()
        at, script = self.dir / "mq", ROOT / "tests/upstreams/rabbitmq"
        self.defer(lambda: run(script, "kill", at))
        run(script, "start", at, amqp, management,
            env={**os.environ, "DEMO_MONITOR_PASSWORD": PASSWORD, "RABBITMQ_PROMETHEUS_PORT": str(self.prometheus_port)})
        load = Process(self, self.build / "tests/benchmark/busy-queues", amqp, queues, busy, stdout=subprocess.PIPE, text=True)
        if load.popen.stdout.readline().strip() != "ready":
            raise RuntimeError("busy-queues ended")
        self.broker_pid = int(run(script, "pid", at))
        return management

    def settings(self, cache, postgres=1, rabbitmq=1, **others):
        return {"PATH": os.environ["PATH"], "CACHE_PATH": str(cache), "POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": str(postgres),
                "GRAFANA_POSTGRES_PASSWORD": PASSWORD, "RABBITMQ_HOST": "127.0.0.1", "RABBITMQ_MANAGEMENT_PORT": str(rabbitmq),
                "RABBITMQ_MANAGEMENT_USER": "monitor", "RABBITMQ_MANAGEMENT_PASSWORD": PASSWORD, "LOG_LEVEL": "warn",
                "RABBITMQ_QUEUES_MAX": "100000",
                **{f"{s}_URL": "" for s in ("WS_GATEWAY", "MODEL_SERVICE", "ORDER_MANAGER", "POSITION_MANAGER", "FEATURE_SERVICE")}, **others}

    def gateway(self, cache, **settings):
        return Process(self, self.build / "cache-gateway", "run", env=self.settings(cache, **settings), output=f"{self.dir}/gateway.log")


def cached(cache, sql):
    """What the published file says; empty while there is none."""
    done = subprocess.run(["sqlite3", "-readonly", f"file:{cache}?immutable=1", sql], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def wait_for(look, what, seconds=600):
    until = time.monotonic() + seconds
    while not look():
        if time.monotonic() > until:
            raise RuntimeError(f"waited in vain: {what}")
        time.sleep(0.2)


def filled(cache):
    """Until all that is there has been read once."""
    wait_for(lambda: cached(cache, "SELECT count(*) FROM source_status WHERE (source LIKE 'postgres.%' OR source LIKE 'rabbitmq.%') AND "
                                   "freshness <> 'fresh'") == "0", "all sources fresh")
    over = re.search(r'first_look_is_over="([^"]*)"', (ROOT / "tests/benchmark/postgres-cycle").read_text())[1]
    wait_for(lambda: cached(cache, over) == "3", "the first look is over")


def machine():
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    return f"{os.cpu_count()} x {model}, Linux {os.uname().release}, load {os.getloadavg()[0]:.1f} when it began"
