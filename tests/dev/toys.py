"""A supervisor of toy programs, to be run as a process of its own: `python -m tests.dev.toys <var dir> <toy>…`"""

import asyncio
import sys
from pathlib import Path

from network.dev.run import listen
from network.dev.supervisor import Failed, Program, Supervisor

TOYS = {
    "sleeper": "import time; print('asleep', flush=True); time.sleep(60)",
    "crasher": "import sys; print('about to crash', flush=True); sys.exit(3)",
    # A child that ignores the polite signal and would hold a port for ever.
    "parent": """
import signal, subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", child])
print("parent of one", flush=True)
time.sleep(60)
""",
}


async def main(var_dir: Path, names: list[str]) -> None:
    supervisor = Supervisor(var_dir)
    listen(supervisor)
    for name in names:
        await supervisor.start(Program(name, [sys.executable, "-c", TOYS[name]], patience=0.5))
    print("all started", flush=True)
    await supervisor.stopping.wait()
    await supervisor.stop()
    if supervisor.failure:
        raise Failed(supervisor.failure)


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
    except Failed as problem:
        sys.exit(str(problem))
