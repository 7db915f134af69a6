"""Figures reported elsewhere: one fault at a time, several at once, and the file that ships."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest
import yaml

from evaluator.check import check_challenge
from evaluator.errors import EvaluatorError
from evaluator.reported import (
    NOT_STATED,
    SCHEMA,
    TRANSLATED,
    ReportedUnreadable,
    families,
    publish_reported,
    read_published,
    reported_path,
    reported_table,
)
from evaluator.reported_file import (
    COLUMNS,
    DIMENSIONS,
    FIGURES,
    FILE,
    MAX_BYTES,
    MAX_CHARACTERS,
    MOST_FAULTS,
    REQUIRED,
    Reported,
    ReportedRefused,
    read_reported,
)
from evaluator.settings import ROOT
from evaluator.texts import LANGUAGES

HEADER = ",".join(COLUMNS)
GOOD = {
    "model": "GPT-9",
    "family": "GPT",
    "organisation": "OpenAI",
    "benchmark": "v4",
    "board": "API",
    "date": "2026-01",
    "overall": "58.3",
    "understanding": "60",
    "generation": "70.5",
    "knowledge": "100",
    "reasoning": "0",
    "safety": "",
    "source": "A paper, table 2",
    "note_zh": "",
    "note_en": "",
}
UNFILLED = re.compile(r"\{\w+\}")
SHARED = ROOT.parent / "shared" / "medbench" / "leaderboard_llm_other.csv"
SHARED_TITLES = {
    "overall": "overall",
    "understanding": "医学语言理解",
    "generation": "医学语言生成",
    "knowledge": "医学知识问答",
    "reasoning": "复杂医学推理",
    "safety": "医疗安全和伦理",
}
# Builds, experiments, the nameless, and companies or brands that are no model.
NOT_PUBLIC = re.compile(
    r"sft|mix-|\btest\b|-ori|rich-med|anonymous|中医辨证|bert|qiaojian|NJFH|^微医$|^百度灵医智惠$",
    re.I,
)


def line(**changed: str) -> str:
    """Return a good row as a line of the file, with some cells changed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow({**GOOD, **changed}.values())
    return text.getvalue()


def table(*rows: str, header: str = HEADER) -> bytes:
    """Return a file."""
    return "".join([f"{header}\n", *rows]).encode()


def written(folder: Path, content: bytes) -> Path:
    """Write a challenge's file; return the challenge."""
    (folder / FILE).write_bytes(content)
    return folder


def faults(folder: Path, content: bytes) -> list[str]:
    """Return what is said of a file, without its name."""
    with pytest.raises(ReportedRefused) as refused:
        read_reported(written(folder, content))
    assert isinstance(refused.value, EvaluatorError)
    said = [fault.text("en") for fault in refused.value.faults]
    assert all(one.startswith(str(folder / FILE)) for one in said)
    for language in LANGUAGES:
        told = [refused.value, *refused.value.faults]
        assert not any(UNFILLED.search(one.text(language)) for one in told)
    return [one.removeprefix(str(folder / FILE)) for one in said]


class Fault(NamedTuple):
    """A file with one fault, and what is said behind the file's name."""

    content: bytes
    said: str


