"""What a database and the web server need before the processes start: migrations, static files, the demo network (unless
DEMO=0). All in one Django process to save the start-ups, and in none where nothing has changed since the last time.
"""

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from network.process import ROOT

READ = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
SETTINGS = ("SITE_URL", "TRACKING_URL", "DATABASE_URL", "REDIS_URL", "VAR_DIR", "DEMO", "DEBUG")
SOURCES = ("uv.lock", "*/migrations/*.py", "reporting/demo/*.py", "static/**/*")


def is_current(environment: Mapping[str, str]) -> bool:
    """Whether all is as the last success left it. The database itself remembers, in its comment: it cannot be outlived."""
    made = [Path(environment["VAR_DIR"]) / "static" / "staticfiles.json"]
    made += [] if environment.get("DEMO") == "0" else [Path(environment["VAR_DIR"]) / "demo.json"]
    with suppress(psycopg.Error), psycopg.connect(environment["DATABASE_URL"]) as connection:
        row = connection.execute(READ).fetchone()
        return bool(row) and row == (fingerprint(environment),) and all(path.exists() for path in made)
    return False


def remember(environment: Mapping[str, str]) -> None:
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, fingerprint(environment)))


def fingerprint(environment: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for part in (*(f"{name}={environment.get(name)}" for name in SETTINGS), *_sources()):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _sources() -> Iterator[str]:
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                stat = path.stat()
                yield f"{path} {stat.st_size} {stat.st_mtime_ns}"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
    import django

    django.setup()
    from django.core.management import CommandError, call_command

    try:
        print("migrations", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
        print("static files", flush=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        if os.environ.get("DEMO") != "0":
            call_command("demo")
    except CommandError as problem:
        sys.exit(str(problem))
    remember(os.environ)


if __name__ == "__main__":
    main()
