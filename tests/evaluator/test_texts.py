"""Sentences in two languages: which one is chosen, and that every one is translated whole."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from evaluator.settings import ROOT
from evaluator.texts import (
    CATALOGUES,
    LANGUAGES,
    Bilingual,
    Language,
    Sentence,
    catalogue,
    language_of,
    translate,
)

KEYWORDS = {"_": None, "t": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
SOURCES = ("app.py", "challenge", "evaluator", "leaderboard")
PO_FILES = sorted(CATALOGUES.glob("*/LC_MESSAGES/messages.po"))


def placeholders(template: str) -> list[str]:
    """Return the names of the {placeholders} of a sentence, sorted."""
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def sentences() -> dict[str, str]:
    """Return every sentence marked in the source, with one place where it stands."""
    found: dict[str, str] = {}
    for source in SOURCES:
        # A single file is a folder in which everything else is left aside.
        path = ROOT / source
        folder = path if path.is_dir() else path.parent
        methods = METHODS if path.is_dir() else [(source, "python"), ("**", "ignore")]
        for file, line, message, _, _ in extract_from_dir(
            folder, methods, {}, KEYWORDS, directory_filter=_visible if path.is_dir() else _none
        ):
            assert isinstance(message, str)
            found.setdefault(message, f"{folder.name}/{file}:{line}")
    return found


def _visible(folder: str | Path) -> bool:
    return not Path(folder).name.startswith((".", "__"))


def _none(folder: str | Path) -> bool:
    return False


SENTENCES = sentences()


def test_extraction_finds_python_and_templates() -> None:
    places = set(SENTENCES.values())

    assert len(SENTENCES) > 150
    assert SENTENCES["There is no file {file}."].startswith("evaluator/__main__.py")
    assert {place.partition("/")[0] for place in places} >= {
        "challenge",
        "evaluator",
        "leaderboard",
    }
    assert any(".html" in place for place in places)


def test_every_sentence_is_translated() -> None:
    known = catalogue("zh")

    missing = [f"{place}: {text}" for text, place in SENTENCES.items() if text not in known]
    assert missing == []


def test_every_translation_is_used() -> None:
    assert sorted(set(catalogue("zh")) - set(SENTENCES)) == []


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.parent.parent.name)
def test_catalogue_is_complete_and_keeps_placeholders(path: Path) -> None:
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]

    for message in messages:
        assert isinstance(message.id, str)
        assert isinstance(message.string, str)
        assert message.string.strip(), message.id
        assert not message.fuzzy, message.id
        assert placeholders(message.string) == placeholders(message.id), message.id


def test_there_is_a_catalogue_for_every_other_language() -> None:
    assert {path.parent.parent.name for path in PO_FILES} == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        ("zh", None, "zh"),
        ("en", "zh-CN", "en"),
        ("zh-CN", None, "zh"),
        ("ZH", None, "zh"),
        (" zh ", "en", "zh"),
        # Unknown wishes are passed over.
        ("fr", "zh", "zh"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, "fr-FR, zh-TW;q=0.5", "zh"),
        (None, "de,fr", "en"),
        (None, "", "en"),
        (None, None, "en"),
        (None, "*", "en"),
        (None, ";;;,,,;q=", "en"),
        ("<script>", "\x00", "en"),
        # A language that only begins alike.
        (None, "zha", "en"),
        (None, "enm", "en"),
    ],
)
def test_language_of(asked: str | None, accepted: str | None, expected: Language) -> None:
    assert language_of(asked, accepted) == expected


def test_english_is_as_written() -> None:
    assert catalogue("en") == {}
    assert translate("{file} is missing.", "en") == "{file} is missing."


def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert translate("Nobody has translated this.", "zh") == "Nobody has translated this."


def test_sentence_puts_values_in_either_language() -> None:
    sentence = Sentence("{file} is missing.", {"file": "q.jsonl"})

    assert sentence.text("en") == "q.jsonl is missing."
    assert "q.jsonl" in sentence.text("zh") != sentence.text("en")


def test_values_speak_the_readers_language() -> None:
    inner = Sentence("line {lines}", {"lines": "1"})
    outer = Sentence("{a} and {b}", {"a": Bilingual(zh="甲", en="A"), "b": inner})

    assert outer.text("en") == "A and line 1"
    assert outer.text("zh") == f"甲 and {inner.text('zh')}"
    assert inner.text("zh") != "line 1"


def test_values_are_not_read_as_templates() -> None:
    assert Sentence("{a}", {"a": "{b} %s {0}"}).text("en") == "{b} %s {0}"
