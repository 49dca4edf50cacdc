"""The answer to a button: the step is taken, or a broken rule is told, and the page comes back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from network.errors import DomainError
from network.http import Request


def take(request: Request, step: Callable[[], object], done: str, back: str) -> HttpResponse:
    try:
        step()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect(back)
