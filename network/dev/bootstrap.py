"""Finds a Python that is new enough and goes on with steps.py under it. An old Python must be able to read this file."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
import glob
import os
import subprocess
import sys

OLDEST = (3, 12)
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
QUESTION = "import sys; sys.exit(sys.version_info < (%d, %d))" % OLDEST


def candidates():
    """The project's own first, then the pinned version, then whatever this machine may have."""
    yield os.path.join(ROOT, ".venv", "bin", "python")
    yield "python3.13"
    yield sys.executable
    for name in ("python3.12", "python3.14", "python3.15"):
        yield name
    for path in sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python")), reverse=True):
        yield path


def is_new_enough(python):
    try:
        return subprocess.call([python, "-c", QUESTION], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def main():
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
