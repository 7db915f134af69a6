"""`python -m evaluator baseline …` as maintainers call it: what is asked, submitted and printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
import yaml

from evaluator.__main__ import main
from evaluator.baselines.library import find_model
from evaluator.predictions import Predictions
from evaluator.records import Record, Submission
from evaluator.reported_file import COLUMNS
from evaluator.schema import open_database
from evaluator.settings import settings
from evaluator.store import Store
from tests.chat_server import Act, ChatServer, Data, chat_server, fail
from tests.evaluator.baselines.running import PRICE, answer, append_all, mini_run
from tests.folders import mini_answers, mini_challenge, write_lines
from tests.provider_server import MODEL, completion

DECLARED: dict[str, Any] = {
    "name": "tested",
    "provider": "openai",
    "model": "asked-model",
    "stream": False,
    "decoding": {"max_tokens": 100},
    "pace": {"parallel": 4, "tries": 1},
    # A dollar for a token, a cent for one of the answer.
    "price": {"input": 1_000_000, "output": 10_000, "source": "list", "date": "2026-01-01"},
    "title": "Tested",
    "organisation": "Nobody",
    "access": "open",
    "parameters": "7B",
    "released": "2025-05",
    "licence": "MIT",
    "source": "https://example.org/tested",
}
PLACE = ("--model", "tested", "--track", "mini")
IMPORT = (*PLACE, "--recorded-on", "2024-02", "--source", "a paper", "--licence", "CC-BY-4.0")


class Called(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


class Office(NamedTuple):
    """The folders of a test, and the server that its declared model is behind."""

    folder: Path
    server: ChatServer
    call: Callable[..., Called]

    @property
    def challenge(self) -> Path:
        """Return the challenge's folder."""
        return self.folder / "challenge"

    def declare(self, **changes: Any) -> None:
        """Declare the model anew; None leaves a field out."""
        fields = {**DECLARED, "base_url": self.server.url, **changes}
        written = {name: value for name, value in fields.items() if value is not None}
        file = self.challenge / "baselines" / f"{fields['name']}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(written), "utf-8")

    def record(self, key: str) -> Record:
        """Return a submission."""
        return self.store.record(key)

    @property
    def store(self) -> Store:
        """Return the store that the commands wrote to."""
        return Store(open_database(f"sqlite:///{self.folder / 'data' / 'submissions.sqlite'}"))


def reply(request: Data, number: int) -> Act:
    """Answer every choice with B, every open question with a sentence."""
    return completion("答案：B" if "A. " in request["messages"][-1]["content"] else "患者发热三天")


@pytest.fixture
def office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Office]:
    """The mini challenge with one declared model, and a way to call commands on it."""
    mini_challenge(tmp_path / "challenge")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CHALLENGE_DIR", str(tmp_path / "challenge"))

    def call(*arguments: str, language: str = "en") -> Called:
        settings.cache_clear()
        code = main(["--lang", language, "baseline", *arguments])
        return Called(code, *capsys.readouterr())

    with chat_server(reply) as server:
        opened = Office(tmp_path, server, call)
        opened.declare()
        yield opened
    settings.cache_clear()


def test_a_dry_run_shows_prompts_and_cost_and_asks_nothing(office: Office) -> None:
    office.declare(prompt={"system": "Be brief."})
    done = office.call("run", *PLACE, "--dry-run")

    assert (done.code, done.err) == (0, "")
    first, second, third, cost = done.out.split("\n\n")
    assert first == "--- Choice 1 #1\nsystem:\nBe brief.\nuser:\n问题1\nA. 对\nB. 错"
    assert second.startswith("--- Choice 1 #2\n")
    assert third.startswith("--- Choice 2 #1\n")
    # A choice has 21 bytes, a report 7, the system's turn 9: 4 · 30 + 2 · 16 = 152 bytes, of which
    # 3.5 are counted as a token: 43 tokens; and at most as many as there are bytes. To that
    # 6 · 300 tokens of answer, or at most 6 · 100.
    assert cost == (
        "6 questions to ask, 0 of them with images; 0 skipped for their images. About 43 tokens "
        "in, images aside. Estimated cost 61.43 USD with 300 tokens an answer, thinking included; "
        "at most 158.00 USD.\n"
    )
    assert office.server.requests == []
    assert not (office.folder / "data" / "baselines").exists()


