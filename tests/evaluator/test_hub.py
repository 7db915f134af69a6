"""Items on a Hub: fetched once over HTTP, private ones by token only, and what is said otherwise.

The client reads its environment when it is imported, so a process of its own does the fetching.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import yaml

from evaluator.items import load_items, load_references
from evaluator.texts import LANGUAGES
from tests.folders import TRACK, mini_challenge, question, reference
from tests.hub_server import HubServer, commit_of, hub_server

ROOT = Path(__file__).resolve().parents[2]
RIGHT, ELSEWHERE, REVOKED = "hf_readsGold", "hf_readsElse", "hf_revoked"
TOKENS = (RIGHT, ELSEWHERE, REVOKED)
DEAD = "http://127.0.0.1:9"

# Reads steps, a line of JSON each, and prints what came of each.
DRIVER = """
import base64, json, logging, sys, traceback
from pathlib import Path

from evaluator.challenge import load_challenge
from evaluator.errors import DeclarationError
from evaluator.hub import fetch
from evaluator.opening import open_challenge
from evaluator.settings import Settings

logging.basicConfig(level=logging.DEBUG)
said = lambda error: {language: error.text(language) for language in ("zh", "en")}

def fetched(folder, data, references=False, token=None):
    challenge = load_challenge(Path(folder), Path(data) / "hub")
    fetch(challenge, challenge.track("mini"), references=references, token=token)

def opened(folder, data):
    challenge = open_challenge(Settings(challenge_dir=Path(folder), data_dir=Path(data)))
    return {"tracks": list(challenge.tracks), "faults": [said(one) for one in challenge.faults]}

def drawn(file, column, pictures):
    from datasets import Dataset, Features, Image, List, Value
    kinds = {"image": Image(), "images": List(Image())}
    read = lambda one: one and {"path": one[0], "bytes": base64.b64decode(one[1])}
    rows = [
        {
            "question": f"图{number}",
            "other": {"id": number, "source": "Choice"},
            column: [read(one) for one in found] if column == "images" else read(found),
        }
        for number, found in enumerate(pictures, start=1)
    ]
    other = {"id": Value("int64"), "source": Value("string")}
    features = Features({"question": Value("string"), "other": other, column: kinds[column]})
    Dataset.from_list(rows, features=features).to_parquet(file)

for line in sys.stdin:
    do, given = json.loads(line)
    try:
        result = {"done": globals()[do](**given)}
    except DeclarationError as error:
        traceback.print_exc()
        result = {"error": said(error)}
    except Exception:
        result = {"crash": traceback.format_exc()}
    print(json.dumps(result), flush=True)
"""


class Machine:
    """A process that fetches, with a home of its own; what it logs is in a file."""

    def __init__(self, endpoint: str, home: Path) -> None:
        home.mkdir(parents=True)
        self.log = home / "log"
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(home / "hf"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", DRIVER],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __call__(self, do: str, **given: object) -> dict[str, Any]:
        """Have one step done; return what came of it."""
        assert self._process.stdin and self._process.stdout
        print(json.dumps([do, given], default=str), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, self.log.read_text("utf-8")[-3000:]
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextmanager
def machine_at(endpoint: str, home: Path) -> Iterator[Machine]:
    """Run a machine whose Hub is at an address."""
    running = Machine(endpoint, home)
    try:
        yield running
    finally:
        running.close()


def lines(*rows: Mapping[str, Any]) -> bytes:
    """Return rows as a file of one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def tokens_in(text: str) -> list[str]:
    """Return the tokens that a text gives away."""
    return [token for token in TOKENS if token in text]


