from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import cast

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from network.celery import app
from tests.cast import Member

type Committing = Callable[[], AbstractContextManager[None]]
type SignedIn = Callable[[Member], Client]


@pytest.fixture
def committing(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Iterator[Committing]:
    """`with committing(): …` does what would follow the commit: mails are delivered in this process."""
    eager, app.conf.task_always_eager = app.conf.task_always_eager, True

    @contextmanager
    def context() -> Iterator[None]:
        with django_capture_on_commit_callbacks(execute=True):
            yield

    yield context
    app.conf.task_always_eager = eager


@pytest.fixture
def outbox() -> list[EmailMultiAlternatives]:
    return cast("list[EmailMultiAlternatives]", mail.outbox)


@pytest.fixture
def signed_in() -> SignedIn:
    def sign_in(member: Member) -> Client:
        client = Client()
        client.force_login(member.user)
        return client

    return sign_in
