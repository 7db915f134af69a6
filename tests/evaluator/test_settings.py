"""What the environment decides."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from evaluator.errors import EvaluatorError
from evaluator.settings import (
    OAUTH_VARIABLES,
    ROOT,
    JudgeSettings,
    Limits,
    Settings,
    make_data_dir,
    read_settings,
)

SPACE = {"SYSTEM": "spaces"}
OAUTH = dict.fromkeys(OAUTH_VARIABLES, "x")
JUDGE = {"JUDGE_BASE_URL": "https://judge.example/v1", "JUDGE_MODEL": "qwen3:32b"}


def test_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()
    assert Settings().on_loopback
    assert Settings().challenge_dir == ROOT / "challenge"


def test_variables_are_read() -> None:
    found = read_settings(
        {"HOST": "0.0.0.0", "PORT": "8000", "DATA_DIR": "/tmp/a/../b", "CHALLENGE_DIR": "~/c"}
    )

    assert (found.host, found.port) == ("0.0.0.0", 8000)
    assert found.data_dir == Path("/tmp/b")
    assert found.challenge_dir == Path.home() / "c"
    assert found.database_url == "sqlite:////tmp/b/submissions.sqlite"
    assert found.board_dir == Path("/tmp/b/board")


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Limits)])
def test_every_limit_has_a_variable(field: str) -> None:
    prefix = "" if field == "abandoned_seconds" else "MAX_"

    limits = read_settings({f"{prefix}{field.upper()}": "7"}).limits

    assert limits == dataclasses.replace(Limits(), **{field: 7})


@pytest.mark.parametrize(
    ("environ", "seen"),
    [
        (
            {"HUB_RESULTS": "my-org/my.results", "HUB_TOKEN": "hf_x"},
            "https://huggingface.co/datasets/my-org/my.results",
        ),
        # Results lie in a folder.
        ({"HUB_RESULTS": "my-org/my.results"}, ""),
        ({"HUB_TOKEN": "hf_x"}, ""),
    ],
)
def test_where_results_are_seen(environ: dict[str, str], seen: str) -> None:
    assert read_settings(environ).results_url == seen


def test_where_results_go_is_read() -> None:
    found = read_settings({"HUB_RESULTS": "my-org/my.results", "HUB_TOKEN": "hf_x"})
    assert (found.hub.results, found.hub.token) == ("my-org/my.results", "hf_x")
    assert "hf_x" not in repr(found)


@pytest.mark.parametrize("written", ["results", "a/b/c", "/b", "a/", "a b/c", "../b", "组织/结果"])
def test_a_repository_is_named_with_its_owner(written: str) -> None:
    with pytest.raises(EvaluatorError, match="HUB_RESULTS is “"):
        read_settings({"HUB_RESULTS": written})


@pytest.mark.parametrize("name", ["PORT", "MAX_LINES", "ABANDONED_SECONDS"])
@pytest.mark.parametrize("written", ["0", "-1", "1.5", "1e3", "many", " 1", "１", "0x10", "٣"])
def test_a_wrong_number_is_named(name: str, written: str) -> None:
    with pytest.raises(EvaluatorError) as caught:
        read_settings({name: written})

    assert str(caught.value) == f"{name} is “{written}”; it must be a whole number above 0."
    assert name in caught.value.text("zh")


def test_a_port_that_is_none_is_named() -> None:
    assert read_settings({"PORT": "65535"}).port == 65_535
    with pytest.raises(EvaluatorError, match="PORT is 65536; it must be at most 65535"):
        read_settings({"PORT": "65536"})


def test_data_folder_is_made_or_named(tmp_path: Path) -> None:
    make_data_dir(Settings(data_dir=tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()

    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluatorError, match="cannot be made"):
        make_data_dir(Settings(data_dir=tmp_path / "file" / "b"))


@pytest.mark.parametrize("name", ["HOST", "PORT", "DATA_DIR", "CHALLENGE_DIR", "MAX_LINES"])
def test_an_empty_variable_is_none(name: str) -> None:
    assert read_settings({name: ""}) == Settings()


@pytest.mark.parametrize(
    ("environ", "in_space", "oauth", "host"),
    [
        ({}, False, False, "127.0.0.1"),
        (SPACE, True, False, "0.0.0.0"),
        ({**SPACE, **OAUTH}, True, True, "0.0.0.0"),
        ({**SPACE, **OAUTH, "HOST": "127.0.0.1"}, True, True, "127.0.0.1"),
        # Outside a Space Gradio would mock the login: never.
        (OAUTH, False, False, "127.0.0.1"),
        ({"SYSTEM": "linux", **OAUTH}, False, False, "127.0.0.1"),
        # One variable short, or empty.
        ({**SPACE, **OAUTH, "OAUTH_CLIENT_SECRET": ""}, True, False, "0.0.0.0"),
        # Gradio would mock the login as the owner of the server's own token.
        ({**SPACE, **OAUTH, "SPACE_ID": ""}, True, False, "0.0.0.0"),
    ],
)
def test_login_only_in_a_space(
    environ: dict[str, str], in_space: bool, oauth: bool, host: str
) -> None:
    found = read_settings(environ)

    assert (found.in_space, found.oauth, found.host) == (in_space, oauth, host)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        # A name may lead anywhere.
        ("my-machine", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert Settings(host=host).on_loopback is loopback


def test_a_judge_is_read() -> None:
    assert read_settings({}).judge is None
    assert read_settings(JUDGE).judge == JudgeSettings("https://judge.example/v1", "qwen3:32b")

    more = {"JUDGE_API_KEY": "sk-1", "JUDGE_TIMEOUT_SECONDS": "7", "JUDGE_PARALLEL": "3"}
    assert read_settings({**JUDGE, **more}).judge == JudgeSettings(
        "https://judge.example/v1", "qwen3:32b", "sk-1", timeout_seconds=7, parallel=3
    )
    # Without a server the other variables mean nothing.
    assert read_settings({**more, "JUDGE_MODEL": "", "JUDGE_BASE_URL": ""}) == Settings()


@pytest.mark.parametrize("given", sorted(JUDGE))
def test_half_a_judge_is_named(given: str) -> None:
    (missing,) = set(JUDGE) - {given}

    with pytest.raises(EvaluatorError, match=f"{given} is set but {missing} is not"):
        read_settings({**JUDGE, missing: ""})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "http://localhost",
        "http://[::1]:8000/v1/",
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        "https://1a.example:443/a.b/~c/%41",
    ],
)
def test_addresses_of_a_judge(url: str) -> None:
    found = read_settings({**JUDGE, "JUDGE_BASE_URL": url}).judge

    assert found and found.base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "judge.example/v1",
        "ftp://judge.example/v1",
        "https://",
        "https:///v1",
        "https://user:hunter2@judge.example/v1",
        "https://judge.example/v1?key=hunter2",
        "https://judge.example/v1#hunter2",
        "https://judge.example/v1\n",
        " https://judge.example/v1",
        "https://judge example/v1",
        "https://a..b/v1",
        "https://" + "a" * 64 + ".example",
        # A client would crash on these.
        "http://999.999.999.999/v1",
        "http://[1:2]/v1",
        "http://127.0.0.1:99999/v1",
        "http://判官.example/v1",
        "http://" + "a" * 100_000 + "!",
        "http://" + "a." * 50_000 + "!",
    ],
)
def test_no_address_of_a_judge(url: str) -> None:
    with pytest.raises(EvaluatorError, match=r"JUDGE_BASE_URL is no http\(s\) address") as caught:
        read_settings({**JUDGE, "JUDGE_BASE_URL": url})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["hunter2\n", " hunter2", "hunter 2", "hunter２", "hunter\x7f"])
def test_a_key_that_would_break_a_header_is_refused_unquoted(key: str) -> None:
    with pytest.raises(EvaluatorError, match="JUDGE_API_KEY holds") as caught:
        read_settings({**JUDGE, "JUDGE_API_KEY": key})

    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("name", ["JUDGE_TIMEOUT_SECONDS", "JUDGE_PARALLEL"])
def test_a_wrong_number_of_a_judge_is_named(name: str) -> None:
    with pytest.raises(EvaluatorError, match=f"{name} is “0”; it must be a whole number above 0"):
        read_settings({**JUDGE, name: "0"})


def test_settings_do_not_show_the_key() -> None:
    shown = repr(read_settings({**JUDGE, "JUDGE_API_KEY": "hunter2"}))

    assert "qwen3:32b" in shown
    assert "hunter2" not in shown


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]
