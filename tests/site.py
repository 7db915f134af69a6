"""A real server in its own process, on a free port of loopback and a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from gradio_client import Client, handle_file

from tests.small_sample import small_sample

# The files of the two made-up entries of the small sample.
SAMPLES = small_sample() / "entries"
ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90.0
SCORE_SECONDS = 180.0


class Site:
    """One running app.py, by default of the small sample; `environment` overrides what it has."""

    def __init__(self, data_dir: Path, root: Path = ROOT, **environment: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir.with_suffix(".log")
        self._root = root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{k: v for k, v in os.environ.items() if k not in ("SYSTEM", "SPACE_ID")},
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(data_dir),
            "CHALLENGE_DIR": str(small_sample()),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> Site:
        """Start the server, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=self._root,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        if wait:
            self.wait_for(self.answers, START_SECONDS, "the server does not answer")
        return self

    def stop(self) -> None:
        """End the server as a service manager would, and its worker with it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self) -> None:
        """End the server process without farewell; its worker is left to notice."""
        assert self.process
        self.process.kill()
        self.process.wait(30)

    def workers(self) -> list[int]:
        """Return the process ids of the workers on this site's folder."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().split(b"\0")
                environment = (folder / "environ").read_bytes().split(b"\0")
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
            ours = f"DATA_DIR={self.data_dir}".encode() in environment
            if ours and b"evaluator" in command and b"work" in command:
                found.append(int(folder.name))
        return found

    def kill_workers(self) -> None:
        """End the workers without farewell."""
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)

    def command(self, *arguments: str) -> str:
        """Run the command line on this site's folders; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "evaluator", *arguments],
            cwd=self._root,
            env=self.environment,
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout.strip()

    def call(self, endpoint: str, **arguments: Any) -> Any:
        """Call a named endpoint through gradio_client."""
        client = Client(self.url, verbose=False)
        try:
            return client.predict(**arguments, api_name=endpoint)
        finally:
            client.close()

    def submit(self, path: Path, model: str = "Test model", **arguments: str | bool) -> Any:
        """Submit a file through the endpoint and return its answer."""
        given: Mapping[str, str | bool] = {
            "track": "main",
            "phase": "dev",
            "organisation": "Test hospital",
            "access": "open",
            "parameters": "7B",
            "token": "",
            "language": "en",
            **arguments,
        }
        return self.call("/submit", file=handle_file(str(path)), model=model, **given)

    def status(self, submission_id: str) -> Any:
        """Return where a submission stands."""
        return self.call("/status", submission_id=submission_id, language="en")

    def finished(self, submission_id: str) -> Any:
        """Wait until a submission is finished and return where it stands."""
        self.wait_for(
            lambda: self.status(submission_id)["status"] in ("finished", "failed"),
            SCORE_SECONDS,
            f"submission {submission_id} is not scored",
        )
        return self.status(submission_id)

    def upload(self, path: Path, name: str = "") -> str:
        """Put a file on the server without gradio_client; return the path it was given there."""
        files = {"files": (name or path.name, path.read_bytes())}
        answer = httpx.post(f"{self.url}/gradio_api/upload", files=files, timeout=60)
        return str(answer.raise_for_status().json()[0])

    def post(self, endpoint: str, *values: Any, **headers: str) -> Any:
        """Call a named endpoint over HTTP with these headers; None where it only says "error"."""
        address = f"{self.url}/gradio_api/call{endpoint}"
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with httpx.Client(timeout=60, headers=sent) as client:
            begun = client.post(address, json={"data": values}).raise_for_status()
            events = client.get(f"{address}/{begun.json()['event_id']}").text
        kind, data = re.findall(r"event: (complete|error)\ndata: (.*)", events)[0]
        return json.loads(data)[0] if kind == "complete" else None

    def post_file(self, endpoint: str, path: Path, *values: Any, **headers: str) -> Any:
        """Upload a file and call an endpoint that takes it first, over HTTP."""
        return self.post(endpoint, uploaded(self.upload(path)), *values, **headers)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what a query finds in the server's database, whether it runs or not."""
        with closing(sqlite3.connect(self.data_dir / "submissions.sqlite", timeout=30)) as database:
            return database.execute(query, values).fetchall()

    def wait_for(self, condition: Any, seconds: float, complaint: str) -> None:
        """Wait until a condition holds; fail with the server's log if it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(f"{complaint}\n{self.log.read_text()[-5000:]}")

    def answers(self) -> bool:
        """Whether the server answers that it and its worker are alive."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def uploaded(path: str) -> dict[str, Any]:
    """Return what stands for an uploaded file in a request."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def free_port() -> int:
    """Return a port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
