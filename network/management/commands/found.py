from typing import Any
from urllib.parse import urlsplit

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from allauth.core.context import request_context
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.test import RequestFactory

from network import organizations
from network.actors import Actor
from network.models import Kind, Organization, User


class Command(BaseCommand):
    help = "Founds the network of this installation: its organization and first owner, who is mailed a link to set a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="of the first owner")
        parser.add_argument("--name", required=True, help="of the network")
        parser.add_argument("--time-zone", default="UTC")

    def handle(self, **options: Any) -> None:
        if Organization.objects.filter(kind=Kind.NETWORK).exists():
            raise CommandError("This installation has its network already.")
        email = options["email"].lower()
        with transaction.atomic():
            user = User.objects.filter(email=email).first() or User.objects.create_user(email)
            EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
            organizations.register(
                user,
                kind=Kind.NETWORK,
                name=options["name"],
                time_zone=options["time_zone"],
                by=Actor.system("found"),
            )
        form = ResetPasswordForm({"email": email})
        if not form.is_valid():
            raise CommandError(f"{email} cannot be mailed to: {form.errors.as_text()}")
        site = urlsplit(settings.SITE_URL)
        request = RequestFactory().get("/", secure=site.scheme == "https", HTTP_HOST=site.netloc)
        with request_context(request):
            form.save(request)
        self.stdout.write(f"{options['name']} is founded. {email} was mailed a link to set the password.")
