"""Declared models: those that ship, what is refused, and what makes another run of one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluator.baselines.declaration import Model
from evaluator.baselines.library import declared, find_model
from evaluator.declaration import read_declaration
from evaluator.entry import EntryRefused
from evaluator.errors import DeclarationError, NotFound
from evaluator.settings import ROOT

FILES = sorted((ROOT / "baselines").glob("*.yaml"))
FAMILIES = ("GPT", "Claude", "Llama", "Qwen", "DeepSeek")
WRITTEN: dict[str, Any] = {
    "name": "m",
    "provider": "openai",
    "model": "m-2026-01-01",
    "key": "M_API_KEY",
    "price": {"input": 1, "output": 2, "source": "list", "date": "2026-01-01"},
    "title": "M",
    "organisation": "O",
    "access": "closed",
    "licence": "MIT",
    "source": "https://example.org",
}


def written(folder: Path, **changes: Any) -> Path:
    """Write a declaration with some fields changed; None leaves one out."""
    fields = {name: value for name, value in {**WRITTEN, **changes}.items() if value is not None}
    file = folder / "m.yaml"
    file.write_text(yaml.safe_dump(fields, sort_keys=False), "utf-8")
    return file


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_declaration_is_whole(file: Path, tmp_path: Path) -> None:
    model = find_model(file.stem, tmp_path)

    assert model.name == file.stem
    assert model.licence.strip()
    assert model.source.startswith("https://")
    assert model.key is None or re.fullmatch("[A-Z][A-Z0-9_]+", model.key)
    # Only a model on this machine needs no key.
    assert (model.key is None) == (model.provider == "transformers")
    assert model.entry.model == model.title
    assert model.snapshot in ("", model.model)
    # What the limit of a request counts is what the request asks for.
    extra = model.decoding.extra
    assert extra.get("max_completion_tokens", model.decoding.max_tokens) == (
        model.decoding.max_tokens
    )


def test_shipped_models_whose_weights_come_from_the_hub_name_their_repository() -> None:
    """Of models behind other services it is not certain which weights answer."""
    models = [read_declaration(file, Model) for file in FILES]

    named = {model.model for model in models if model.provider in ("huggingface", "transformers")}
    assert {model.entry.repository for model in models} == {"", *named}
    for model in models:
        assert model.repository in ("", model.model)


def test_a_repository_that_is_none_is_refused(tmp_path: Path) -> None:
    assert read_declaration(written(tmp_path, repository="o/m"), Model).entry.repository == "o/m"
    with pytest.raises(EntryRefused, match="as OWNER/NAME"):
        _entry = read_declaration(written(tmp_path, repository="m"), Model).entry


def test_every_family_is_shipped() -> None:
    titles = [read_declaration(file, Model).title for file in FILES]

    assert [name for name in FAMILIES if not any(t.startswith(name) for t in titles)] == []


@pytest.mark.parametrize(
    ("changes", "place", "fault"),
    [
        ({"temperature": 0}, "line 15, temperature", "Extra inputs are not permitted"),
        ({"decoding": {"top_k": 5}}, "decoding.top_k", "Extra inputs are not permitted"),
        ({"prompt": {"template": "Answer!"}}, "prompt.template", "a template holds {prompt}"),
        ({"prompt": {"shots": [{"question": "Q"}]}}, "prompt.shots.0.answer", "Field required"),
        ({"provider": "transformers"}, "Model", "has neither key nor base_url"),
        (
            {"provider": "transformers", "key": None, "base_url": "http://localhost/v1"},
            "Model",
            "has neither key nor base_url",
        ),
        ({"provider": "gemini"}, "line 2, provider", "Input should be 'openai'"),
        ({"price": {**WRITTEN["price"], "input": -1}}, "line 6, price.input", "greater than"),
        ({"price": {"input": 1, "output": 2, "date": "2026-01-01"}}, "price.source", "required"),
        ({"price": {**WRITTEN["price"], "date": "May"}}, "price.date", "valid date"),
        # The key itself, where the name of its variable belongs.
        ({"key": "sk-proj-abc"}, "line 4, key", "should match pattern"),
        ({"base_url": "localhost:8000"}, "base_url", "is no http(s) address"),
        ({"base_url": "https://me:sk-secret@host/v1"}, "base_url", "belongs into the environment"),
        ({"base_url": "https://host/v1?key=sk-secret"}, "base_url", "is no http(s) address"),
        ({"base_url": "http://"}, "base_url", "is no http(s) address"),
        ({"base_url": "https://h:port/v1"}, "base_url", "is no http(s) address"),
        # More tokens than the limit of costs is reckoned by.
        ({"decoding": {"extra": {"max_completion_tokens": 9}}}, "decoding", "the same number"),
        ({"decoding": {"extra": {"max_tokens": 9}}}, "decoding", "may not hold max_tokens"),
        ({"decoding": {"extra": {"n": 2}}}, "decoding", "may not hold n"),
        # What could not be sent would be published all the same.
        ({"provider": "anthropic"}, "Model", "has no seed"),
        (
            {"provider": "anthropic", "decoding": {"seed": None, "extra": {"thinking": {}}}},
            "Model",
            "write temperature: null",
        ),
        (
            {"provider": "transformers", "key": None, "base_url": None, "images": True},
            "Model",
            "images: false",
        ),
        # A team's declaration may not name the keys of others.
        ({"team": "T", "base_url": "https://t.example/v1"}, "Model", "begins with TEAM_"),
        ({"team": "T", "key": None, "base_url": None}, "Model", "is its base_url"),
        ({"team": "maintainers", "base_url": "https://t.example/v1"}, "Model", "name of a team"),
        ({"team": " ", "base_url": "https://t.example/v1"}, "Model", "name of a team"),
        ({"licence": None}, "licence", "Field required"),
        ({"source": ""}, "source", "at least 1 character"),
        ({"decoding": {"max_tokens": 0}}, "decoding.max_tokens", "greater than or equal to 1"),
        ({"pace": {"parallel": 0}}, "pace.parallel", "greater than or equal to 1"),
        ({"pace": {"per_minute": 0}}, "pace.per_minute", "greater than or equal to 1"),
        # It would be refused only when it is submitted, after it has been paid for.
        ({"parameters": "eight billion or some more"}, "m.yaml", "at most 20 characters"),
        ({"released": "2024"}, "m.yaml", "YYYY-MM-DD"),
        ({"title": "Anonymous 123abc"}, "m.yaml", "choose another name"),
    ],
)
def test_a_faulty_declaration_is_refused(
    tmp_path: Path, changes: dict[str, Any], place: str, fault: str
) -> None:
    file = written(tmp_path, **changes)

    with pytest.raises(DeclarationError) as caught:
        find_model(str(file), tmp_path)
    assert str(file) in str(caught.value)
    assert place in str(caught.value)
    assert fault in str(caught.value)
    # A key that was pasted in is not repeated.
    assert "sk-proj" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"decoding": {"temperature": 1}},
        {"decoding": {"temperature": None}},
        {"decoding": {"seed": 1}},
        {"decoding": {"max_tokens": 100}},
        {"decoding": {"extra": {"reasoning_effort": "low"}}},
        {"prompt": {"system": "Be brief."}},
        {"prompt": {"template": "{prompt}\nBe brief."}},
        {"prompt": {"shots": [{"question": "Q", "answer": "A"}]}},
        {"model": "m-2026-02-02"},
        {"snapshot": "m-2026-01-01"},
        {"base_url": "https://other.example/v1"},
        {"provider": "huggingface"},
        {"images": True},
    ],
)
def test_what_may_change_an_answer_changes_the_hash(changes: dict[str, Any]) -> None:
    changed = Model.model_validate({**WRITTEN, **changes})

    assert changed.asked_hash != Model.model_validate(WRITTEN).asked_hash


@pytest.mark.parametrize(
    "changes",
    [
        {"price": None},
        {"pace": {"parallel": 1, "per_minute": 5, "timeout_seconds": 9, "tries": 1}},
        {"title": "N", "organisation": "P", "parameters": "7B", "released": "2026-01"},
        {"repository": "o/m"},
        {"licence": "other", "source": "elsewhere", "note": {"zh": "注", "en": "note"}},
        {"key": "OTHER_KEY", "stream": False},
        # Written out, yet the default.
        {"decoding": {"temperature": 0, "max_tokens": 4096}, "images": False},
    ],
)
def test_what_changes_no_answer_leaves_the_hash(changes: dict[str, Any]) -> None:
    changed = Model.model_validate({**WRITTEN, **changes})

    assert changed.asked_hash == Model.model_validate(WRITTEN).asked_hash


def test_a_challenges_own_declaration_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "baselines"
    own.mkdir()
    written(own).rename(own / "gpt-4.1.yaml")
    text = (own / "gpt-4.1.yaml").read_text("utf-8").replace("name: m", "name: gpt-4.1", 1)
    (own / "gpt-4.1.yaml").write_text(text, "utf-8")

    assert find_model("gpt-4.1", tmp_path).title == "M"
    assert declared(tmp_path)["gpt-4.1"] == own / "gpt-4.1.yaml"
    assert set(declared(tmp_path)) == {file.stem for file in FILES}


def test_name_and_file_are_the_same(tmp_path: Path) -> None:
    file = written(tmp_path, name="n")

    with pytest.raises(DeclarationError, match=r"declares the name “n”; file and name must be"):
        find_model(str(file), tmp_path)


@pytest.mark.parametrize("asked", ["gpt-9", "absent.yaml", "", "../baselines/gpt-4.1"])
def test_an_unknown_model_names_those_declared(tmp_path: Path, asked: str) -> None:
    with pytest.raises(NotFound, match=r"declared are: .*gpt-4\.1.*A path to a file works too"):
        find_model(asked, tmp_path)