def test_without_a_price_a_dry_run_says_so(office: Office) -> None:
    office.declare(price=None)
    cost = office.call("run", *PLACE, "--dry-run").out.split("\n\n")[-1]

    assert cost == (
        "6 questions to ask, 0 of them with images; 0 skipped for their images. About 28 tokens "
        "in, images aside. The declaration says no price.\n"
    )


def test_a_run_is_submitted_once_with_its_origin(office: Office) -> None:
    first = office.call("run", *PLACE)
    again = office.call("run", *PLACE, "--parallel", "2")

    assert (first.code, again.code) == (0, 0)
    assert first.err.splitlines()[-1] == "answered 6; 114 tokens in, 60 tokens out."
    # The same id, and nothing asked for it.
    assert again.out == first.out
    assert len(office.server.requests) == 6
    key = first.out.strip()
    assert re.fullmatch(r"self-run-[0-9a-f]{16}", key)
    record = office.record(key)
    submission = record.submission
    assert record.status == "queued"
    assert (submission.track, submission.phase, submission.team) == ("mini", "dev", "maintainers")
    assert (submission.provenance, submission.file_name) == ("self-run", "predictions.zip")
    entry = submission.entry
    assert (entry.model, entry.organisation, entry.access) == ("Tested", "Nobody", "open")
    assert (entry.parameters, entry.released, entry.pseudonym) == ("7B", "2025-05", "")
    origin = submission.origin
    assert origin
    assert (origin.provider, origin.asked, origin.snapshots) == (
        "openai: 127.0.0.1",
        "asked-model",
        {MODEL: 6},
    )
    assert origin.states == {"answered": 6}
    # 114 tokens at a dollar and 60 at a cent.
    assert (origin.cost, origin.licence) == (114.6, "MIT")
    answers = office.store.predictions(key).answers
    assert answers["Choice"] == {"1": ("答案：B", "答案：B"), "2": ("答案：B", "答案：B")}
    assert answers["Report"] == {"1": ("患者发热三天",), "2": ("患者发热三天",)}


def test_another_decoding_is_another_entry(office: Office) -> None:
    first = office.call("run", *PLACE)
    office.declare(decoding={"max_tokens": 101})
    other = office.call("run", *PLACE)

    assert first.out != other.out
    assert len(office.server.requests) == 12


def test_so_many_at_once_as_are_wished_for(office: Office) -> None:
    office.server.script = lambda r, n: Act(body=reply(r, n).body, seconds=0.05)
    done = office.call("run", *PLACE, "--parallel", "2", "--no-submit")

    assert done.code == 0
    assert office.server.most_at_once == 2


def test_answers_may_be_kept_without_being_submitted(office: Office) -> None:
    done = office.call("run", *PLACE, "--no-submit")

    path = Path(done.out.strip())
    assert (done.code, path.name, path.exists()) == (0, "predictions.zip", True)
    assert path.is_relative_to(office.folder / "data" / "baselines")
    assert not (office.folder / "data" / "submissions.sqlite").exists()


def test_a_team_takes_part_with_its_own_address(office: Office) -> None:
    office.declare(team="某医院")
    # No address of a test is a team's; what was answered before need not be asked.
    run = mini_run(office.folder, find_model("tested", office.challenge))
    keys = [asking.key._asdict() for asking in run.questions()]
    append_all(run.journal, [answer(said="B", model=MODEL, **key) for key in keys])
    done = office.call("run", *PLACE)

    assert done.code == 0, done.err
    assert office.server.requests == []
    submission = office.record(done.out.strip()).submission
    assert (submission.team, submission.provenance) == ("某医院", "participant")
    assert submission.origin
    # Whose server it is, is the team's to tell.
    assert submission.origin.provider == "openai"
    assert submission.origin.snapshots == {MODEL: 6}


