"""A site on loopback that tells how it is, as a test scripts it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.loopback import serving

WELL = (200, "ok")
STARTING = (503, "degraded")


class Health:
    """What the site answers, the last for good, and the headers of whoever asked."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers = list(answers)
        self.asked: list[Mapping[str, str]] = []
        self.url = ""


@contextmanager
def health_server(*answers: tuple[int, str]) -> Iterator[Health]:
    """Serve /healthz: a status, and what its JSON says."""
    health = Health(*answers or [WELL])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            health.asked.append(dict(self.headers))
            known = self.path == "/healthz"
            status, said = health.answers[0] if known else (404, "")
            if len(health.answers) > 1:
                del health.answers[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"status": said}).encode())

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as url:
        health.url = url
        yield health
