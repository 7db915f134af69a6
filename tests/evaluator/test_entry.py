"""What a team says about its model: what is tidied, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evaluator.entry import NAME_CHARACTERS, PARAMETER_CHARACTERS, Entry, EntryRefused, read_entry
from evaluator.texts import LANGUAGES, Bilingual

GIVEN: dict[str, Any] = {"model": "模型", "organisation": "医院", "access": "open"}


def test_entry_is_what_was_said() -> None:
    note = Bilingual(zh="注", en="Note")

    assert read_entry("模型", "医院", "closed", "7B", note) == Entry(
        "模型", "医院", "closed", "7B", note
    )
    assert read_entry(**GIVEN) == Entry("模型", "医院", "open", "", None, "", "")


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        ("  模型  甲 ", "模型 甲"),
        ("模型\n甲\t乙", "模型 甲 乙"),
        ("模型\u3000甲", "模型 甲"),
        ("模型\x00\x1b[31m甲", "模型[31m甲"),
        # Characters that turn the direction of what follows, or show nothing.
        ("模型\u202e甲\u200b乙\ufeff", "模型甲乙"),
        ("模型\ud800甲", "模型甲"),
        # What would be code elsewhere is a name here; pages escape it.
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("=1+1", "=1+1"),
        ("{placeholder}", "{placeholder}"),
        ("\U0001f600", "\U0001f600"),
        ("模" * NAME_CHARACTERS, "模" * NAME_CHARACTERS),
        # Counted after tidying.
        ("模" * NAME_CHARACTERS + "\u200b" * 10 + "  ", "模" * NAME_CHARACTERS),
    ],
)
def test_names_are_tidied(written: str, tidied: str) -> None:
    entry = read_entry(**{**GIVEN, "model": written, "organisation": written})

    assert (entry.model, entry.organisation) == (tidied, tidied)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"model": ""}, "Name the model, in at most 100 characters."),
        ({"model": " \n\t"}, "Name the model"),
        ({"model": "\u200b"}, "Name the model"),
        ({"model": "模" * (NAME_CHARACTERS + 1)}, "Name the model"),
        ({"organisation": ""}, "Name the organisation, in at most 100 characters."),
        ({"organisation": "x" * 1_000_000}, "Name the organisation"),
        ({"parameters": "7" * (PARAMETER_CHARACTERS + 1)}, "in at most 20 characters, such as 7B"),
        # A program may send null.
        ({"model": None}, "Name the model"),
        ({"organisation": None}, "Name the organisation"),
        ({"access": None}, "Say whether the model is open or closed."),
        ({"access": ""}, "Say whether the model is open or closed."),
        ({"access": "OPEN"}, "Say whether the model is open or closed."),
        ({"access": "half"}, "Say whether the model is open or closed."),
    ],
)
def test_refused(given: dict[str, str | None], sentence: str) -> None:
    with pytest.raises(EntryRefused) as caught:
        read_entry(**{**GIVEN, **given})

    assert sentence in str(caught.value)
    assert all(caught.value.text(language) for language in LANGUAGES)


def test_parameters_may_be_left_out() -> None:
    assert read_entry(**GIVEN, parameters="  ").parameters == ""
    assert read_entry(**GIVEN, parameters=None).parameters == ""


def day(days: int) -> str:
    """Return the day that many days from now, in UTC."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2024-05-13", "2024-05-13"),
        ("2024-05", "2024-05"),
        (" 2024-05-13\n", "2024-05-13"),
        ("2024-02-29", "2024-02-29"),
        (day(0), day(0)),
        # East of here it is tomorrow already.
        (day(1), day(1)),
        (day(0)[:7], day(0)[:7]),
        ("", ""),
        ("  ", ""),
        # A program may send null.
        (None, ""),
    ],
)
def test_a_day_of_release_is_a_day_or_a_month(written: str | None, kept: str) -> None:
    assert read_entry(**GIVEN, released=written).released == kept


@pytest.mark.parametrize(
    "written",
    [
        "2024",
        "2024-5-13",
        "20240513",
        "2024-W20-1",
        "13.05.2024",
        "May 2024",
        "2024-13",
        "2024-00-01",
        # No leap year.
        "2023-02-29",
        "2024-05-13T00:00",
        "2024-05-",
        "0000-01",
        # Full-width digits.
        "２０２４-05",
        day(3),
        day(32)[:7],
        "9999-12",
        "x" * 100_000,
    ],
)
def test_anything_else_is_refused_as_a_day_of_release(written: str) -> None:
    with pytest.raises(EntryRefused, match="YYYY-MM-DD, or its month as YYYY-MM") as caught:
        read_entry(**GIVEN, released=written)

    assert len(str(caught.value)) < 200


def test_an_anonymous_entry_gets_a_pseudonym_of_its_own() -> None:
    drawn = {read_entry(**GIVEN, anonymous=True).pseudonym for _ in range(20)}

    assert len(drawn) == 20
    assert all(len(code) == 6 and int(code, 16) >= 0 for code in drawn)
    for public in (False, None):
        assert read_entry(**GIVEN, anonymous=public).pseudonym == ""


@pytest.mark.parametrize("model", ["Anonymous 4f2a1c", "匿名 00ff", " anonymous  12"])
def test_a_name_that_poses_as_a_pseudonym_is_refused(model: str) -> None:
    with pytest.raises(EntryRefused, match="choose another name"):
        read_entry(model, "Hospital", "open")
    assert read_entry("Anonymous Medical LLM", "Hospital", "open").model == "Anonymous Medical LLM"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (None, ""),
        ("  ", ""),
        (" my-lab/my-model ", "my-lab/my-model"),
        ("https://huggingface.co/my-lab/my.model/", "my-lab/my.model"),
    ],
)
def test_the_repository_of_a_model(written: str | None, kept: str) -> None:
    assert read_entry(**GIVEN, repository=written).repository == kept


@pytest.mark.parametrize("written", ["model", "a/b/c", "http://x.org/a/b", "实验室/模型", "a/ b"])
def test_a_repository_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(EntryRefused, match="OWNER/NAME"):
        read_entry(**GIVEN, repository=written)
