"""Finds a Python that is new enough and goes on with steps.py under it. An old Python must be able to read this file."""

import glob
import os
import signal
import subprocess
import sys

OLDEST = (3, 12)
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
QUESTION = "import sys; sys.exit(sys.version_info < (%d, %d))" % OLDEST


def candidates() -> "list[str]":
    """The project's own first, then the pinned version, then whatever this machine may have."""
    own = os.path.join(ROOT, ".venv", "bin", "python")
    managed = sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python")), reverse=True)
    return [own, "python3.13", sys.executable, "python3.12", "python3.14", "python3.15"] + managed


def is_new_enough(python: str) -> bool:
    try:
        return subprocess.call([python, "-c", QUESTION], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a script's shell starts with it ignored what it starts with &
    for python in candidates():
        if is_new_enough(python):
            steps = os.path.join(HERE, "steps.py")
            sys.stdout.flush()
            os.execvp(python, [python, "-P", steps] + sys.argv[1:])
    found = "%d.%d.%d" % sys.version_info[:3]
    sys.exit(
        "Peyvand needs Python %d.%d or newer; this machine has only %s. Install one and run make again."
        % (OLDEST + (found,))
    )


if __name__ == "__main__":
    main()
