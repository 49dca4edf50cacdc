"""What a database and the web server need before the processes start, in one Django process to save the start-ups.

DEMO=0 leaves the demo network out.
"""

import hashlib
import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
    import django

    django.setup()
    from django.core.management import CommandError, call_command

    try:
        print("migrating", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
        collect_static()
        if os.environ.get("DEMO") != "0":
            call_command("demo")
    except CommandError as problem:
        sys.exit(str(problem))


def collect_static() -> None:
    """Hash and compress the static files, unless they are as they were the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    paths = sorted(storage.path(name) for finder in get_finders() for name, storage in finder.list([]))
    digest = hashlib.sha256()
    for path in paths:
        stat = Path(path).stat()
        digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        print("collecting static files", flush=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(digest.hexdigest())


if __name__ == "__main__":
    main()
