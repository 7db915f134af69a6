"""What check-challenge finds: one planted fault at a time, several at once, and nothing else."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from evaluator.__main__ import main
from evaluator.check import Finding, check_challenge
from evaluator.check.finding import LEVELS, Level
from evaluator.organise import SKELETON
from evaluator.settings import ROOT
from evaluator.texts import LANGUAGES, translate
from tests.folders import TRACK as DECLARED
from tests.folders import mini_challenge, question, reference, write_lines

MARKER = "机密"
TRACK = "tracks/mini.yaml"
CHOICES = "mini/Choice/questions.jsonl"
KEYS = "mini/Choice/references.jsonl"
REPORTS = "mini/Report/questions.jsonl"
TEXTS = "mini/Report/references.jsonl"
# Where something is to be written behind in the track file.
CHOICE_CARD = "        card: {zh: 选择。, en: Choose.}\n"
TEST_PHASE = "  - {id: test, title: {zh: 测试, en: Test}, references: hidden, folder: mini-test"
DEV_PHASE = "  - {id: dev, title: {zh: 开发, en: Development}, references: open"
FINAL = "  - {id: final, title: {zh: 终, en: Final}, references: hidden, folder: mini-final"
REPORT_SET = DECLARED[DECLARED.index("      - id: Report") :]
COUGH = "患者男，56岁，反复咳嗽、咳痰十年，近三天症状加重，伴发热和气促。"
UNFILLED = re.compile(r"\{\w+\}")

Spoil = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The mini challenge, with the marker in every reference of both phases."""
    folder = mini_challenge(tmp_path / "challenge", MARKER)
    for file in (KEYS, TEXTS):
        read = [json.loads(line) for line in lines(folder / file)]
        for line in read:
            line["point"] = [MARKER]
            line["answer"] += MARKER if file == TEXTS else ""
        write_lines(folder / file, read)
    return folder


def lines(path: Path) -> list[str]:
    """Return the lines of a file."""
    return path.read_text("utf-8").splitlines()


def found_in(folder: Path) -> list[Finding]:
    """Check a challenge whose items lie in its folder."""
    return list(check_challenge(folder, folder / "hub", None))


def texts(findings: list[Finding]) -> list[str]:
    """Return findings in English."""
    return [finding.text("en") for finding in findings]


def declared(old: str, new: str) -> Spoil:
    """Write something else into the track file."""

    def spoil(folder: Path) -> None:
        text = (folder / TRACK).read_text("utf-8")
        assert text.count(old) == 1
        (folder / TRACK).write_text(text.replace(old, new), "utf-8")

    return spoil


def replaced(file: str, number: int, *new: str) -> Spoil:
    """Write other lines, or none, in place of one (from 1)."""

    def spoil(folder: Path) -> None:
        before = lines(folder / file)
        after = [*before[: number - 1], *new, *before[number:]]
        (folder / file).write_text("".join(f"{line}\n" for line in after), "utf-8")

    return spoil


def changed(file: str, number: int, **fields: Any) -> Spoil:
    """Change fields of one line, or add some."""

    def spoil(folder: Path) -> None:
        line = {**json.loads(lines(folder / file)[number - 1]), **fields}
        replaced(file, number, json.dumps(line, ensure_ascii=False))(folder)

    return spoil


def copied(source: str, target: str) -> Spoil:
    """Copy a file or a folder of the challenge."""

    def spoil(folder: Path) -> None:
        path = folder / source
        (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / target)

    return spoil


def removed(place: str) -> Spoil:
    """Remove a file or a folder of the challenge."""

    def spoil(folder: Path) -> None:
        path = folder / place
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return spoil


def holding(file: str, content: bytes) -> Spoil:
    """Write a file of the challenge."""

    def spoil(folder: Path) -> None:
        (folder / file).write_bytes(content)

    return spoil


