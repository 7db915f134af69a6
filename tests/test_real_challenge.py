"""Three real systems on real cases: scored by the server, by upload and by the command line.

Of the 300 cases every third is served: seven scorings of 100 items in float32, two at a time.
`python -m benchmarks.real_challenge` scores all.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from playwright.sync_api import Browser, expect

from benchmarks.build_real_challenge import (
    NAME,
    SYSTEMS,
    DataMissing,
    build,
    main,
    predictions,
    read_lines,
    real_data,
)
from benchmarks.real_sets import SETS, XRAY
from evaluator.challenge import load_challenge
from evaluator.encoders import baseline
from evaluator.metrics.metric import Statistic
from evaluator.pairs import compare
from evaluator.schema import open_database
from evaluator.settings import Limits
from evaluator.store import Store
from evaluator.submission import read_submission
from tests.site import ROOT, Site
from tests.visitors import CHROMIUM

try:
    DATA = real_data(*(chosen.folder for chosen in SETS))
except DataMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

pytestmark = pytest.mark.slow

UPLOADED = "dialog_wenxin.jsonl"
CASES = 100
MODEL = "gpt-4-one-step"
IMPORTED = (
    *("--model", MODEL, "--track", NAME, "--phase", "test", "--recorded-on", "2024-02"),
    *("--source", "LibertFan/AI_Hospital", "--licence", "MIT"),
)
# The case that is worked by hand is served too.
BY_HAND = 1388
PATIENCE_SECONDS = 1500.0
SCORE = (sys.executable, "-m", "evaluator", "score")
# One thread each for server and command: two processes of two threads would wait for each other.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Run:
    """One scoring by command line: what it printed, how long it took, its peak memory in MB."""

    printed: dict[str, Any]
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Served:
    """The challenge after everything was scored in every way; `rows` are by entry."""

    site: Site
    challenge: Path
    results: dict[str, dict[str, Any]]
    rows: dict[str, list[Statistic]]
    commands: dict[str, Run]
    uploaded: dict[str, Any]
    uploaded_rows: list[Statistic]
    idle_megabytes: float
    seconds: float


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Build, serve, upload and score; the command line works while the server's worker does."""
    started = time.monotonic()
    folder = tmp_path_factory.mktemp("real")
    challenge = build(DATA, folder / "challenge")
    serve_some(challenge)
    outputs = take_out(challenge, folder)
    site = Site(folder / "data", CHALLENGE_DIR=str(challenge), **ONE_THREAD).start()
    try:
        assert site.process
        idle = resident_megabytes(site.process.pid)
        site.command("baseline", "import", str(outputs), *IMPORTED)
        site.command("baseline", "reported", str(ROOT / "challenge" / "reported.csv"))
        accepted = site.submit(
            challenge / "entries" / UPLOADED, "Wenxin (uploaded)", track=NAME, phase="test"
        )
        assert accepted["accepted"], accepted
        commands = {
            system.file: command(challenge, challenge / "entries" / system.file, folder)
            for system in SYSTEMS
        }
        store = Store(open_database(f"sqlite:///{site.data_dir / 'submissions.sqlite'}"))
        site.wait_for(lambda: not store.unfinished(), PATIENCE_SECONDS, "not everything was scored")
        recorded = {
            found.record.submission.file_name: found
            for found in store.scores.finished(NAME, "test")
            if found.record.submission.provenance == "recorded"
        }
        yield Served(
            site,
            challenge,
            {name: found.result.model_dump(mode="json") for name, found in recorded.items()},
            {
                name: store.scores.statistics(found.record.id)[NAME]
                for name, found in recorded.items()
            },
            commands,
            site.status(accepted["id"]),
            store.scores.statistics(accepted["id"])[NAME],
            idle,
            time.monotonic() - started,
        )
    finally:
        site.stop()


