from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from network.dev import catalogues


class Command(BaseCommand):
    help = "Brings the message catalogues in line with the code and templates, and compiles them."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; list and fail on what is missing")
        parser.add_argument("--prune", action="store_true", help="forget texts that the code no longer has")

    def handle(self, *, check: bool, prune: bool, **options: Any) -> None:
        if not check:
            catalogues.update(prune=prune)
            catalogues.compile_all()
        found = catalogues.problems()
        if check and found:
            self.stdout.write("\n".join(found))
            raise CommandError(f"{len(found)} problems in the catalogues; `make messages` adds what is missing.")
        if found:
            self.stdout.write(f"{len(found)} left to translate or to prune; `manage.py messages --check` lists them.")
        else:
            self.stdout.write("All texts are translated.")
