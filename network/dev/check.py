"""`make check`: everything a machine can hold, one line per check. All of them run; the first failure does not hide
the others. `--format` brings code and templates into the house's form instead."""

import os
import subprocess
import sys
import time
from pathlib import Path
from shutil import which

from network import services
from network.process import ROOT

PYTHON = sys.executable
DEPLOYED = {
    "SECRET_KEY": "a-check-of-the-settings-of-a-deployment-needs-a-key-as-long-as-a-real-one",
    "CLICK_KEYS": "1:a-check-of-the-settings-of-a-deployment-needs-a-click-key-too",
    "SITE_URL": "https://network.example",
    "TRACKING_URL": "https://go.network.example",
    "DATABASE_URL": "postgresql://peyvand@database.example/peyvand",
    "REDIS_URL": "redis://redis.example/0",
    "EMAIL_URL": "smtp+tls://user:password@mail.example",
}


def main() -> None:
    os.chdir(ROOT)
    if sys.argv[1:] == ["--format"]:
        sys.exit(max(run(title, command) for title, command in formatters(templates())))
    failed = [title for title, command, environment in checks() if run(title, command, environment)]
    with_services = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve() / "check"
    found = services.start(with_services, bound=True)
    try:
        title, command = "Migrations", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]
        if run(title, command, found_as_environment(found)):
            failed.append(title)
    finally:
        services.stop(with_services)
    sys.exit(f"\nFailed: {', '.join(failed)}" if failed else 0)


def checks() -> list[tuple[str, list[str], dict[str, str]]]:
    manage = [PYTHON, "manage.py"]
    return [
        ("Format of code", [tool("ruff"), "format", "--check", "--quiet", "."], {}),
        ("Lint", [tool("ruff"), "check", "--quiet", "."], {}),
        ("Format of templates", [tool("djade"), "--check", *templates()], {}),
        ("JavaScript", [*javascript_check(), *sorted(map(str, Path("static/js").glob("**/*.js")))], {}),
        ("Types", [tool("mypy"), "--no-error-summary", "."], {}),
        ("Borders", [tool("lint-imports"), "--no-logo"], {}),
        ("Translations", [*manage, "messages", "--check"], {}),
        ("Settings here", [*manage, "check", "--fail-level", "WARNING"], {}),
        ("Settings deployed", [*manage, "check", "--deploy", "--fail-level", "WARNING"], DEPLOYED),
    ]


def formatters(files: list[str]) -> list[tuple[str, list[str]]]:
    return [
        ("Lint", [tool("ruff"), "check", "--fix", "--quiet", "."]),
        ("Code", [tool("ruff"), "format", "--quiet", "."]),
        ("Templates", [tool("djade"), "--quiet", *files]),
    ]


def templates() -> list[str]:
    return sorted(map(str, Path("templates").glob("**/*.html")))


def javascript_check() -> list[str]:
    """Node reads one file per call; this reads them all."""
    script = "const {execFileSync: run} = require('child_process');"
    script += "for (const file of process.argv.slice(1)) run(process.execPath, ['--check', file], {stdio: 'inherit'})"
    return [which("node") or tool("node"), "-e", script]


def tool(name: str) -> str:
    return str(Path(PYTHON).parent / name)


def found_as_environment(found: services.Addresses) -> dict[str, str]:
    return {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url}


def run(title: str, command: list[str], environment: dict[str, str] | None = None) -> int:
    start = time.monotonic()
    answer = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **(environment or {})}
    )
    mark = "✗" if answer.returncode else "✓"
    print(f"  {mark} {title:<24}{time.monotonic() - start:6.1f} s", flush=True)
    if answer.returncode:
        print(f"\n{answer.stdout}{answer.stderr}", flush=True)
    return answer.returncode


if __name__ == "__main__":
    main()