LACKS = f"it must name every column: {', '.join(COLUMNS)}."
KNOWN = f"the columns are: {', '.join(COLUMNS)}."
NEEDED = "a row with figures needs model, benchmark, date, source."
NO_FIGURES = dict.fromkeys(FIGURES, "")
NO_POINTS = "is not a number of points from 0 to 100, such as 58.3."
NO_DATE = (
    "is no date; write 2026, 2026-01 or 2026-01-06, with ~ before it for about, + behind it for "
    "then or later."
)
NOT_SHOWN = f"has characters that cannot be shown, or more than {MAX_CHARACTERS}."
FILES = {
    "empty": Fault(b"", f", line 1: the header lacks {', '.join(COLUMNS)}; {LACKS}"),
    "column left out": Fault(
        table(line(), header=HEADER.replace(",source", "")),
        f", line 1: the header lacks source; {LACKS}",
    ),
    "unknown column": Fault(
        table(header=f"{HEADER},rank"), f", line 1: there is no column “rank”; {KNOWN}"
    ),
    "column without a name": Fault(
        table(header=f"{HEADER},"), f", line 1: there is no column “”; {KNOWN}"
    ),
    "column twice": Fault(
        table(header=f"{HEADER},overall"), ", line 1: the column overall stands there twice."
    ),
    "row too short": Fault(
        table(line(), "GPT-9,GPT\n"), ", line 3: the row has 2 cells, the header 15."
    ),
    "row too long": Fault(
        table(line()[:-1] + ",\n"), ", line 2: the row has 16 cells, the header 15."
    ),
    # As Excel saves it in Chinese Windows.
    "GBK": Fault(
        table(line(), line(model="G")).replace(b"OpenAI", "某公司".encode("gbk")),
        ", line 2: the text is not UTF-8; save the file as “CSV UTF-8”.",
    ),
    "not UTF-8 far down": Fault(
        table(line(), line(model="G")) + b"\xff\n",
        ", line 4: the text is not UTF-8; save the file as “CSV UTF-8”.",
    ),
    "quotation mark left open": Fault(
        table(line(), '"GPT'), ", line 3: the line cannot be read as CSV: unexpected end of data."
    ),
    "text behind a quotation mark": Fault(
        table('"GPT"-9,'),
        ", line 2: the line cannot be read as CSV: ',' expected after '\"'.",
    ),
    "cell of 200,000 characters": Fault(
        table(line(source="a" * 200_000)),
        ", line 2: the line cannot be read as CSV: field larger than field limit (131072).",
    ),
    "giant": Fault(
        table(*[line()] * 20_000),
        f" holds more than {MAX_BYTES} bytes; keep only the figures to be shown.",
    ),
}
ROWS = {
    **{
        f"{name} left out": Fault(
            table(line(**{name: " "})), f", line 2: {name} is missing; {NEEDED}"
        )
        for name in REQUIRED
    },
    "neither figure nor family": Fault(
        table(line(**NO_FIGURES, family="")),
        ", line 2: the row has neither a figure nor a family that is to be run.",
    ),
    "commas only": Fault(
        table(line(), "," * 14 + "\n"),
        ", line 3: the row has neither a figure nor a family that is to be run.",
    ),
    "note in Chinese only": Fault(
        table(line(note_zh="注")), ", line 2: fill in both note_zh and note_en, or neither."
    ),
    "note in English only": Fault(
        table(line(note_en="note")), ", line 2: fill in both note_zh and note_en, or neither."
    ),
    **{
        f"{column} {found}": Fault(
            table(line(**{column: found})), f", line 2: {column}: “{found}” {NO_POINTS}"
        )
        for column, found in [
            ("overall", "100.1"),
            ("overall", "-0.1"),
            ("overall", "583"),
            ("overall", "58,3"),
            ("overall", "58.3%"),
            ("overall", "—"),
            ("overall", "nan"),
            ("overall", "inf"),
            # Python reads these as numbers.
            ("overall", "1_0"),
            ("overall", "1e1"),
            ("overall", "５８"),
            *((dimension, "many") for dimension in DIMENSIONS),
        ]
    },
    "long figure": Fault(
        table(line(overall="9" * 5000)), f", line 2: overall: “{'9' * 60}…” {NO_POINTS}"
    ),
    **{
        f"date {found}": Fault(table(line(date=found)), f", line 2: date: “{found}” {NO_DATE}")
        for found in [
            "2026-13",
            "2026-02-30",
            "26-01",
            "2026/01",
            "2026-1",
            "January",
            "~",
            "+2026",
        ]
    },
    "name too long": Fault(
        table(line(model="长" * (MAX_CHARACTERS + 1))),
        f", line 2: model: “{'长' * 60}…” {NOT_SHOWN}",
    ),
    **{
        f"{name} in a cell": Fault(
            table(line(model=f"GPT{sign}9")),
            f", line 2: model: “GPT\N{REPLACEMENT CHARACTER}9” {NOT_SHOWN}",
        )
        for name, sign in {
            "NUL": "\0",
            "line end": "\n",
            "line separator": "\u2028",
            "change of direction": "\u202e",
        }.items()
    },
    "the same row": Fault(
        table(line(), line(model="Other"), line(overall="60", source="Another")),
        ", line 4: line 2 has the same model, benchmark, board and date.",
    ),
    "the same but for case": Fault(
        table(line(), line(model="gpt-9")),
        ", line 3: line 2 has the same model, benchmark, board and date.",
    ),
    "the same family to be run": Fault(
        table(*[line(**NO_FIGURES, model="", date="")] * 2),
        ", line 3: line 2 has the same model, benchmark, board and date.",
    ),
    # Blank lines, and cells over several lines, are counted.
    "behind a blank line": Fault(
        table(line(), "\n", line(date="soon")), f", line 4: date: “soon” {NO_DATE}"
    ),
}
FAULTS = FILES | ROWS


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(tmp_path: Path, fault: Fault) -> None:
    assert faults(tmp_path, fault.content) == [fault.said]


