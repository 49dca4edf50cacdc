from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payouts import proof


class Command(BaseCommand):
    help = "Proves the books: balances, postings, and the commissions, bonuses and top-ups they stand for."

    def handle(self, **options: Any) -> None:
        findings = proof.verify()
        for finding in findings:
            self.stdout.write(f"{finding.check}: {finding.subject}")
        if findings:
            raise CommandError(f"The books do not hold together: {len(findings)} findings.")
        self.stdout.write("The books are sound.")
