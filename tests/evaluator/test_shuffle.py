"""Shuffled copies: the same options and answer in each, told by nothing, the same for a seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from evaluator.__main__ import main
from evaluator.check import check_challenge
from evaluator.check.dataset import check_dataset
from evaluator.errors import EvaluatorError
from evaluator.settings import ROOT
from evaluator.shuffle import Order, is_fair, only_movers, order_of, parted, shuffle_dataset, spread
from evaluator.texts import LANGUAGES
from tests.folders import dataset, mini_challenge, question, reference, write_lines

LETTERS = "ABCDEF"
NAME = "Choice"
FILES = ("questions.jsonl", "references.jsonl")
ALPHABET = [f"{letter}. 甲" for letter in ascii_uppercase]
FOUR = ["A. 青霉素", "B. 红霉素", "C. 头孢唑林", "D. 万古霉素"]
SLOW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Case(NamedTuple):
    """One item: what stands before its options, their texts, and which of them are right."""

    marks: list[str]
    texts: list[str]
    right: list[int]
    copies: int

    @property
    def options(self) -> list[str]:
        """The options as they are written."""
        return [mark + text for mark, text in zip(self.marks, self.texts, strict=True)]

    @property
    def answer(self) -> str:
        """The answer as a reference writes it."""
        return answer(self.right)


def answer(places: Sequence[int]) -> str:
    """Return letters as a reference writes them."""
    return f"<{', '.join(LETTERS[place] for place in sorted(places))}>"


# Texts that begin like a letter, and any signs that JSON can hold.
TEXTS = st.one_of(
    st.sampled_from(
        ["E. coli", "A、C", "B. 维生素B", "（甲）", "以上都对", "A", "<B>", "{0}", "1.5 mg"]
    ),
    st.text(min_size=1, max_size=8).map(str.strip).filter(bool),
)
# Of a letter: as in MedBench, without blank, full width, in brackets, small.
MARKS = st.sampled_from(["{}. ", "{}.", "{}、", "{}：", "{}) ", "({}) ", "（{}）"])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw an item that can be shuffled fairly."""
    size = draw(st.integers(3, 6))
    texts = draw(st.lists(TEXTS, min_size=size, max_size=size, unique=True))
    right = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=3, unique=True))
    copies = draw(st.integers(2, 5))
    # Options that are all right stand at the same places in every copy.
    assume(len(right) < size)
    # Of three options, only the turned order moves more than one; B stays in it.
    assume((size, copies) != (3, 2) or sorted(right) not in ([1], [0, 2]))
    letters = draw(st.sampled_from([LETTERS, LETTERS.lower(), "ＡＢＣＤＥＦ"]))
    mark = draw(MARKS)
    return Case([mark.format(letter) for letter in letters[:size]], texts, sorted(right), copies)


def written(folder: Path, *items: tuple[Any, list[str] | None, str]) -> Path:
    """Write a dataset of items: id, options and answer."""
    write_lines(folder / FILES[0], (question(key, NAME, options) for key, options, _a in items))
    write_lines(folder / FILES[1], (reference(key, NAME, right) for key, _o, right in items))
    return folder


