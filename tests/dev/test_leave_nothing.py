"""A test run that is killed leaves its processes to the next one, which ends them."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from network.dev.supervisor import MARK
from tests.services import ROOT

STARTED = """
import os, pathlib, subprocess, sys
from tests import services
services.start()
code = "import time; time.sleep(60)"
print(subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.DEVNULL).pid, flush=True)
os.kill(os.getpid(), 9)
"""
STARTED_AGAIN = "from tests import services; services.start(); services.stop()"


def test_a_new_run_ends_what_a_killed_one_started() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {MARK, "PYTEST_XDIST_WORKER"}}
    with tempfile.TemporaryDirectory(prefix="peyvand-") as folder:
        Path(folder).chmod(0o755)
        environment["VAR_DIR"] = folder
        killed = subprocess.run(
            [sys.executable, "-c", STARTED], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
        )
        left = psutil.Process(int(killed.stdout))
        assert left.is_running()
        subprocess.run([sys.executable, "-c", STARTED_AGAIN], cwd=ROOT, env=environment, check=True)
        assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