def picture(kind: str = "PNG", turned: int = 0) -> bytes:
    """Return an image file of that kind; images turned otherwise are others."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").rotate(turned).save(buffer, kind)
    return buffer.getvalue()


def copies(right: str, *orders: str) -> Spoil:
    """Ask a plain item in line 1, and from line 2 on one in copies of these orders of options."""
    written = [
        (item, [f"{letter}. {text}" for letter, text in zip("ABCDEF", order, strict=False)], order)
        for item, order in [(1, orders[0]), *((2, order) for order in orders)]
    ]
    asked = [question(item, "Choice", options) for item, options, _order in written]
    expected = [
        {**reference(item, "Choice", f"<{'ABCDEF'[order.index(right)]}>"), "point": [MARKER]}
        for item, _options, order in written
    ]

    def spoil(folder: Path) -> None:
        write_lines(folder / CHOICES, asked)
        write_lines(folder / KEYS, expected)

    return spoil


def reports(*asked: str) -> Spoil:
    """Ask for reports in these words."""

    def spoil(folder: Path) -> None:
        items = list(enumerate(asked, start=1))
        write_lines(
            folder / REPORTS, ({**question(n, "Report"), "question": text} for n, text in items)
        )
        write_lines(folder / TEXTS, (reference(n, "Report", f"{MARKER}{n}") for n, _text in items))

    return spoil


def all_of(*spoils: Spoil) -> Spoil:
    """Spoil several things."""

    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


class Fault(NamedTuple):
    """One spoiled thing: what its finding says, how bad it is, and how many findings there are."""

    spoil: Spoil
    said: tuple[str, ...]
    level: Level = "error"
    findings: int = 1


DECLARATIONS = {
    "unknown field": Fault(
        declared("id: mini\n", "id: mini\ncolour: red\n"),
        ("mini.yaml does not declare", "line 2, colour: Extra inputs"),
    ),
    "unknown field of a dataset": Fault(
        declared(CHOICE_CARD, f"{CHOICE_CARD}        weight: 2\n"),
        ("mini.yaml", "line 16, dimensions.0.datasets.0.weight"),
    ),
    "field left out": Fault(
        declared("    title: {zh: 安全, en: Safety}\n", ""),
        ("mini.yaml", "line 8, dimensions.0.title: Field required"),
    ),
    "unknown metric": Fault(
        declared("name: rouge_l", "name: rogue_l"),
        ("mini.yaml", "line 21, dimensions.1.datasets.0.metric.name", "'rouge_l'"),
    ),
    "metric that cannot score the convention": Fault(
        declared("convention: letter", "convention: text"),
        ("mini.yaml", "line 11", "accuracy cannot score the convention text"),
    ),
    "dimension without datasets": Fault(
        declared(f"    datasets:\n{REPORT_SET}", "    datasets: []\n"),
        ("mini.yaml", "line 18, dimensions.1.datasets", "at least 1 item"),
    ),
    "broken YAML": Fault(
        declared("phases:\n", "phases: [\n"),
        ("mini.yaml is not readable YAML", "line 5"),
    ),
    "date that does not exist": Fault(
        declared(DEV_PHASE, f"{DEV_PHASE}, opens: 2027-02-30T00:00:00Z"),
        ("mini.yaml is not readable YAML",),
    ),
    "not UTF-8": Fault(
        holding(TRACK, "title: 赛道".encode("gbk")),
        ("mini.yaml is not readable YAML in UTF-8",),
    ),
    "two datasets of one name": Fault(
        declared("id: Report", "id: Choice"), ("mini.yaml", "dataset named twice: Choice")
    ),
    "phase that closes before it opens": Fault(
        declared(DEV_PHASE, f"{DEV_PHASE}, opens: 2027-02-01T00:00Z, closes: 2027-01-01T00:00Z"),
        ("mini.yaml", "line 5, phases.0", "phase dev closes at 2027-01-01", "before it opens"),
    ),
    "open and hidden phase of one folder": Fault(
        declared(", folder: mini-test", ""),
        ("mini.yaml", "an open and a hidden phase share the items in mini"),
    ),
    "private part of no phase": Fault(
        declared(
            "dimensions:\n", f"{FINAL}, part_of: tset, visible: 2027-03-01T00:00Z}}\ndimensions:\n"
        ),
        ("mini.yaml", "phase final is a part of tset, which is no phase", "dev, test"),
    ),
    "unknown time zone": Fault(
        declared(TEST_PHASE, f"{TEST_PHASE}, quota: {{total: 9, timezone: Asia/Peking}}"),
        ("mini.yaml", "line 6, phases.1.quota.timezone", "'Asia/Peking'"),
    ),
    "track declared twice": Fault(
        copied(TRACK, "tracks/other.yaml"),
        ("other.yaml: track “mini” is declared in another file too",),
    ),
    "no track": Fault(removed(TRACK), ("declares no track",)),
    "declared hash that differs": Fault(
        declared(CHOICE_CARD, f"{CHOICE_CARD}        hashes:\n          dev: 0123456789ab\n"),
        ("mini.yaml, line 17: the items of Choice", "hash 0123456789ab but have "),
    ),
    "folder that no track declares": Fault(
        copied("mini/Report", "mini/Letters"),
        ("mini/Letters/questions.jsonl belongs to no dataset",),
        "warning",
    ),
    "same id in two parts": Fault(
        all_of(
            copied("mini-test", "mini-final"),
            declared(TEST_PHASE, f"{TEST_PHASE}, closes: 2027-02-01T00:00Z"),
            declared(
                "dimensions:\n",
                f"{FINAL}, part_of: test, visible: 2027-03-01T00:00Z}}\ndimensions:\n",
            ),
        ),
        ("questions.jsonl of Choice: id 1 is asked in two parts of one phase",),
    ),
}
LINES = {
    "dataset without folder": Fault(removed("mini/Report"), (f"{REPORTS} is missing",)),
    "dataset without references": Fault(removed(TEXTS), (f"{TEXTS} is missing",)),
    # Its references stand alone, each.
    "no question": Fault(holding(REPORTS, b""), (f"{REPORTS} holds no question",), findings=3),
    "question without reference": Fault(
        replaced(TEXTS, 2),
        (f"{TEXTS}: id 2 has 1 question line(s), the first in line 2", "but 0 reference(s)"),
    ),
    "copy without reference": Fault(
        replaced(KEYS, 4), (f"{KEYS}: id 2 has 2 question line(s), the first in line 3", "but 1")
    ),
    "reference without question": Fault(
        replaced(REPORTS, 2), (f"{TEXTS}, line 2: id 2 has a reference but no question",)
    ),
    # A line that is not read leaves its partner in the other file alone.
    "question that is no JSON": Fault(
        replaced(REPORTS, 2, '{"question": "问题"2"}'),
        (f"{REPORTS}, line 2 is not what it should be: JSON, column 18",),
        findings=2,
    ),
    "reference that is no JSON": Fault(
        replaced(TEXTS, 2, f'{{"answer": "{MARKER}"患者"}}'),
        (f"{TEXTS}, line 2 is not what it should be: JSON, column 16",),
        findings=2,
    ),
    "question that leaks": Fault(
        changed(CHOICES, 3, explanation=MARKER),
        (f"{CHOICES}, line 3", "explanation: Extra inputs"),
        findings=2,
    ),
    "question that leaks beside its id": Fault(
        changed(CHOICES, 3, other={"id": 2, "source": "Choice", "key": MARKER}),
        (f"{CHOICES}, line 3", "other: Value error, key may not stand here"),
        findings=2,
    ),
    "question with its answer": Fault(
        changed(CHOICES, 3, answer=MARKER), (f"{CHOICES}, line 3", "answer: "), findings=2
    ),
    "reference whose answer is a list": Fault(
        changed(TEXTS, 1, answer=[MARKER]), (f"{TEXTS}, line 1", "answer: "), findings=2
    ),
    "unknown kind of key point": Fault(
        changed(TEXTS, 1, point=[{"text": MARKER, "kind": "shall"}]),
        (f"{TEXTS}, line 1", "point.0.kind", "'must'"),
        findings=2,
    ),
    "question of a wrong source": Fault(
        changed(REPORTS, 1, other={"id": 1, "source": "Reports"}),
        (f"{REPORTS}, line 1: source is “Reports”; here it must be “Report”",),
        findings=2,
    ),
    "reference of a wrong source": Fault(
        changed(TEXTS, 1, other={"id": 1, "source": "Choice"}),
        (f"{TEXTS}, line 1: source is “Choice”; here it must be “Report”",),
        findings=2,
    ),
}
ANSWERS = {
    "reference that is never read": Fault(
        changed(KEYS, 3, answer=f"{MARKER}不明"),
        (f"{KEYS}, line 3: the reference of id 2 cannot be read as “letter”",),
    ),
    # Each of an item's copies has its line.
    "references that are never read": Fault(
        all_of(changed(KEYS, 3, answer=MARKER), changed(KEYS, 4, answer=MARKER)),
        (f"{KEYS}, line 3: the reference of id 2 cannot be read as “letter”",),
        findings=2,
    ),
    "empty reference": Fault(
        changed(TEXTS, 2, answer=" "),
        (f"{TEXTS}, line 2: the reference of id 2 cannot be read as “text”",),
    ),
    # The one finding about an answer that quotes it.
    "letter that is no option": Fault(
        changed(KEYS, 4, answer="<C>"),
        (f"{KEYS}, line 4: id 2 has 2 options, but its reference is “<C>”",),
    ),
    "two letters, one no option": Fault(
        changed(KEYS, 1, answer="<A, D>"), (f"{KEYS}, line 1: id 1 has 2 options", "“<A, D>”")
    ),
    # BLEU-4 is 0 without four signs in a row.
    "reference that its metric cannot score": Fault(
        all_of(declared("name: rouge_l", "name: bleu"), changed(TEXTS, 2, answer=MARKER)),
        (f"{TEXTS}, line 2: the reference of id 2 scores 0.0 of 100 on its own item.",),
    ),
}
OPTIONS = {
    "options of a reference that differ": Fault(
        changed(KEYS, 2, options=["A. 对", "B. 错"]),
        (f"{KEYS}, line 2: a copy of id 1 has other options than its question line",),
    ),
    "copies with other options": Fault(
        copies("甲", "甲乙丙", "乙丙甲", "丙甲丁"),
        (f"{CHOICES}, line 2: the copies of id 2 have other options",),
    ),
    "copies with fewer options": Fault(
        copies("甲", "甲乙丙", "乙甲"),
        (f"{CHOICES}, line 2: the copies of id 2 have other options",),
    ),
    "two equal copies": Fault(
        copies("甲", "甲乙丙", "乙丙甲", "乙丙甲"),
        (f"{CHOICES}, line 2: two copies of id 2 are the same",),
    ),
    "right option at one place": Fault(
        copies("甲", "甲乙丙丁", "甲丁丙乙", "甲丙丁乙"),
        (f"{CHOICES}, line 2: in more than half of the 3 copies of id 2 the right option stands",),
    ),
    "right option at one place in most copies": Fault(
        copies("甲", "甲乙丙丁", "甲丁丙乙", "丙乙丁甲"),
        (f"{CHOICES}, line 2: in more than half of the 3 copies of id 2",),
    ),
    "one option that moves alone": Fault(
        copies("甲", "甲乙丙丁", "乙甲丙丁", "乙丙甲丁"),
        (f"{CHOICES}, line 2: between the copies of id 2 only one option moves",),
    ),
    "wrong option that moves alone": Fault(
        copies("乙", "甲乙丙丁", "乙甲丙丁"),
        (f"{CHOICES}, line 2: between the copies of id 2 only one option moves",),
    ),
    "copies with other keys": Fault(
        all_of(copies("甲", "甲乙丙", "乙丙甲", "丙甲乙"), changed(KEYS, 3, answer="<A>")),
        (f"{CHOICES}, line 2: the copies of id 2 have different right options",),
    ),
    "hidden item that is open elsewhere": Fault(
        changed("mini-test/Report/questions.jsonl", 2, question="问题2"),
        ("mini-test/Report/questions.jsonl, line 2: the item is asked in ", f"{REPORTS} too"),
    ),
}
TWINS = {
    "items that are nearly the same": Fault(
        reports("图为眼底照片，有何所见？", COUGH, COUGH.replace("十年", "五年")),
        (f"{REPORTS}, line 2: 2 items are nearly the same: ids 2, 3.",),
        "warning",
    ),
    "items that are the same": Fault(
        changed(REPORTS, 2, question="问题1"),
        (f"{REPORTS}, line 1: 2 items are nearly the same: ids 1, 2.",),
        "warning",
    ),
    "many items that are the same": Fault(
        reports("图为眼底照片，有何所见？", *[COUGH] * 7),
        (f"{REPORTS}, line 2: 7 items are nearly the same: ids 2, 3, 4, 5, 6 ….",),
        "warning",
    ),
    "image that is missing": Fault(
        changed(REPORTS, 2, img_path=["eye.png"]),
        (f"{REPORTS}, line 2: there is no image eye.png",),
    ),
    "image that is none": Fault(
        all_of(
            changed(REPORTS, 2, img_path=["eye.png"]), holding("mini/Report/eye.png", b"no picture")
        ),
        (f"{REPORTS}, line 2: image eye.png cannot be opened",),
    ),
    "image cut off": Fault(
        all_of(
            changed(REPORTS, 2, img_path=["eye.jpg"]),
            holding("mini/Report/eye.jpg", picture("JPEG")[:-900]),
        ),
        (f"{REPORTS}, line 2: image eye.jpg cannot be opened",),
    ),
    # Pillow says this with an error of its own.
    "image with a short head": Fault(
        all_of(
            changed(REPORTS, 2, img_path=["eye.png"]),
            holding("mini/Report/eye.png", picture()[:8] + b"\0\0\0\5IHDR" + picture()[16:]),
        ),
        (f"{REPORTS}, line 2: image eye.png cannot be opened",),
    ),
    "one image of two items": Fault(
        all_of(
            changed(REPORTS, 1, img_path="a.png"),
            changed(REPORTS, 2, img_path=["b.png"]),
            holding("mini/Report/a.png", picture()),
            holding("mini/Report/b.png", picture()),
        ),
        (f"{REPORTS}, line 2: id 2 shows the same image as id 1",),
        "warning",
    ),
    "image outside": Fault(
        all_of(
            changed(REPORTS, 2, img_path=["../Choice/eye.png"]),
            holding("mini/Choice/eye.png", picture()),
        ),
        (f"{REPORTS}, line 2", "img_path.0", "must lead into the dataset's own folder"),
        findings=2,
    ),
    "two images of one name": Fault(
        all_of(
            changed(REPORTS, 1, img_path=["eye.png"]),
            changed(CHOICES, 1, img_path=["eye.png"]),
            holding("mini/Report/eye.png", picture()),
            holding("mini/Choice/eye.png", picture(turned=90)),
        ),
        ("mini/Report: another dataset, or part of the phase, has another image eye.png",),
    ),
}
FAULTS = {**DECLARATIONS, **LINES, **ANSWERS, **OPTIONS, **TWINS}


def test_a_sound_challenge_has_no_finding(folder: Path) -> None:
    assert texts(found_in(folder)) == []


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(folder: Path, fault: Fault) -> None:
    fault.spoil(folder)

    findings = found_in(folder)

    assert levels_of(findings, fault) == [fault.level], texts(findings)
    assert len(findings) == fault.findings, texts(findings)
    for language in LANGUAGES:
        for finding in findings:
            told = finding.text(language)
            assert told.startswith(f"{translate(LEVELS[finding.level], language)}: ")
            assert not UNFILLED.search(told)
            assert len(told.splitlines()) == 1
            # Only the worker may know it.
            assert MARKER not in told
    for finding in findings:
        english, chinese = (finding.text(language).partition(": ")[2] for language in ("en", "zh"))
        assert english != chinese


def levels_of(findings: list[Finding], fault: Fault) -> list[Level]:
    """Return how bad the findings are that say what a fault's should."""
    return [
        finding.level
        for finding in findings
        if all(fragment in finding.text("en") for fragment in fault.said)
    ]