def test_what_could_not_stand_is_not_asked(office: Office) -> None:
    """A team that hides behind a pseudonym is not named by the maintainers' run."""
    (office.folder / "data").mkdir()
    entry = replace(find_model("tested", office.challenge).entry, pseudonym="4f2a1c")
    hidden = Submission("mini", "dev", "某医院", entry, "a.zip", "0" * 64)
    office.store.accept(hidden, Predictions({}), lambda _connection, _key: None)
    office.declare(team="某医院")
    done = office.call("run", *PLACE)

    assert (done.code, done.out) == (1, "")
    assert "under a pseudonym" in done.err
    assert office.server.requests == []


@pytest.mark.parametrize("command", ["run", "repeat"])
def test_a_teams_address_may_not_lead_into_this_network(office: Office, command: str) -> None:
    # What was answered unguarded is not the team's either.
    office.call("run", *PLACE, "--no-submit")
    office.declare(team="某医院")
    done = office.call(command, *PLACE)

    assert (done.code, done.out) == (1, "")
    assert "127.0.0.1, which is no address of the public internet." in done.err
    assert len(office.server.requests) == 6


def test_a_limit_ends_a_run_that_goes_on_with_more(office: Office) -> None:
    # Each may cost 10 USD and costs 1.
    office.declare(price=PRICE)
    stopped = office.call("run", *PLACE, "--max-cost", "12.5")
    assert (stopped.code, stopped.out) == (1, "")
    counted, why = stopped.err.splitlines()
    assert counted == "answered 3; 57 tokens in, 30 tokens out."
    assert why.startswith("Stopped: 3.0000 USD are spent, and the next request may cost 10.0000")

    done = office.call("run", *PLACE, "--max-cost", "20")
    assert done.code == 0
    assert len(office.server.requests) == 6


def test_what_failed_is_said_and_asked_again(office: Office) -> None:
    office.server.script = lambda r, n: fail(503) if n == 2 else reply(r, n)
    failed = office.call("run", *PLACE)

    assert (failed.code, failed.out) == (1, "")
    assert failed.err.splitlines() == [
        "answered 5; 95 tokens in, 50 tokens out.",
        "1 question(s) got no answer; the same command asks them again. The provider is busy or "
        "has failed: HTTP status 503.",
    ]
    assert office.call("run", *PLACE).code == 0
    assert len(office.server.requests) == 7


