"""`make check`: everything a machine can hold, one line per check. All of them run; the first failure does not hide
the others. `--format` brings code and templates into the house's form instead."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import which

from network import services
from network.process import ROOT

PYTHON = sys.executable
READ_ALL = """
for (const file of process.argv.slice(1))
  require("child_process").execFileSync(process.execPath, ["--check", file], {stdio: "inherit"})
"""  # node itself checks one file per call
DEPLOYED = {
    "SECRET_KEY": "a-check-of-the-settings-of-a-deployment-needs-a-key-as-long-as-a-real-one",
    "CLICK_KEYS": "1:a-check-of-the-settings-of-a-deployment-needs-a-click-key-too",
    "SITE_URL": "https://network.example",
    "TRACKING_URL": "https://go.network.example",
    "EMAIL_URL": "smtp+tls://user:password@mail.example",
}


def main() -> None:
    os.chdir(ROOT)
    if sys.argv[1:] == ["--format"]:
        failed = [title for title, command in formatters() if not passes(title, command, {})]
    else:
        failed = [title for title, command, environment in checks() if not passes(title, command, environment)]
        failed += [
            title for title, command, environment in with_a_database() if not passes(title, command, environment)
        ]
    sys.exit(f"\nFailed: {', '.join(failed)}" if failed else 0)


def checks() -> list[tuple[str, list[str], dict[str, str]]]:
    scripts = sorted(map(str, Path("static/js").glob("**/*.js")))
    manage = [PYTHON, "manage.py"]
    return [
        ("Format of code", [tool("ruff"), "format", "--check", "--quiet", "."], {}),
        ("Lint", [tool("ruff"), "check", "--quiet", "."], {}),
        ("Format of templates", [tool("djade"), "--check", *templates()], {}),
        ("JavaScript", [which("node") or tool("node"), "--eval", READ_ALL, *scripts], {}),
        ("Types", [tool("mypy"), "--no-error-summary", "."], {}),
        ("Borders", [tool("lint-imports"), "--no-logo"], {}),
        ("Translations", [*manage, "messages", "--check"], {}),
    ]


def with_a_database() -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Django asks its database which kinds of columns it has, and compares migrations with the history in it."""
    manage = [PYTHON, "manage.py"]
    place = Path(os.environ.get("VAR_DIR") or "var").resolve() / "check"
    found = services.start(place, bound=True)
    here = {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url}
    try:
        yield "Settings here", [*manage, "check", "--fail-level", "WARNING"], here
        yield "Settings deployed", [*manage, "check", "--deploy", "--fail-level", "WARNING"], DEPLOYED | here
        yield "Migrations", [*manage, "makemigrations", "--check", "--dry-run"], here
    finally:
        services.stop(place)


def formatters() -> list[tuple[str, list[str]]]:
    return [
        ("Lint", [tool("ruff"), "check", "--fix", "--quiet", "."]),
        ("Code", [tool("ruff"), "format", "--quiet", "."]),
        ("Templates", [tool("djade"), *templates()]),
    ]


def templates() -> list[str]:
    return sorted(map(str, Path("templates").glob("**/*.html")))


def tool(name: str) -> str:
    return str(Path(PYTHON).parent / name)


def passes(title: str, command: list[str], environment: dict[str, str]) -> bool:
    start = time.monotonic()
    answer = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **environment})
    mark = "✗" if answer.returncode else "✓"
    print(f"  {mark} {title:<24}{time.monotonic() - start:6.1f} s", flush=True)
    if answer.returncode:
        print(f"\n{answer.stdout}{answer.stderr}", flush=True)
    return answer.returncode == 0


if __name__ == "__main__":
    main()