@pytest.mark.parametrize(
    "names",
    [
        # Of one kind of file each, and of both levels.
        [
            "declared hash that differs",
            "folder that no track declares",
            "letter that is no option",
            "image that is missing",
            "empty reference",
        ],
        # Of one file.
        ["question that leaks", "question of a wrong source", "image that is missing"],
        ["reference that is never read", "two letters, one no option"],
        # Where a file is missing, the others are read all the same.
        ["dataset without references", "image that is missing", "two equal copies"],
        # Of one item.
        ["image that is none", "reference that its metric cannot score"],
        ["track declared twice", "question without reference", "right option at one place"],
    ],
    ids=", ".join,
)
def test_several_faults_are_all_found(folder: Path, names: list[str]) -> None:
    for name in names:
        FAULTS[name].spoil(folder)

    findings = found_in(folder)

    for name in names:
        assert levels_of(findings, FAULTS[name]) == [FAULTS[name].level], (name, texts(findings))
    assert len(findings) == sum(FAULTS[name].findings for name in names), texts(findings)


def test_each_track_that_cannot_be_read_is_found(folder: Path) -> None:
    FAULTS["unknown metric"].spoil(folder)
    (folder / "tracks" / "second.yaml").write_text("id: [", "utf-8")

    first, second = found_in(folder)

    assert "mini.yaml" in first.text("en")
    assert "second.yaml" in second.text("en")