OPTIONS = (["A. 对", "B. 错"], ["A. 错", "B. 对"])
# As people publish them: with a column of their own, which is not taken over.
ASKED = [
    {**question(item, "Choice", options), "difficulty": item}
    for item in (1, 2)
    for options in OPTIONS
]
EXPECTED = [
    {**reference(item, "Choice", answer), "options": options, "point": points}
    for item, points in ((1, None), (2, [{"text": "要点", "kind": "must", "aliases": ["同义"]}]))
    for answer, options in zip(("<A>", "<B>"), OPTIONS, strict=True)
]
CARD = b"---\nlicense: mit\n---\n# Questions\n"
CONFIGS = b"""---
configs:
- {config_name: one, data_files: [{split: test, path: one.jsonl}]}
- {config_name: two, data_files: [{split: test, path: two.jsonl}]}
---
"""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURED = [{"file_name": "1.png", "question": "图", "other": {"id": 1, "source": "Choice"}}]
REPOS = {
    ("org/q", "v1"): {"README.md": CARD, "data/test.jsonl": lines(*ASKED)},
    ("org/q", "v2"): {"data/test.jsonl": lines(*ASKED[:2])},
    ("org/gold", "v1"): {"test.jsonl": lines(*EXPECTED)},
    ("org/gold", "v2"): {"test.jsonl": lines(*EXPECTED[:2])},
    ("org/gated", "v1"): {"test.jsonl": lines(*ASKED)},
    ("org/bare", "v1"): {"README.md": CARD},
    ("org/broken", "v1"): {"test.jsonl": lines(*ASKED) + b'{"question": "'},
    ("org/dates", "v1"): {"test.jsonl": lines(reference(1, "Choice", "2026-01-02"))},
    ("org/beside", "v1"): {"test/metadata.jsonl": lines(*PICTURED), "test/1.png": PIXEL},
    ("org/solved", "v1"): {"test.jsonl": lines({**ASKED[0], "answer": "<A>"})},
    ("org/configs", "v1"): {
        "README.md": CONFIGS,
        "one.jsonl": lines(*ASKED),
        "two.jsonl": lines(*ASKED[:2]),
    },
    ("org/elsewhere", "v1"): {"test.jsonl": lines(*ASKED)},
}


@pytest.fixture(scope="module")
def shared_hub() -> Iterator[HubServer]:
    """A Hub with all that the tests ask for."""
    private = {"org/gold": RIGHT, "org/elsewhere": ELSEWHERE}
    with hub_server(dict(REPOS), private, {"org/gated"}) as running:
        yield running


@pytest.fixture
def hub(shared_hub: HubServer) -> Iterator[HubServer]:
    """That Hub, which was asked nothing yet and in the end nothing it does not serve."""
    shared_hub.requests.clear()
    yield shared_hub
    assert shared_hub.unexpected == []