def lines(folder: Path, file: str) -> list[dict[str, Any]]:
    """Return the lines of a file."""
    return [json.loads(line) for line in (folder / file).read_bytes().splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    """Return everything that lies in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@SLOW
@given(case=cases(), seed=st.integers(0, 2**32))
def test_copies(case: Case, seed: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = written(
            Path(place) / NAME, (1, case.options, case.answer), ("two", None, "<A, C>")
        )
        plain = lines(folder, FILES[0])[1], lines(folder, FILES[1])[1]

        assert shuffle_dataset(folder, case.copies, seed) == case.copies + 1

        asked, expected = (lines(folder, file) for file in FILES)
        findings = list(check_dataset(folder, dataset("robust_accuracy", NAME)))
    # An item without options stays as it is.
    assert (asked.pop(), expected.pop()) == plain
    assert len(asked) == len(expected) == case.copies
    # The first copy is the item itself.
    assert (asked[0]["options"], expected[0]["answer"]) == (case.options, case.answer)
    orders = []
    for copy, key in zip(asked, expected, strict=True):
        # The letters stay, the texts move.
        assert all(o.startswith(m) for o, m in zip(copy["options"], case.marks, strict=True))
        moved = [o.removeprefix(m) for o, m in zip(copy["options"], case.marks, strict=True)]
        order = tuple(case.texts.index(text) for text in moved)
        assert sorted(order) == list(range(len(case.texts)))
        assert key["answer"] == answer([order.index(one) for one in case.right])
        assert key["options"] == copy["options"]
        # All else is that of the item.
        assert {**copy, "options": None} == {**question(1, NAME), "options": None}
        assert key["other"] == copy["other"]
        orders.append(order)
    assert len(set(orders)) == case.copies
    assert is_fair(orders, frozenset(case.right))
    # Fair in other words: at no place too often, and always more than one option moves.
    places = Counter(key["answer"] for key in expected)
    assert max(places.values()) <= max(1, case.copies // 2)
    for one in range(len(case.texts)):
        assert len({tuple(other for other in order if other != one) for order in orders}) > 1
    assert [finding.text("en") for finding in findings] == []


@settings(SLOW, max_examples=25)
@given(case=cases(), seed=st.integers(0, 2**32))
def test_a_seed_gives_the_same_bytes(case: Case, seed: int) -> None:
    found = []
    with tempfile.TemporaryDirectory() as place:
        for name in "ab":
            item = (1, case.options, case.answer)
            folder = written(Path(place) / name / NAME, item, (2, case.options, case.answer))
            shuffle_dataset(folder, case.copies, seed)
            found.append(contents(folder))
    assert found[0] == found[1]
    assert set(found[0]) == set(FILES)


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    found = []
    for seed in range(5):
        folder = written(tmp_path / str(seed) / NAME, *((n, FOUR, "<B>") for n in range(8)))
        shuffle_dataset(folder, 4, seed)
        found.append(contents(folder))

    for file in FILES:
        assert len({one[file] for one in found}) == 5
    # Nor are the items of one seed shuffled alike.
    asked = [line["options"] for line in lines(tmp_path / "0" / NAME, FILES[0])]
    assert len({json.dumps(asked[n : n + 4]) for n in range(0, 32, 4)}) > 4


@settings(SLOW, max_examples=25)
@given(case=cases())
def test_a_second_shuffle_is_refused(case: Case) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = written(Path(place) / NAME, (1, case.options, case.answer))
        shuffle_dataset(folder, case.copies, 0)

        assert "holds shuffled copies already" in refusal(folder, case.copies)


def refusal(folder: Path, copies: int, seed: int = 0) -> str:
    """Return why shuffling is refused; nothing may have been written."""
    before = contents(folder)
    with pytest.raises(EvaluatorError) as caught:
        shuffle_dataset(folder, copies, seed)
    assert contents(folder) == before
    english, chinese = (caught.value.text(language) for language in sorted(LANGUAGES))
    assert english != chinese
    return english


THREE = ["A. 甲", "B. 乙", "C. 丙"]


@pytest.mark.parametrize(
    ("options", "right", "copies", "said"),
    [
        (THREE[:2], "<A>", 5, "2 options with the answer “<A>” cannot be shuffled into 5 copies"),
        (THREE[:2], "<A>", 3, "cannot be shuffled into 3 copies"),
        (THREE[:1], "<A>", 2, "1 options"),
        (FOUR, "<E>", 4, "4 options with the answer “<E>”"),
        (FOUR, "<A, E>", 4, "4 options with the answer “<A, E>”"),
        (FOUR, "不详", 4, "the answer “不详”"),
        (FOUR, "", 4, "the answer “”"),
        # Whatever their order, they stand at all places.
        (THREE, "<A, B, C>", 2, "3 options with the answer “<A, B, C>”"),
        # One that leaves B in the middle, or moves one option alone: three copies can be made.
        (THREE, "<B>", 2, "cannot be shuffled into 2 copies"),
        (THREE, "<A, C>", 2, "cannot be shuffled into 2 copies"),
        # There are six orders.
        (THREE, "<A>", 7, "cannot be shuffled into 7 copies"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, options: list[str], right: str, copies: int, said: str
) -> None:
    # Behind a good item: nothing of that is written either.
    folder = written(tmp_path / NAME, (1, [*FOUR, "E. 多西环素"], "<B>"), (2, options, right))

    told = refusal(folder, copies)

    assert said in told
    assert told.startswith("Item 2 of Choice: ")


@pytest.mark.parametrize(
    ("options", "right", "copies"),
    [
        (THREE[:2], "<A>", 2),
        (THREE, "<B>", 3),
        (THREE, "<A>", 6),
        # The key of one copy tells nothing.
        (THREE, "<A, B, C>", 1),
        (FOUR, "答案：B", 4),
    ],
)
def test_what_is_just_possible(tmp_path: Path, options: list[str], right: str, copies: int) -> None:
    folder = written(tmp_path / NAME, (1, options, right))

    assert shuffle_dataset(folder, copies, 0) == copies


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        (FILES[0], '{"question": 1}', "questions.jsonl, line 3 is not what it should be"),
        (FILES[1], "no JSON", "references.jsonl, line 3 is not what it should be"),
        (FILES[1], json.dumps(reference(3, NAME, "<A>")), "line 3: id 3 has a reference but no"),
        (FILES[0], json.dumps(question(3, NAME, THREE)), "id 3 has 1 question line(s)"),
        (FILES[0], json.dumps(question(3, "Other", THREE)), "source is “Other”"),
    ],
)
def test_files_that_are_wrong_are_refused(tmp_path: Path, file: str, line: str, said: str) -> None:
    folder = written(tmp_path / NAME, (1, FOUR, "<B>"), (2, FOUR, "<C>"))
    with (folder / file).open("a", encoding="utf-8") as opened:
        opened.write(line)

    assert said in refusal(folder, 4)


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_missing_is_a_sentence(tmp_path: Path, file: str) -> None:
    folder = written(tmp_path / NAME, (1, FOUR, "<B>"))
    (folder / file).unlink()

    assert f"{file} is missing." in refusal(folder, 4)


def test_other_fields_and_the_order_of_items_stay(tmp_path: Path) -> None:
    folder = tmp_path / NAME
    # A number and its text are the same id; the references are in an order of their own.
    asked = [
        {**question(7, NAME, FOUR), "img_path": ["eye.png"]},
        question(1, NAME),
        question(3, NAME, []),
    ]
    expected = [
        reference(3, NAME, "<C>"),
        {**reference(7, NAME, "<B>"), "point": ["红霉素"], "other": {"id": "7", "source": NAME}},
        reference(1, NAME, "<A>"),
    ]
    write_lines(folder / FILES[0], asked)
    write_lines(folder / FILES[1], expected)
    (folder / "eye.png").write_bytes(b"")

    assert shuffle_dataset(folder, 3, 0) == 5

    found, keys = (lines(folder, file) for file in FILES)
    assert [line["other"]["id"] for line in found] == [7, 7, 7, 1, 3]
    assert [line["other"]["id"] for line in keys] == ["7", "7", "7", 1, 3]
    assert all(line["img_path"] == ["eye.png"] for line in found[:3])
    assert all(line["point"] == ["红霉素"] for line in keys[:3])
    assert (found[3:], keys[3:]) == (asked[1:], [expected[2], expected[0]])


# Options that bear no letters, whatever they begin with, move as they are.
@pytest.mark.parametrize(
    "options",
    [
        ["青霉素", "红霉素", "头孢唑林", "万古霉素"],
        ["C. difficile", "E. coli", "S. aureus", "K. pneumoniae"],
        ["A、B", "B、C", "A、C", "以上都对"],
        ["A. 甲", "B. 乙", "C 丙", "丁"],
    ],
)
def test_options_without_letters_stay_whole(tmp_path: Path, options: list[str]) -> None:
    folder = written(tmp_path / NAME, (1, options, "<B>"))

    shuffle_dataset(folder, 4, 0)

    for copy, key in zip(*(lines(folder, file) for file in FILES), strict=True):
        assert sorted(copy["options"]) == sorted(options)
        assert copy["options"][LETTERS.index(key["answer"][1])] == options[1]
    assert list(check_dataset(folder, dataset("accuracy", NAME))) == []


@pytest.mark.parametrize(
    ("options", "pieces"),
    [
        (["A. 甲", "B. 乙"], [("A. ", "甲"), ("B. ", "乙")]),
        (["A．甲", " B：乙"], [("A．", "甲"), (" B：", "乙")]),
        (["(a) 甲", "（Ｂ）乙"], [("(a) ", "甲"), ("（Ｂ）", "乙")]),
        (["A. A. 甲", "B. \n乙\n"], [("A. ", "A. 甲"), ("B. \n", "乙\n")]),
        # Out of order, from B on, twice, with one that has none: no letters of a list.
        (["B. 甲", "A. 乙"], [("", "B. 甲"), ("", "A. 乙")]),
        (["B. 甲", "C. 乙"], [("", "B. 甲"), ("", "C. 乙")]),
        (["A. 甲", "A. 乙"], [("", "A. 甲"), ("", "A. 乙")]),
        (["A. 甲", "乙", "B. 丙"], [("", "A. 甲"), ("", "乙"), ("", "B. 丙")]),
        (["A", "B"], [("", "A"), ("", "B")]),
        # Beyond Z there are none.
        ([*ALPHABET, "27"], [*(("", option) for option in ALPHABET), ("", "27")]),
        ([], []),
    ],
)
def test_letters_and_texts(options: list[str], pieces: list[tuple[str, str]]) -> None:
    assert parted(options) == pieces


@pytest.mark.parametrize(
    ("other", "order"),
    [
        (THREE, (0, 1, 2)),
        (["A. 丙", "B. 甲", "C. 乙"], (2, 0, 1)),
        # How the letters are written does not matter.
        (["a) 丙", "b) 甲", "c) 乙"], (2, 0, 1)),
        (["A. 丙", "B. 甲"], None),
        (["A. 丙", "B. 甲", "C. 丁"], None),
        (["A. 丙", "B. 丙", "C. 甲"], None),
        ([], None),
    ],
)
def test_order_of(other: list[str], order: Order | None) -> None:
    assert order_of(THREE, other) == order


# By hand: orders as texts of digits, the right ones, whether they are spread, who moves alone.
@pytest.mark.parametrize(
    ("orders", "right", "spreads", "movers"),
    [
        ("0123", "0", True, ""),
        ("0123 3210", "0", True, ""),
        ("0123 3210", "03", False, ""),
        ("0123 0321", "0", False, ""),
        # Two of four copies is as often as allowed, two of three is not.
        ("0123 0321 3210 1032", "0", True, ""),
        ("0123 0321 3210", "0", False, ""),
        ("0123 1230", "0", True, "0"),
        ("0123 1230 1203", "3", False, "0"),
        # Of neighbours that change places either moves alone.
        ("0123 1023", "0", True, "01"),
        ("01 10", "0", True, ""),
        ("012 210", "1", False, ""),
        ("012 210", "2", True, ""),
    ],
)
def test_fairness(orders: str, right: str, spreads: bool, movers: str) -> None:
    copies = [tuple(map(int, order)) for order in orders.split()]
    key = frozenset(map(int, right))

    assert spread(copies, key) is spreads
    assert only_movers(copies) == set(map(int, movers))
    assert is_fair(copies, key) is (spreads and not movers)


@pytest.mark.parametrize("copies", [1, 2, 3, 4, 5])
def test_check_challenge_finds_nothing(tmp_path: Path, copies: int) -> None:
    folder = mini_challenge(tmp_path / "challenge")
    written(
        folder / "mini" / NAME,
        (1, FOUR, "<B>"),
        (2, ["A. 心电图", "B. 头颅CT", "C. 胸片", "D. 血常规", "E. 尿常规"], "<A, C, D>"),
        (3, ["甲状腺素", "胰岛素", "泼尼松"], "A"),
    )
    assert shuffle_dataset(folder / "mini" / NAME, copies, 20) == 3 * copies

    findings = check_challenge(folder, folder / "hub", None)

    assert [finding.text("en") for finding in findings] == []


def test_command_line(tmp_path: Path) -> None:
    folder, twin = (
        written(tmp_path / name / NAME, (1, FOUR, "<B>"), (2, None, "<A>")) for name in "ab"
    )
    shuffle_dataset(twin, 3, 7)

    options = ["--copies", "3", "--seed", "7"]
    done = subprocess.run(
        [sys.executable, "-m", "evaluator", "shuffle", str(folder), *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "4 lines written.\n", "")
    # In another process too a seed decides everything.
    assert contents(folder) == contents(twin)


def test_no_copy_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shuffle", str(tmp_path), "--copies", "0"]) == 1
    assert capsys.readouterr().err == "There must be at least one copy of each item.\n"
