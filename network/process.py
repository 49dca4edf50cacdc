"""The five processes by name, in one place for `make run`, the image and the tests.

    python -m network.process web | edge | ingest | worker | beat      becomes that process
    python -m network.process manage migrate                           becomes manage.py with these arguments
    python -m network.process healthy web | edge                       asks whether it is ready; the exit code says so

BIND (127.0.0.1), PORT (8000), TRACKING_PORT (8001), WEB_WORKERS (1), WEB_THREADS (two per core and one more, at most
8), EDGE_WORKERS (1), WORKER_CONCURRENCY (3) and WORKER_QUEUES (money,mail,postbacks,files,default) fit them to a machine.
"""

import os
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
ROOT = Path(__file__).resolve().parent.parent


def command(name: str, environment: Mapping[str, str] = os.environ) -> list[str]:
    """The argument list of a process. Raises KeyError for a name that is none of the five."""
    get = environment.get
    granian = [sys.executable, "-m", "granian", "--host", get("BIND", "127.0.0.1"), "--no-ws"]
    granian += ["--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning"]
    celery = [
        sys.executable,
        "-W",
        "ignore:You're running the worker",
        "-m",
        "celery",
        "--app",
        "network.celery",
        "--quiet",
    ]
    commands = {
        "web": [
            *(*granian, "--interface", "wsgi", "--port", get("PORT", "8000"), "--workers", get("WEB_WORKERS", "1")),
            *("--blocking-threads", get("WEB_THREADS", str(THREADS)), "network.wsgi:application"),
        ],
        "edge": [sys.executable, "-m", "tracking.edge.serve"],
        "ingest": [sys.executable, "manage.py", "ingest"],
        "worker": [
            *(
                *celery,
                "worker",
                "--queues",
                get("WORKER_QUEUES", "money,mail,postbacks,files,default"),
                "--loglevel",
                "WARNING",
            ),
            *("--concurrency", get("WORKER_CONCURRENCY", "3"), "--without-gossip", "--without-mingle"),
        ],
        # No pid file: a killed beat would leave one behind and refuse to start again.
        "beat": [
            *(*celery, "beat", "--pidfile=", "--loglevel", "WARNING"),
            f"--schedule={Path(get('VAR_DIR') or ROOT / 'var') / 'beat'}",
        ],
    }
    return commands[name]


def is_healthy(name: str, environment: Mapping[str, str] = os.environ) -> bool:
    port = {"web": environment.get("PORT", "8000"), "edge": environment.get("TRACKING_PORT", "8001")}[name]
    return answers(f"http://127.0.0.1:{port}/health/ready")


def answers(url: str) -> bool:
    """Whether it says 200; asked directly, whatever proxy the environment names."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> None:
    os.chdir(ROOT)
    match sys.argv[1:]:
        case ["manage", *arguments]:
            argv = [sys.executable, "manage.py", *arguments]
        case ["healthy", "web" | "edge" as name]:
            sys.exit(not is_healthy(name))
        case ["web" | "edge" | "ingest" | "worker" | "beat" as name]:
            argv = command(name)
        case _:
            sys.exit(__doc__)
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main()