@pytest.fixture(scope="module")
def machine(shared_hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine beside that Hub, whose log holds no token in the end."""
    with machine_at(shared_hub.url, tmp_path_factory.mktemp("machine") / "home") as running:
        yield running
    assert tokens_in(running.log.read_text("utf-8")) == []


def on_hub(
    folder: Path, questions: Mapping[str, str] | None = None, name: str = "mini", **gold: str
) -> Path:
    """Declare that the choices of the phase `dev` lie on the Hub; return the YAML file."""
    if not folder.exists():
        mini_challenge(folder)
    track = yaml.safe_load(TRACK)
    track["id"] = name
    for phase in track["phases"]:
        phase["folder"] = "mini" if phase["id"] == "dev" else "mini-test"
    track["dimensions"][0]["datasets"][0]["hub"] = {
        "dev": {
            "questions": {"id": "org/q", "revision": "v1", "split": "test", **(questions or {})},
            "references": {"id": "org/gold", "revision": "v1", "split": "test", **gold},
        }
    }
    file = folder / "tracks" / f"{name}.yaml"
    file.write_text(yaml.safe_dump(track, allow_unicode=True, sort_keys=False), "utf-8")
    return file


def line_of_dev(file: Path) -> int:
    """Return the line in which a declaration says what of `dev` is on the Hub."""
    (number,) = [
        number
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1)
        if line.strip() == "dev:"
    ]
    return number


def kept(data: Path, track: str = "mini") -> Path:
    """Return where the newest choices from the Hub are kept; each revision has its folder."""
    place = data / "hub" / track / "dev"
    found = place.glob("*/Choice")
    return max(found, key=lambda folder: folder.stat().st_ctime_ns, default=place / "Choice")


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Return what one file holds."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def repos_asked(hub: HubServer) -> set[str]:
    """Return which repositories a Hub was asked for."""
    paths = [urlsplit(request.target).path.removeprefix("/api") for request in hub.requests]
    return {"/".join(path.split("/")[2:4]) for path in paths}


def test_questions_are_read_as_items(hub: HubServer, machine: Machine, tmp_path: Path) -> None:
    on_hub(tmp_path / "challenge")

    assert machine("fetched", folder=tmp_path / "challenge", data=tmp_path) == {"done": None}

    items = load_items(kept(tmp_path))
    assert [item.id for item in items] == ["1", "2"]
    assert {tuple(copy.options for copy in item.copies) for item in items} == {
        tuple(tuple(options) for options in OPTIONS)
    }
    assert rows_of(kept(tmp_path) / "questions.jsonl") == [
        {key: row[key] for key in ("question", "options", "other")} for row in ASKED
    ]
    # The web process has no token, and no reason to know of the references.
    assert repos_asked(hub) == {"org/q"}
    assert {request.token for request in hub.requests} == {None}
    assert not (kept(tmp_path) / "references.jsonl").exists()


def test_a_revision_is_fetched_once(hub: HubServer, machine: Machine, tmp_path: Path) -> None:
    folder = tmp_path / "challenge"
    on_hub(folder)
    machine("fetched", folder=folder, data=tmp_path)
    hub.requests.clear()

    assert machine("fetched", folder=folder, data=tmp_path) == {"done": None}
    assert hub.requests == []

    on_hub(folder, {"revision": "v2"})
    assert machine("fetched", folder=folder, data=tmp_path) == {"done": None}
    assert [item.id for item in load_items(kept(tmp_path))] == ["1"]


def test_a_commit_is_a_revision(hub: HubServer, machine: Machine, tmp_path: Path) -> None:
    on_hub(tmp_path / "challenge", {"revision": commit_of("org/q", "v2")})

    assert machine("fetched", folder=tmp_path / "challenge", data=tmp_path) == {"done": None}

    assert [item.id for item in load_items(kept(tmp_path))] == ["1"]


@pytest.mark.parametrize(("config", "items"), [("one", 2), ("two", 1)])
def test_a_config_is_chosen(
    hub: HubServer, machine: Machine, tmp_path: Path, config: str, items: int
) -> None:
    on_hub(tmp_path / "challenge", {"id": "org/configs", "config": config})

    assert machine("fetched", folder=tmp_path / "challenge", data=tmp_path) == {"done": None}

    assert len(load_items(kept(tmp_path))) == items


def test_what_is_kept_is_served_without_the_hub(
    hub: HubServer, machine: Machine, tmp_path: Path
) -> None:
    on_hub(tmp_path / "challenge")
    machine("fetched", folder=tmp_path / "challenge", data=tmp_path)

    with machine_at(DEAD, tmp_path / "restarted") as restarted:
        opened = restarted("opened", folder=tmp_path / "challenge", data=tmp_path)

    assert opened == {"done": {"tracks": ["mini"], "faults": []}}


def test_references_are_read_with_their_token(
    hub: HubServer, machine: Machine, tmp_path: Path
) -> None:
    on_hub(tmp_path / "challenge")
    given = {"folder": tmp_path / "challenge", "data": tmp_path, "references": True}

    assert machine("fetched", **given, token=RIGHT) == {"done": None}

    references = load_references(kept(tmp_path), load_items(kept(tmp_path)))
    assert {key: [one.answer for one in copies] for key, copies in references.items()} == {
        "1": ["<A>", "<B>"],
        "2": ["<A>", "<B>"],
    }
    assert references["1"][0].point == ()
    assert references["2"][0].point[0].aliases == ("同义",)
    assert repos_asked(hub) == {"org/q", "org/gold"}
    # It is for references: whoever serves the questions is not told it.
    assert {("gold" in request.target, request.token) for request in hub.requests} == {
        (True, RIGHT),
        (False, None),
    }

    hub.requests.clear()
    assert machine("fetched", **given, token=RIGHT) == {"done": None}
    assert hub.requests == []


class Refusal(NamedTuple):
    """The reason given for what is declared of questions, or of references and read by a token."""

    reason: str
    questions: Mapping[str, str] = MappingProxyType({})
    gold: Mapping[str, str] = MappingProxyType({})
    token: str | None = None


MISSING = "doesn't exist on the Hub or cannot be accessed."
REFUSALS = {
    "gone": Refusal(f"Dataset 'org/gone' {MISSING}", {"id": "org/gone"}),
    "gone, with a token": Refusal(
        f"Dataset 'org/gone' {MISSING}", gold={"id": "org/gone"}, token=RIGHT
    ),
    "private": Refusal(f"Dataset 'org/elsewhere' {MISSING}", {"id": "org/elsewhere"}),
    "private, with another's token": Refusal(
        f"Dataset 'org/elsewhere' {MISSING}",
        gold={"id": "org/elsewhere"},
        token=RIGHT,
    ),
    "private, with a revoked token": Refusal(
        "Client error '401 Unauthorized'",
        gold={"id": "org/elsewhere"},
        token=REVOKED,
    ),
    "gated": Refusal("Dataset 'org/gated' is a gated dataset on the Hub.", {"id": "org/gated"}),
    "gated, with a token": Refusal(
        "Dataset 'org/gated' is a gated dataset on the Hub. Visit the dataset page",
        gold={"id": "org/gated"},
        token=RIGHT,
    ),
    "unknown revision": Refusal(
        "Revision 'v9' doesn't exist for dataset 'org/q' on the Hub.", {"revision": "v9"}
    ),
    "unknown split": Refusal("Unknown split \"dev\". Should be one of ['test'].", {"split": "dev"}),
    "unknown config": Refusal("BuilderConfig 'three' not found.", {"config": "three"}),
    "config not named": Refusal("Config name is missing.", {"id": "org/configs"}),
    "no rows": Refusal("The directory at hf://datasets/org/bare@", {"id": "org/bare"}),
    "broken rows": Refusal("An error occurred while generating", {"id": "org/broken"}),
    # The client makes times of texts that all look like dates; they would not be answered alike.
    "dates": Refusal(
        "texts that look like dates were read as times",
        gold={"id": "org/dates"},
        token=RIGHT,
    ),
    # Only a path is in the table then, and a path may name any file of the machine.
    "pictures beside the table": Refusal("a picture is not in the table", {"id": "org/beside"}),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_read_is_said_in_a_sentence(
    hub: HubServer, machine: Machine, tmp_path: Path, refusal: Refusal
) -> None:
    file = on_hub(tmp_path / "challenge", refusal.questions, **refusal.gold)
    given = {"folder": tmp_path / "challenge", "data": tmp_path}
    if refusal.gold:
        # As it goes: the web process has fetched the questions before a worker needs more.
        assert machine("fetched", **given) == {"done": None}

    result = machine("fetched", **given, references=bool(refusal.gold), token=refusal.token)

    source = {"id": "org/q", "revision": "v1", **refusal.questions, **refusal.gold}
    place = f"{file}, line {line_of_dev(file)}: {source['id']} at {source['revision']}"
    assert result["error"]["en"].startswith(
        f"{place} cannot be read from the Hub: {refusal.reason}"
    )
    for language in LANGUAGES:
        sentence = result["error"][language]
        said = (str(file), f"{line_of_dev(file)}", source["id"], source["revision"])
        assert all(part in sentence for part in (*said, refusal.reason))
        assert "\n" not in sentence
        assert tokens_in(sentence) == []
    # With every debug message of the client, and the traceback.
    assert tokens_in(machine.log.read_text("utf-8")) == []
    name = "references.jsonl" if refusal.gold else "questions.jsonl"
    assert not (kept(tmp_path) / name).exists()


@pytest.mark.parametrize("revision", ["v1", "v2"])
@pytest.mark.parametrize("token", [None, ELSEWHERE, REVOKED])
def test_nothing_is_taken_from_what_another_token_read(
    hub: HubServer, machine: Machine, tmp_path: Path, token: str | None, revision: str
) -> None:
    """The client alone would give the latest rows it has cached, of whatever revision."""
    on_hub(tmp_path / "challenge")
    first = {"folder": tmp_path / "challenge", "data": tmp_path / "first"}
    assert machine("fetched", **first, references=True, token=RIGHT) == {"done": None}

    on_hub(tmp_path / "challenge", revision=revision)
    second = {"folder": tmp_path / "challenge", "data": tmp_path / "second"}
    assert machine("fetched", **second) == {"done": None}
    result = machine("fetched", **second, references=True, token=token)

    assert f"org/gold at {revision} cannot be read from the Hub" in result["error"]["en"]
    assert not (kept(tmp_path / "second") / "references.jsonl").exists()


def test_a_revision_that_cannot_be_read_leaves_what_is_kept(
    hub: HubServer, machine: Machine, tmp_path: Path
) -> None:
    on_hub(tmp_path / "challenge")
    machine("fetched", folder=tmp_path / "challenge", data=tmp_path)

    on_hub(tmp_path / "challenge", {"revision": "v9"})
    assert "error" in machine("fetched", folder=tmp_path / "challenge", data=tmp_path)
    on_hub(tmp_path / "challenge")
    hub.requests.clear()

    assert machine("fetched", folder=tmp_path / "challenge", data=tmp_path) == {"done": None}
    assert hub.requests == []
    assert len(load_items(kept(tmp_path))) == 2


def test_the_other_tracks_are_served(hub: HubServer, machine: Machine, tmp_path: Path) -> None:
    folder = tmp_path / "challenge"
    on_hub(folder)
    gone = on_hub(folder, {"id": "org/gone"}, "gone")
    # Rows that are no questions: answers would be given to everybody.
    on_hub(folder, {"id": "org/solved"}, "solved")

    opened = machine("opened", folder=folder, data=tmp_path)["done"]

    assert opened["tracks"] == ["mini"]
    for language in LANGUAGES:
        of_gone, of_solved = (fault[language] for fault in opened["faults"])
        assert str(gone) in of_gone and f"{line_of_dev(gone)}" in of_gone
        assert "org/gone" in of_gone
        assert str(kept(tmp_path, "solved") / "questions.jsonl") in of_solved
        assert "<A>" not in of_solved
    assert "org/gold" not in repos_asked(hub)
    log = machine.log.read_text("utf-8")
    assert f"A track is not served. {opened['faults'][0]['en']}" in log


def test_a_challenge_without_a_whole_track_is_refused(
    hub: HubServer, machine: Machine, tmp_path: Path
) -> None:
    file = on_hub(tmp_path / "challenge", {"id": "org/gone"})

    result = machine("opened", folder=tmp_path / "challenge", data=tmp_path)

    assert f"{file}, line {line_of_dev(file)}: org/gone at v1" in result["error"]["en"]


# Kept as they are: neither is decoded.
PNG, JPEG = PIXEL, b"\xff\xd8\xff\xe0 a scan \xff\xd9"


def named(picture: bytes) -> str:
    """Return how a picture's file is named: by what it holds."""
    return hashlib.sha256(picture).hexdigest()[:16]


Picture = tuple[str | None, bytes] | None


def written(picture: Picture) -> tuple[str | None, str] | None:
    """Return a picture as JSON can hold it."""
    return picture and (picture[0], base64.b64encode(picture[1]).decode())


@pytest.mark.parametrize(
    ("column", "pictures", "paths"),
    [
        (
            "image",
            # Some libraries leave the name of a picture out.
            [("scan.JPG", JPEG), (None, PNG), None],
            [{f"images/{named(JPEG)}.jpg": JPEG}, {f"images/{named(PNG)}.png": PNG}, {}],
        ),
        (
            "images",
            [[("a/1.png", PNG), ("b/1.png", JPEG)], [], [(None, PNG)]],
            [
                {f"images/{named(PNG)}.png": PNG, f"images/{named(JPEG)}.png": JPEG},
                {},
                {f"images/{named(PNG)}.png": PNG},
            ],
        ),
    ],
)
def test_pictures_become_files(
    hub: HubServer,
    machine: Machine,
    tmp_path: Path,
    column: str,
    pictures: list[Any],
    paths: list[dict[str, bytes]],
) -> None:
    drawn = [[*map(written, p)] if column == "images" else written(p) for p in pictures]
    machine("drawn", file=tmp_path / "t.parquet", column=column, pictures=drawn)
    rows = (tmp_path / "t.parquet").read_bytes()
    hub.repos[f"org/{column}", "v1"] = {"data/test-00000-of-00001.parquet": rows}
    on_hub(tmp_path / "challenge", {"id": f"org/{column}"})

    assert machine("fetched", folder=tmp_path / "challenge", data=tmp_path) == {"done": None}

    items = load_items(kept(tmp_path))
    assert [
        {path: (kept(tmp_path) / path).read_bytes() for path in item.images} for item in items
    ] == paths
    assert [item.copies[0].question for item in items] == ["图1", "图2", "图3"]


FILE = "/datasets/org/gold/resolve/v2/test.jsonl"
GOLD = REPOS["org/gold", "v2"]["test.jsonl"]


@pytest.mark.parametrize(
    ("method", "target", "headers", "status", "code", "body"),
    [
        ("GET", FILE, {}, 200, None, GOLD),
        ("HEAD", FILE, {}, 200, None, b""),
        ("GET", FILE, {"Range": "bytes=2-4"}, 206, None, GOLD[2:5]),
        ("GET", FILE, {"Range": "bytes=9-"}, 206, None, GOLD[9:]),
        ("GET", FILE, {"Range": "bytes=999999-"}, 416, None, None),
        ("GET", FILE.replace("test.jsonl", "no.jsonl"), {}, 404, "EntryNotFound", None),
        ("GET", FILE.replace("v2", "v9"), {}, 404, "RevisionNotFound", None),
        ("GET", FILE.replace("gold", "elsewhere"), {}, 404, "RepoNotFound", None),
        ("GET", FILE, {"Authorization": ""}, 401, "RepoNotFound", None),
        ("GET", FILE, {"Authorization": f"Bearer {REVOKED}"}, 401, None, None),
        ("GET", FILE.replace("gold", "gated"), {}, 403, "GatedRepo", None),
        ("POST", FILE, {}, 501, None, None),
        ("GET", f"{FILE}?download=true", {}, 501, None, None),
        ("GET", "/api/whoami-v2", {}, 501, None, None),
        ("GET", "/api/datasets/org/gold/tree/v2?recursive=true&expand=true", {}, 501, None, None),
    ],
)
def test_the_hub_of_these_tests_is_strict(
    shared_hub: HubServer,
    method: str,
    target: str,
    headers: dict[str, str],
    status: int,
    code: str | None,
    body: bytes | None,
) -> None:
    connection = http.client.HTTPConnection(urlsplit(shared_hub.url).netloc)
    connection.request(method, target, headers={"Authorization": f"Bearer {RIGHT}", **headers})
    response = connection.getresponse()
    found = response.read()
    connection.close()

    assert (response.status, response.headers["X-Error-Code"]) == (status, code)
    assert body is None or found == body
    assert status != 200 or response.headers["X-Repo-Commit"] == commit_of("org/gold", "v2")
    assert [one.target for one in shared_hub.unexpected] == [target] * (status == 501)
    shared_hub.unexpected.clear()