def test_a_broken_track_hides_no_fault_of_another(folder: Path) -> None:
    (folder / "tracks" / "broken.yaml").write_text("id: broken\n", "utf-8")
    FAULTS["two equal copies"].spoil(folder)

    broken, equal = found_in(folder)

    assert "broken.yaml does not declare" in broken.text("en")
    assert levels_of([equal], FAULTS["two equal copies"]) == ["error"]


def test_items_of_two_phases_in_one_folder_are_checked_once(folder: Path) -> None:
    more = "  - {id: again, title: {zh: 再, en: Again}, references: open}\ndimensions:\n"
    declared("dimensions:\n", more)(folder)
    FAULTS["letter that is no option"].spoil(folder)

    assert len(found_in(folder)) == 1


def test_hidden_items_are_checked_too(folder: Path) -> None:
    changed("mini-test/Choice/references.jsonl", 2, answer="<F>")(folder)

    (finding,) = found_in(folder)

    assert "mini-test/Choice/references.jsonl, line 2" in finding.text("en")


def test_a_hash_that_fits_is_no_finding(folder: Path) -> None:
    FAULTS["declared hash that differs"].spoil(folder)
    (finding,) = found_in(folder)

    # What the finding says it is: how an organiser learns it.
    declared("0123456789ab", str(finding.sentence.values["found"]))(folder)

    assert texts(found_in(folder)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        copies("甲", "甲乙丙丁", "丙甲丁乙", "乙丁甲丙"),
        # Of two options none can be said to move alone.
        copies("甲", "甲乙", "乙甲"),
        # Reports on a frame of their own: what all begin and end with does not count.
        reports(*(f"{COUGH * 3}请写出{part}的所见。" for part in ("心脏", "右肺尖", "纵隔"))),
        all_of(
            changed(REPORTS, 1, img_path=["a.png"]),
            changed(REPORTS, 2, img_path=["b.jpg"]),
            holding("mini/Report/a.png", picture()),
            holding("mini/Report/b.jpg", picture("JPEG", turned=90)),
        ),
    ],
    ids=["fair copies", "two options", "one instruction", "two images"],
)
def test_what_is_right_is_no_finding(folder: Path, spoil: Spoil) -> None:
    spoil(folder)

    assert texts(found_in(folder)) == []


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """What `new-challenge` writes."""
    return Path(shutil.copytree(SKELETON, tmp_path / "skeleton"))