def test_every_fault_of_every_row_is_named(tmp_path: Path) -> None:
    content = table(
        line(overall="x", safety="101", date="soon", source=""),
        line(),
        line(model="Two\nlines", note_en="note"),
        line(board="", overall="200"),
    )

    assert faults(tmp_path, content) == [
        f", line 2: source is missing; {NEEDED}",
        f", line 2: date: “soon” {NO_DATE}",
        f", line 2: overall: “x” {NO_POINTS}",
        f", line 2: safety: “101” {NO_POINTS}",
        ", line 4: fill in both note_zh and note_en, or neither.",
        f", line 4: model: “Two\N{REPLACEMENT CHARACTER}lines” {NOT_SHOWN}",
        f", line 6: overall: “200” {NO_POINTS}",
    ]


def test_every_fault_of_the_header_is_named(tmp_path: Path) -> None:
    header = HEADER.replace("safety", "ethics").replace("board", "model")

    assert faults(tmp_path, table(line(), header=header)) == [
        f", line 1: the header lacks board, safety; {LACKS}",
        ", line 1: the column model stands there twice.",
        f", line 1: there is no column “ethics”; {KNOWN}",
    ]


def test_no_more_faults_are_named_than_anybody_reads(tmp_path: Path) -> None:
    said = faults(tmp_path, table(*["a\n"] * 100_000))

    assert len(said) == MOST_FAULTS


def test_the_refusal_itself_says_how_many_and_the_first(tmp_path: Path) -> None:
    written(tmp_path, table(line(overall="x"), line(date="soon")))

    with pytest.raises(ReportedRefused) as refused:
        read_reported(tmp_path)

    file = tmp_path / FILE
    assert str(refused.value) == (
        f"{file} is not published; it has 2 fault(s). "
        f"The first: {file}, line 2: overall: “x” {NO_POINTS}"
    )


