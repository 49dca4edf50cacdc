"""Structured logs: one event per line, JSON in production, readable text on one's own machine."""

import logging.config
from typing import Any, TypedDict

import structlog


class Options(TypedDict):
    level: str
    format: str


def refusals_in_one_line(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A page that is refused or missing (4xx) is a warning without a traceback; a failure (5xx) keeps its own.

    Tracebacks never show local variables: they hold passwords, tokens and addresses.
    """
    record = event.get("_record")
    if record is not None and record.name == "django.request" and record.levelno < logging.ERROR:
        event.pop("exc_info", None)
    return event


def configure(options: Options) -> None:
    shared: list[Any] = [
        refusals_in_one_line,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if options["format"] == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        renderer,
                    ]
                    if options["format"] == "json"
                    else [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": options["level"]},
            "loggers": {
                "django_structlog": {"level": "WARNING"},
                "celery": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