def serve_some(challenge: Path) -> None:
    """Leave so many of the cases, spread over all, in questions, references and predictions."""
    folder = challenge / NAME / NAME
    known = [line["other"]["id"] for line in read_lines(folder / "questions.jsonl")]
    kept = {BY_HAND, *known[:: len(known) // CASES]}
    kept = {*sorted(kept - {BY_HAND}, key=known.index)[: CASES - 1], BY_HAND}
    files = [folder / name for name in ("questions.jsonl", "references.jsonl")]
    for file in [*files, *(challenge / "entries" / system.file for system in SYSTEMS)]:
        lines = [line for line in read_lines(file) if line["other"]["id"] in kept]
        assert len(lines) == CASES
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        file.write_text(text, encoding="utf-8")


def take_out(challenge: Path, folder: Path) -> Path:
    """Declare the first system as a model instead; return its outputs, to be imported by hand."""
    entries, system = challenge / "entries", SYSTEMS[0]
    entry = yaml.safe_load((entries / system.file).with_suffix(".yaml").read_text("utf-8"))
    said = {key: entry[key] for key in ("organisation", "access", "note", "licence", "source")}
    model = {"name": MODEL, "provider": "openai", "model": "gpt-4", "title": entry["model"]}
    declared = challenge / "baselines" / f"{MODEL}.yaml"
    declared.parent.mkdir()
    declared.write_text(yaml.safe_dump({**model, **said}, allow_unicode=True), "utf-8")
    (entries / system.file).with_suffix(".yaml").unlink()
    outputs = folder / system.file
    outputs.write_bytes((entries / system.file).read_bytes())
    return outputs


def command(challenge: Path, file: Path, folder: Path) -> Run:
    """Score a file as a maintainer would, in a process of its own."""
    started = time.monotonic()
    printed = folder / f"{file.stem}.json"
    with printed.open("wb") as output:
        process = subprocess.Popen(
            [*SCORE, NAME, str(file), "--phase", "test", "--json"],
            cwd=ROOT,
            env={**os.environ, "CHALLENGE_DIR": str(challenge), **ONE_THREAD},
            stdout=output,
        )
        _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    seconds = time.monotonic() - started
    return Run(json.loads(printed.read_bytes()), seconds, usage.ru_maxrss / 1024)


def resident_megabytes(pid: int) -> float:
    """Return the memory a process holds just now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def test_the_three_recorded_entries_are_scored_when_the_server_starts(served: Served) -> None:
    assert set(served.results) == {system.file for system in SYSTEMS}
    for result in served.results.values():
        assert result["datasets"][NAME]["items"] == CASES
        assert result["skipped"] == 0
        assert 0 < result["overall"]["value"] < 1
        assert result["overall"]["interval"][0] < result["overall"]["interval"][1]


def test_the_command_line_gives_what_the_server_gave_to_the_last_digit(served: Served) -> None:
    for file, run in served.commands.items():
        assert run.printed == served.results[file]


def test_an_upload_gets_what_the_recorded_entry_got_item_for_item(served: Served) -> None:
    assert served.uploaded["status"] == "finished"
    assert served.uploaded["result"] == served.commands[UPLOADED].printed
    assert served.uploaded_rows == served.rows[UPLOADED]


def test_hidden_references_show_no_single_items(served: Served) -> None:
    answer = served.site.call(
        "/items", submission_id=served.uploaded["id"], token="", language="en"
    )
    assert "hides its references" in answer["message"]


def test_the_board_says_of_each_recorded_entry_why_rows_do_not_compare(served: Served) -> None:
    board = served.site.call("/leaderboard", track=NAME, phase="test", language="en")
    notes = {row["model"]: row for row in board["entries"] if row["provenance"] == "recorded"}

    assert set(notes) == {system.model for system in SYSTEMS}
    for row in notes.values():
        assert "do not compare the models fairly" in row["note_en"]
        assert "不能据此比较模型优劣" in row["note_zh"]
        assert "MIT" in row["note_en"]
    assert len(board["entries"]) == len(SYSTEMS) + 1


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_comparison_shows_the_recorded_gpt_outputs(served: Served, browser: Browser) -> None:
    page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 1000})
    page.goto(f"{served.site.url}/leaderboard/compare?lang=en&track={NAME}&phase=test")
    verdicts = page.get_by_role("group", name=re.compile("^Against "))
    expect(verdicts).to_contain_text(re.compile("significant|not tested"), timeout=60_000)
    chart = page.get_by_test_id("stPlotlyChart").first
    expect(chart).to_contain_text(re.compile("GPT"), timeout=60_000)
    expect(page.get_by_role("heading", name="Reported elsewhere")).to_be_visible()
    reported = page.get_by_role("group", name=re.compile("^Benchmark version: "))
    expect(reported.first).to_contain_text("as reported by")
    for system in SYSTEMS:
        expect(reported.filter(has_text=system.model)).to_have_count(0)
    page.close()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_of_imported_outputs_says_where_they_come_from(
    served: Served, browser: Browser
) -> None:
    board = served.site.call("/leaderboard", track=NAME, phase="test", language="en")
    [row] = [row for row in board["entries"] if row["model"] == SYSTEMS[0].model]
    page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 1000})
    page.goto(
        f"{served.site.url}/leaderboard/model?lang=en&track={NAME}&phase=test&entry={row['entry']}"
    )
    made = page.get_by_role("group", name="As the harness kept it, or as it was recorded")
    expect(made).to_contain_text("LibertFan/AI_Hospital", timeout=60_000)
    expect(made).to_contain_text("2024-02")
    page.close()


def test_the_recorded_reports_stand_on_a_board_of_their_own(served: Served) -> None:
    board = served.site.call("/leaderboard", track=XRAY.folder, phase="test", language="en")
    rows = {row["model"]: row for row in board["entries"]}

    assert set(rows) == {system.model for system in XRAY.systems}
    for row in rows.values():
        assert (row["compared"], row["rank"]) == (True, None), "a baseline takes no rank"
        assert "no model: it shows what a score is worth" in row["note_en"]


def test_what_was_made_of_references_stands_on_no_board(served: Served) -> None:
    for chosen in SETS:
        if not chosen.systems:
            board = served.site.call(
                "/leaderboard", track=chosen.folder, phase="test", language="en"
            )
            assert board["entries"] == []


def test_one_case_worked_by_hand(served: Served) -> None:
    """Case 1388, hoarseness for two months; GPT-4 names the mass but neither cancer nor surgery."""
    file = SYSTEMS[0].file
    reference = _line(served.challenge / NAME / NAME / "references.jsonl", BY_HAND)
    answer = _line(served.challenge / "entries" / file, BY_HAND)["answer"]
    row = next(row for row in served.rows[file] if row.item == str(BY_HAND))
    recall, _must, has_must, meaning, counted, raw_f1, windowed = row.values

    # Of five points one stands in the answer word for word; the cancer does not.
    literal = [point for point in reference["point"] if point.rstrip("。") in answer]
    assert literal == ["喉镜检查发现右侧声带肿物。"]
    found = {match["point"]: match for match in row.extracted}
    assert found[literal[0]]["covered"]
    assert found[literal[0]]["similarity"] == 1
    assert "喉镜检查发现右侧声带肿物" in found[literal[0]]["span"]
    assert not found[reference["point"][0]]["covered"]
    assert recall == sum(match["covered"] for match in row.extracted) / 5
    assert (has_must, windowed) == (0, 0)
    # It denies nothing, so all of its BERTScore counts.
    assert counted == meaning

    # BERTScore: raw F1 is moved so that the encoder's unrelated texts, 0.8333, come to 0.
    assert baseline("packaged-L12-1571fc982750") == 0.8333
    assert raw_f1 == pytest.approx(0.8830, abs=0.0005)
    assert meaning == pytest.approx((raw_f1 - 0.8333) / (1 - 0.8333), rel=1e-12)


def test_the_scores_are_the_means_of_their_items(served: Served) -> None:
    for file, rows in served.rows.items():
        score = served.results[file]["datasets"][NAME]
        parts = score["parts"]
        means = [sum(row.values[column] for row in rows) / CASES for column in range(7)]
        assert parts["macro_recall"] == pytest.approx(means[0], rel=1e-12)
        assert parts["bertscore"] == pytest.approx(means[3], rel=1e-12)
        assert parts["windowed_share"] == pytest.approx(means[6], rel=1e-12)
        assert score["value"] == pytest.approx(0.8 * means[0] + 0.2 * means[4], rel=1e-12)


def test_differences_between_the_systems_have_intervals(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which system is better is not for this test to say: their protocols differ."""
    scored = np.array(
        [
            [0.8 * row.values[0] + 0.2 * row.values[3] for row in served.rows[s.file]]
            for s in SYSTEMS
        ]
    )
    means = scored.mean(axis=1)
    found = compare(means, [scored - means[:, None]], [1.0])
    lines = []
    for a, b in combinations(range(len(SYSTEMS)), 2):
        assert found.low[a, b] <= found.difference[a, b] <= found.high[a, b]
        lines.append(
            f"{SYSTEMS[a].model} − {SYSTEMS[b].model}: {100 * found.difference[a, b]:+.2f} points "
            f"[{100 * found.low[a, b]:+.2f}, {100 * found.high[a, b]:+.2f}], "
            f"adjusted p {found.adjusted[a, b]:.2g}"
        )
    with capsys.disabled():
        print("\n" + "\n".join([*lines, *_report(served)]))


def _report(served: Served) -> list[str]:
    scores = [
        f"{system.model}: {100 * score['value']:.2f} (recall "
        f"{100 * score['parts']['macro_recall']:.2f}, BERTScore "
        f"{100 * score['parts']['bertscore']:.2f})"
        for system in SYSTEMS
        for score in [served.results[system.file]["datasets"][NAME]]
    ]
    runs = served.commands.values()
    return [
        *scores,
        f"{CASES} items by command line, one thread, beside the server: "
        f"{min(run.seconds for run in runs):.0f} to {max(run.seconds for run in runs):.0f} s, "
        f"peak {max(run.megabytes for run in runs):.0f} MB; portal idle "
        f"{served.idle_megabytes:.0f} MB; seven scorings: {served.seconds:.0f} s",
    ]


def _line(path: Path, item: int) -> dict[str, Any]:
    return next(line for line in read_lines(path) if line["other"]["id"] == item)


def test_the_reader_takes_the_recorded_files_as_they_are(tmp_path: Path) -> None:
    challenge = load_challenge(build(DATA, tmp_path / "challenge"))
    track = challenge.track(NAME)
    for system in SYSTEMS:
        path = DATA / NAME / "predictions" / system.file
        reading = read_submission(path, path.name, challenge, track, track.phase("test"), Limits())
        assert (reading.predictions.items, reading.predictions.skipped) == (300, 0)
        assert reading.notices == []


def test_building_again_changes_nothing(tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {
            str(path.relative_to(tmp_path)): path.read_bytes()
            for path in tmp_path.rglob("*")
            if path.is_file()
        }

    build(DATA, tmp_path)
    first = contents()
    build(DATA, tmp_path)
    assert contents() == first
    recorded = sum(len(chosen.systems) for chosen in SETS)
    made = 2 * sum(not chosen.systems for chosen in SETS)
    assert len(first) == 3 * len(SETS) + 2 * recorded + made


def test_what_was_not_recorded_is_marked_skipped_and_an_empty_text_stays_an_answer() -> None:
    asked = [_question(item) for item in (1, 2, 3, 4)]
    recorded = [{**_question(1), "answer": "肺炎"}, _question(2), {**_question(4), "answer": ""}]
    assert [
        (line["other"]["id"], line["answer"], line.get("skipped", False))
        for line in predictions(asked, recorded, "x.jsonl")
    ] == [
        (1, "肺炎", False),
        (2, None, True),  # recorded as null
        (3, None, True),  # not recorded
        (4, "", False),
    ]


@pytest.mark.parametrize("items", [(1, 1), (1, 7)], ids=["twice", "unknown"])
def test_outputs_that_belong_to_no_question_are_refused(items: tuple[int, int]) -> None:
    with pytest.raises(DataMissing, match=r"x\.jsonl"):
        predictions([_question(1), _question(2)], map(_question, items), "x.jsonl")


def test_missing_data_and_a_target_in_the_repository_are_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(ROOT / "build" / "challenge")]) == 1
    assert "inside the repository" in capsys.readouterr().err
    monkeypatch.setenv("REAL_DATA", str(tmp_path))
    assert main([str(tmp_path / "challenge")]) == 1
    assert "REAL_DATA" in capsys.readouterr().err
    assert not (tmp_path / "challenge").exists()


def _question(item: int) -> dict[str, Any]:
    other = {"id": item, "source": NAME}
    return {"question": "诊断？", "options": None, "answer": None, "other": other}