def test_the_skeleton_has_no_finding(skeleton: Path) -> None:
    assert texts(found_in(skeleton)) == []


def test_a_key_point_that_the_reference_does_not_say(skeleton: Path) -> None:
    file = "my-track/Advice/references.jsonl"
    points = json.loads(lines(skeleton / file)[0])["point"]
    changed(file, 1, point=[*points, {"text": "每天步行一小时", "kind": "important"}])(skeleton)

    (finding,) = found_in(skeleton)

    # Said of the point, which the organiser must see; not of the answer, nor of points found.
    assert finding.level == "warning"
    assert f"{file}, line 1: the reference of id 1 scores " in finding.text("en")
    assert finding.text("en").endswith("of 100 on its own item: 每天步行一小时.")
    assert "每天步行一小时" in finding.text("zh")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run(
        [sys.executable, "-m", "evaluator", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.mark.parametrize(
    ("names", "language", "code", "levels", "summary"),
    [
        (["items that are the same"], "en", 0, ["warning"], "0 error(s), 1 warning(s).\n"),
        (
            ["items that are the same", "letter that is no option"],
            "zh",
            1,
            ["错误", "警告"],
            "1 个错误，1 个警告。\n",
        ),
    ],
    ids=["warning", "error"],
)
def test_command_line(
    folder: Path,
    names: list[str],
    language: str,
    code: int,
    levels: list[str],
    summary: str,
) -> None:
    for name in names:
        FAULTS[name].spoil(folder)

    done = run(folder.parent, "--lang", language, "check-challenge", str(folder))

    told = done.stdout.splitlines()
    assert done.returncode == code
    # What is wrong ends on standard error, what is right among the rest.
    assert done.stderr == (summary if code else "")
    assert [line.partition(":")[0] for line in told[: len(levels)]] == levels
    assert told[len(levels) :] == ([] if code else [summary.strip()])
    assert not (folder.parent / "data").exists()


def test_new_challenge_writes_the_skeleton(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"

    assert main(["new-challenge", str(folder)]) == 0
    assert contents(folder) == contents(SKELETON)
    assert capsys.readouterr().out.endswith(f"check-challenge {folder}\n")

    assert main(["new-challenge", str(folder)]) == 1
    assert "exists and is not empty" in capsys.readouterr().err


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
