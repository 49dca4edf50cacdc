"""nginx answering `return 302`, one worker: what a server in C makes of the same work without a program behind it."""

import os
import shutil
from pathlib import Path

from network.embedded.valkey import free_port
from tests.live import Process

CONFIGURATION = """
daemon off; worker_processes 1; pid {place}/nginx.pid; error_log stderr;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {place}; proxy_temp_path {place}; fastcgi_temp_path {place};
  uwsgi_temp_path {place}; scgi_temp_path {place};
  server {{
    listen 127.0.0.1:{port};
    location = /health/live {{ return 200; }}
    location / {{ return 302 https://shop.example/; }}
  }}
}}
"""


def command() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def nginx(place: Path) -> Process:
    """Not started yet."""
    port = free_port()
    (place / "nginx.conf").write_text(CONFIGURATION.format(place=place, port=port))
    argv = [command() or "nginx", "-c", str(place / "nginx.conf"), "-p", str(place)]
    return Process("nginx", argv, {**os.environ}, place / "nginx.log", f"http://127.0.0.1:{port}")
