"""What is OpenAI's client's own: its environment, its header, and a server that really exists."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from evaluator.baselines.reply import Usage
from tests.chat_server import Act
from tests.evaluator.baselines.asked import ask, declared
from tests.evaluator.baselines.tiny_model import save_tiny_model
from tests.provider_server import ProviderServer, Stream, chunks, completion


def test_nothing_of_the_environment_is_sent(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-another-server")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Own: of-another-server")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    ask(declared(server, key=None))

    assert "of-another-server" not in json.dumps(server.request.headers)
    assert server.request.headers["authorization"] == "Bearer none"


@pytest.mark.parametrize("stream", [False, True])
def test_the_number_of_the_response_is_the_requests(server: ProviderServer, stream: bool) -> None:
    act = chunks({"content": "A"}) if stream else completion("A")
    act.headers["x-request-id"] = "req_abc"
    server.act = act

    assert ask(declared(server, stream=stream)).request == "req_abc"


def test_comments_and_blank_lines_keep_a_stream_alive(server: ProviderServer) -> None:
    said = chunks({"content": "A"}).parts
    server.act = Stream(parts=tuple(b": PROCESSING\n\n\n\n" + part for part in said))

    assert ask(declared(server, stream=True)).text == "A"


def test_what_nobody_told_is_empty(server: ProviderServer) -> None:
    server.act = Act(body=b'{"choices": [{"message": {"content": "A"}}], "usage": null}')
    reply = ask(declared(server))

    assert reply == ("A", "", "answered", "", Usage(0, 0), "", "", "")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The server of transformers with a tiny model: its address, and the model's folder."""
    pytest.importorskip("accelerate", reason="transformers serves with accelerate only")
    folder = save_tiny_model(tmp_path_factory.mktemp("served") / "tiny")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environ = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE) as running:
        try:
            _wait(f"http://127.0.0.1:{port}", running)
            yield f"http://127.0.0.1:{port}", folder
        finally:
            running.terminate()


def _wait(url: str, running: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    for _ in range(240):
        if running.poll() is not None:
            assert running.stderr
            pytest.fail(running.stderr.read().decode()[-2000:])
        try:
            httpx.get(f"{url}/health", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.5)
        else:
            return
    pytest.fail("the server of transformers does not start")


@pytest.mark.slow
def test_a_published_server_is_understood(served: tuple[str, Path]) -> None:
    url, folder = served
    decoding = {"max_tokens": 5, "extra": {}}
    asked = {"model": str(folder), "key": None, "decoding": decoding}
    whole = ask(declared(url, **asked))
    streamed = ask(declared(url, stream=True, **asked))

    # A tiny model of random weights says something, always the same, up to its limit.
    assert whole.text
    assert (streamed.text, streamed.usage) == (whole.text, whole.usage)
    assert whole.usage.output_tokens == 5
    assert whole.model == streamed.model == f"{folder}@main"
    assert whole.outcome == "cut_off"
