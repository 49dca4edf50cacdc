from smtplib import SMTPException

from celery import shared_task
from django.core.mail import EmailMultiAlternatives


@shared_task(
    acks_late=True,
    reject_on_worker_lost=True,
    autoretry_for=(SMTPException, OSError),
    retry_backoff=10,
    retry_backoff_max=3600,
    max_retries=10,
)
def send_mail(*, subject: str, text: str, html: str, to: str) -> None:
    """Deliver one rendered mail; a mail server that is away is asked again for some hours."""
    message = EmailMultiAlternatives(subject, text, to=[to])
    message.attach_alternative(html, "text/html")
    message.send()