def test_a_folder_of_that_name(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    with pytest.raises(ReportedRefused, match=r"reported\.csv cannot be read: "):
        read_reported(tmp_path)


def test_of_a_file_without_end_no_more_is_read_than_shows_it(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to("/dev/zero")

    with pytest.raises(ReportedRefused, match=f"holds more than {MAX_BYTES} bytes"):
        read_reported(tmp_path)


def test_without_a_file_there_is_no_row(tmp_path: Path) -> None:
    assert read_reported(tmp_path) == []
    assert read_reported(written(tmp_path, table())) == []


def test_a_row_is_read(tmp_path: Path) -> None:
    (row,) = read_reported(written(tmp_path, table(line())))

    figures = {name: getattr(row, name) for name in FIGURES}
    assert figures == {
        "overall": 58.3,
        "understanding": 60,
        "generation": 70.5,
        "knowledge": 100,
        "reasoning": 0,
        "safety": None,
    }
    texts = {name: getattr(row, name) for name in COLUMNS if name not in FIGURES}
    assert texts == {name: GOOD[name] for name in texts}


@pytest.mark.parametrize(
    "content",
    [
        # As Excel saves “CSV UTF-8”.
        b"\xef\xbb\xbf" + table(line()).replace(b"\n", b"\r\n"),
        table(line()).replace(b"\n", b"\r"),
        table(line(), "\n", "\n"),
        table(line().replace("GPT-9", "  GPT-9 ")),
        table(line())[:-1],
        table(
            ",".join(reversed(next(csv.reader([line()])))).replace(
                "A paper, table 2", '"A paper, table 2"'
            ),
            header=",".join(reversed(COLUMNS)),
        ),
    ],
    ids=["byte order mark", "old Mac", "blank lines", "spaces", "no last line end", "other order"],
)
def test_what_differs_in_form_only_is_the_same(tmp_path: Path, content: bytes) -> None:
    assert read_reported(written(tmp_path, content)) == [Reported.model_validate(GOOD)]


@pytest.mark.parametrize(
    "changed",
    [
        *({"date": text} for text in ("2026", "2026-01-06", "~2026-01", "2025-11+", "2024-02-29")),
        {"overall": "0"},
        {"overall": "100.0"},
        # Without an overall, dimensions are figures all the same.
        {"overall": ""},
        {"board": ""},
        {"family": "", "organisation": ""},
        {"note_zh": "注", "note_en": "note"},
        {"model": "长" * MAX_CHARACTERS},
        {**NO_FIGURES, "model": "", "benchmark": "", "date": "", "source": ""},
    ],
    ids=str,
)
def test_what_is_right_is_read(tmp_path: Path, changed: dict[str, str]) -> None:
    assert len(read_reported(written(tmp_path, table(line(**changed))))) == 1


@pytest.mark.parametrize(
    "changed",
    [{"model": "GPT-8"}, {"benchmark": "v3"}, {"board": "self-test"}, {"date": "2026-02"}],
    ids=str,
)
def test_rows_that_differ_in_one_of_four_stand_together(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    assert len(read_reported(written(tmp_path, table(line(), line(**changed))))) == 2


def test_several_families_are_to_be_run(tmp_path: Path) -> None:
    rows = [line(**NO_FIGURES, model="", family=family) for family in ("Llama", "Mistral")]

    assert len(read_reported(written(tmp_path, table(*rows)))) == 2


def test_what_is_published_is_what_the_board_reads(tmp_path: Path) -> None:
    written(tmp_path, table(line(model="甲"), line(), line(**NO_FIGURES, model="", family="Llama")))

    publish_reported(tmp_path, tmp_path / "board")
    published = read_published(tmp_path / "board")

    assert list(published.columns) == list(COLUMNS)
    assert list(published["model"]) == ["甲", "GPT-9", ""]
    assert published.loc[1, "overall"] == 58.3
    assert published["overall"].isna().tolist() == [False, False, True]
    assert published["safety"].isna().all()
    assert published["safety"].dtype == float
    assert families(published) == {"GPT": True, "Llama": False}
    assert [path.name for path in (tmp_path / "board").iterdir()] == ["reported.parquet"]


def test_rows_of_no_family_are_of_none(tmp_path: Path) -> None:
    rows = [
        {"model": "A", "family": ""},
        {"family": "Llama", **NO_FIGURES},
        # One figure of any dimension is one.
        {"model": "B", "family": "Llama", **NO_FIGURES, "safety": "20"},
    ]
    read = read_reported(written(tmp_path, table(*(line(**row) for row in rows))))

    assert families(reported_table(read).to_pandas()) == {"Llama": True}


def test_nothing_published_is_no_row(tmp_path: Path) -> None:
    before = read_published(tmp_path / "board")
    publish_reported(tmp_path, tmp_path / "board")
    after = read_published(tmp_path / "board")

    for published in (before, after):
        assert published.empty
        assert list(published.columns) == list(COLUMNS)
        assert families(published) == {}
    assert reported_path(tmp_path / "board").exists()


def test_a_fault_leaves_what_was_published(tmp_path: Path) -> None:
    board = tmp_path / "board"
    publish_reported(written(tmp_path, table(line())), board)
    before = reported_path(board).read_bytes()

    with pytest.raises(ReportedRefused):
        publish_reported(written(tmp_path, table(line(), line(date="soon"))), board)

    assert reported_path(board).read_bytes() == before
    assert [path.name for path in board.iterdir()] == ["reported.parquet"]


def test_a_file_taken_away_takes_its_rows_along(tmp_path: Path) -> None:
    publish_reported(written(tmp_path, table(line())), tmp_path / "board")
    (tmp_path / FILE).unlink()
    publish_reported(tmp_path, tmp_path / "board")

    assert read_published(tmp_path / "board").empty


@pytest.mark.parametrize("damage", ["no Parquet", "cut off", "other columns", "other types"])
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, damage: str) -> None:
    publish_reported(written(tmp_path, table(line())), tmp_path)
    path = reported_path(tmp_path)
    whole = pq.read_table(path)
    if damage == "no Parquet":
        path.write_bytes(b"")
    elif damage == "cut off":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "other columns":
        pq.write_table(whole.drop_columns(["source"]), path)
    else:
        words = whole.column("source")
        pq.write_table(whole.set_column(COLUMNS.index("overall"), "overall", words), path)

    with pytest.raises(ReportedUnreadable, match="cannot be read just now"):
        read_published(tmp_path)


def test_check_challenge_names_every_fault_as_an_error(mini: Path) -> None:
    assert list(check_challenge(mini, mini / "hub", None)) == []
    written(mini, table(line(overall="x"), line(source="")))

    findings = list(check_challenge(mini, mini / "hub", None))

    assert [finding.text("en") for finding in findings] == [
        f"error: {mini / FILE}, line 2: overall: “x” {NO_POINTS}",
        f"error: {mini / FILE}, line 3: source is missing; {NEEDED}",
    ]


def test_check_challenge_names_them_beside_a_broken_track(mini: Path) -> None:
    written(mini, table(line(overall="x")))
    (mini / "tracks" / "mini.yaml").unlink()

    said = [finding.text("en") for finding in check_challenge(mini, mini / "hub", None)]

    assert len(said) == 2
    assert "line 2: overall" in said[0]
    assert "declares no track" in said[1]


def test_reading_loads_no_engine() -> None:
    """The board reads what is published without what publishing needs."""
    script = "import sys, evaluator.reported; print('evaluator.store' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout == "False\n"


def test_dimensions_are_those_of_the_main_track() -> None:
    track = yaml.safe_load((ROOT / "challenge/tracks/1-main.yaml").read_text("utf-8"))

    assert [dimension["id"] for dimension in track["dimensions"]] == list(DIMENSIONS)
    assert set(FIGURES) == {"overall", *DIMENSIONS}
    assert tuple(SCHEMA.names) == COLUMNS


def test_every_column_is_described() -> None:
    told = (ROOT / "docs/board.md").read_text("utf-8")

    for column in COLUMNS:
        assert f"`{column}`" in told, column
    assert f"{MAX_BYTES:,} bytes" in told
    assert f"`{HEADER}`" in (ROOT / "evaluator/skeleton/README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def shipped() -> list[Reported]:
    """What the sample challenge ships."""
    return read_reported(ROOT / "challenge")


def test_shipped_rows_are_of_named_public_models(shipped: list[Reported]) -> None:
    assert len(shipped) == 28
    assert [row.model for row in shipped if NOT_PUBLIC.search(row.model)] == []
    assert families(reported_table(shipped).to_pandas()) == {
        "Qwen": True,
        "DeepSeek": True,
        "GPT": True,
        "Claude": True,
        "Llama": False,
    }


def test_shipped_rows_say_their_version_or_that_nobody_does(shipped: list[Reported]) -> None:
    with_figures = [row for row in shipped if row.source]

    assert Counter(row.benchmark for row in with_figures) == {NOT_STATED: 8, "v2/v3": 5, "v4": 14}
    # Where the source does not say it, the note says why.
    assert all(row.note_en for row in with_figures if not row.source.startswith("yy-hh"))
    assert {row.board for row in with_figures} <= {"API", *TRANSLATED}


def test_no_shipped_zero_was_made_by_a_format_failure(shipped: list[Reported]) -> None:
    assert [row for row in shipped if 0 in (getattr(row, name) for name in FIGURES)] == []
    (failed,) = [row for row in shipped if row.model == "Deepseek-r1-70B"]
    # The overall was made of the zeros, and goes with them.
    assert (failed.overall, failed.reasoning, failed.understanding) == (None, None, None)
    assert (failed.knowledge, failed.generation, failed.safety) == (64, 79.9, 39.2)
    assert "format failure" in failed.note_en
    assert "格式" in failed.note_zh


def shared_rows() -> dict[tuple[str, str, str], dict[str, str]]:
    """Return the collected source by model, board and date, as the shipped file names them."""
    if not SHARED.exists():
        pytest.skip(f"the collected source {SHARED} is not here")
    with SHARED.open(encoding="utf-8", newline="") as file:
        return {
            (row["model"].partition(" (")[0], row["board"], row["when"].partition(" ")[0]): row
            for row in csv.DictReader(file)
        }


def test_shipped_figures_are_those_of_the_source(shipped: list[Reported]) -> None:
    source = shared_rows()
    for row in (row for row in shipped if row.source):
        found = source[row.model, row.board, row.date]
        assert row.source == found["source"]
        for name, title in SHARED_TITLES.items():
            shown, told = getattr(row, name), found[title]
            left_out = shown is None and "format failure" in found["model"] and float(told) == 0
            assert left_out or shown == (float(told) if told else None), (row.model, name)


def test_what_the_source_has_and_the_shipped_file_not_is_no_public_model(
    shipped: list[Reported],
) -> None:
    here = {(row.model, row.board, row.date) for row in shipped}

    missing = sorted({key[0] for key in shared_rows().keys() - here})

    assert missing
    assert [model for model in missing if not NOT_PUBLIC.search(model)] == []