@pytest.mark.parametrize(
    ("changes", "arguments", "sentence"),
    [
        ({}, ["--model", "gpt-9"], "There is no model “gpt-9”; declared are: tested, claude-"),
        ({}, ["--track", "maxi"], "There is no track “maxi”; this challenge has: mini."),
        ({}, ["--phase", "final"], "has no phase “final”; it has: dev, test."),
        ({"key": "NO_SUCH_KEY"}, [], "NO_SUCH_KEY is not set; it must hold the key for tested."),
        ({"price": None}, ["--max-cost", "5"], "tested declares no price, so no cost can be"),
        ({"snapshot": "other"}, [], f"answered as {MODEL}, not as the declared snapshot other."),
        ({"parameters": "x" * 21}, [], "declares no entry: Write the number of parameters in"),
        ({"top_k": 1}, [], "top_k: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_run_is_a_sentence(
    office: Office, changes: dict[str, Any], arguments: list[str], sentence: str
) -> None:
    office.declare(**changes)
    done = office.call("run", *PLACE, *arguments)

    assert (done.code, done.out) == (1, "")
    assert sentence in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", *PLACE, "--max-cost", "0"],
        ["run", *PLACE, "--max-cost", "nan"],
        ["run", *PLACE, "--max-cost", "inf"],
        ["run", *PLACE, "--parallel", "0"],
        ["run", "--model", "tested"],
        ["repeat", *PLACE, "--runs", "1"],
        ["repeat", *PLACE, "--items", "0"],
        ["import", "f.jsonl", *PLACE, "--source", "s", "--licence", "l"],
        ["import", "f.jsonl", *IMPORT, "--recorded-on", "2024-13"],
        ["import", "f.jsonl", *IMPORT, "--recorded-on", "May"],
        [],
    ],
)
def test_wrong_usage_is_exit_code_2(office: Office, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        office.call(*arguments)

    assert caught.value.code == 2


def test_recorded_outputs_are_imported_once(office: Office) -> None:
    file = str(write_lines(office.folder / "gpt.jsonl", mini_answers()))
    first = office.call("import", file, *IMPORT)
    again = office.call("import", file, *IMPORT)

    assert (first.code, first.err) == (0, "")
    assert again.out == first.out
    key = first.out.strip()
    assert re.fullmatch(r"recorded-[0-9a-f]{16}", key)
    submission = office.record(key).submission
    assert (submission.team, submission.provenance) == ("maintainers", "recorded")
    assert submission.file_name == "gpt.jsonl"
    assert submission.origin
    assert submission.origin.model_dump(exclude_defaults=True) == {
        "asked": "asked-model",
        "first": "2024-02",
        "last": "2024-02",
        "outputs_hash": submission.file_hash,
        "licence": "CC-BY-4.0",
        "source": "a paper",
    }
    assert office.store.predictions(key).answers["Choice"]["1"] == ("<A>", "<B>")

    # A source that was mended is another submission, which replaces the first on the board.
    mended = office.call("import", file, *IMPORT, "--source", "another word for it").out.strip()
    assert mended != key
    assert office.record(mended).submission.origin.source == "another word for it"

    # Other outputs of the same model are another entry.
    other = write_lines(office.folder / "gpt.jsonl", mini_answers("发热"))
    assert office.call("import", str(other), *IMPORT).out not in ("", first.out)
    assert office.server.requests == []


def test_a_file_that_is_refused_is_told_why(office: Office) -> None:
    file = write_lines(office.folder / "short.jsonl", mini_answers()[:-1])
    done = office.call("import", str(file), *IMPORT)
    absent = office.call("import", str(office.folder / "absent.jsonl"), *IMPORT)

    assert (done.code, done.out) == (1, "")
    assert "The file was refused: 1 problem(s)" in done.err
    assert "Items of dataset Report are missing" in done.err
    assert absent.err == f"There is no file {office.folder / 'absent.jsonl'}.\n"
    with office.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM submissions").scalar() == 0


def figures(file: Path, *rows: dict[str, str]) -> str:
    """Write a file of reported figures."""
    good = dict.fromkeys(COLUMNS, "") | {
        "model": "GPT-9",
        "benchmark": "v4",
        "date": "2026-01",
        "overall": "58.3",
        "source": "https://example.org",
    }
    lines = [",".join({**good, **row}.values()) for row in rows]
    file.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", "utf-8")
    return str(file)


def test_figures_reported_elsewhere_are_taken_and_published(office: Office) -> None:
    done = office.call("reported", figures(office.folder / "f.csv", {}, {"model": "Claude-9"}))

    taken = office.challenge / "reported.csv"
    assert (done.code, done.out, done.err) == (0, f"{taken}\n", "")
    assert taken.read_bytes() == (office.folder / "f.csv").read_bytes()
    published = pq.read_table(office.folder / "data" / "board" / "reported.parquet").to_pylist()
    assert [(row["model"], row["overall"]) for row in published] == [
        ("GPT-9", 58.3),
        ("Claude-9", 58.3),
    ]
    # The challenge's own file may be named too.
    assert office.call("reported", str(taken)).code == 0


def test_figures_that_lack_something_are_refused_whole(office: Office) -> None:
    office.call("reported", figures(office.folder / "f.csv", {}))
    published = office.folder / "data" / "board" / "reported.parquet"
    before = published.read_bytes(), (office.challenge / "reported.csv").read_bytes()
    file = figures(
        office.folder / "g.csv",
        {"model": "A", "source": ""},
        {"model": "B", "date": ""},
        {"model": "C"},
        {"model": "D", "benchmark": "", "overall": "101"},
    )
    done = office.call("reported", file)

    needed = "a row with figures needs model, benchmark, date, source."
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines() == [
        f"{file}, line 2: source is missing; {needed}",
        f"{file}, line 3: date is missing; {needed}",
        f"{file}, line 5: benchmark is missing; {needed}",
        f"{file}, line 5: overall: “101” is not a number of points from 0 to 100, such as 58.3.",
        f"{file} is not published; it has 4 fault(s). The first: "
        f"{file}, line 2: source is missing; {needed}",
    ]
    assert (published.read_bytes(), (office.challenge / "reported.csv").read_bytes()) == before
    assert office.call("reported", str(office.folder / "absent.csv")).code == 1


def test_asking_again_tells_how_far_answers_agree(office: Office) -> None:
    asked: list[str] = []

    def script(request: Data, number: int) -> Act:
        content = request["messages"][-1]["content"]
        asked.append(content)
        # The second choice is answered otherwise in the third run, both its copies.
        if content.startswith("问题2\n") and asked.count(content) == 3:
            return completion("A")
        return reply(request, number)

    office.server.script = script
    done = office.call("repeat", *PLACE)

    # Of three pairs of runs one agrees on two of four questions: (3 + 3 + 1 + 1) / 12.
    assert done.code == 0
    assert [line.split() for line in done.out.splitlines()[:-1]] == [
        ["Choice", "2", "/", "4", "66.7%"],
        ["Report", "2", "/", "2", "100.0%"],
    ]
    assert done.out.splitlines()[-1] == ("4 of 6 questions were answered alike in all 3 runs.")
    assert len(asked) == 18

    # The same runs again, and one more.
    assert office.call("repeat", *PLACE, "--runs", "4").code == 0
    assert len(asked) == 24
    # A run of its own has answers of its own.
    office.call("run", *PLACE, "--no-submit")
    assert len(asked) == 30


def test_known_models_are_listed(office: Office) -> None:
    office.declare(name="local", provider="transformers", base_url=None, key=None)
    done = office.call("list")

    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert ["tested", "openai", "asked-model", "–"] in rows
    assert ["local", "transformers", "asked-model", "–"] in rows
    assert ["gpt-4.1", "openai", "gpt-4.1-2025-04-14", "OPENAI_API_KEY"] in rows


def test_a_run_says_what_it_was_made_of(office: Office) -> None:
    path = Path(office.call("run", *PLACE, "--no-submit").out.strip())

    manifest = json.loads((path.parent / "manifest.json").read_bytes())
    assert manifest["model"]["pace"]["parallel"] == 4


CHINESE = [
    (["run", *PLACE, "--dry-run"], "共提问 6 道题目"),
    (["run", "--model", "gpt-9", "--track", "mini"], "gpt-9"),
    (["run", *PLACE, "--max-cost", "1"], "上限 1 美元"),
    (["run", *PLACE, "--phase", "final"], "final"),
    (["repeat", *PLACE, "--items", "1"], "3 次"),
    (["import", "absent.jsonl", *IMPORT], "absent.jsonl"),
    (["reported", "absent.csv"], "absent.csv"),
]


@pytest.mark.parametrize(("arguments", "said"), CHINESE)
def test_messages_are_in_chinese_where_wished(
    office: Office, arguments: list[str], said: str
) -> None:
    done = office.call(*arguments, language="zh")
    told = (done.out + done.err).splitlines()[-1]

    assert said in told
    assert re.search(r"[一-鿿]{4}", told)
    assert not re.search(r"\b(the|is|no|of|questions)\b", told)


def test_a_finished_run_needs_no_key(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "k")
    office.declare(key="TEST_KEY")
    first = office.call("run", *PLACE)
    monkeypatch.delenv("TEST_KEY")

    assert office.call("run", *PLACE).out == first.out


def test_a_faulty_declaration_hides_no_other(office: Office) -> None:
    office.declare(name="faulty", provider="gemini")
    done = office.call("list")

    assert done.code == 0
    assert "faulty.yaml" in done.err
    assert "tested" in done.out
