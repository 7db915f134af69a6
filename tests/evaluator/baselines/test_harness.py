"""The harness over real HTTP: how many at once, what is tried again, what stops it or is kept."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import threading
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from evaluator.baselines.asking import Unfinished
from evaluator.baselines.budget import BudgetSpent
from evaluator.baselines.declaration import Model
from evaluator.baselines.harness import FAILURES_IN_A_ROW, RunStopped
from evaluator.baselines.journal import Journal
from evaluator.baselines.progress import Bar
from evaluator.baselines.reply import Denied
from tests.chat_server import Act, ChatServer, Data, Script, chat_server, fail
from tests.evaluator.baselines.asked import PIXEL
from tests.evaluator.baselines.running import (
    PRICE,
    Desk,
    answer,
    append_all,
    desk,
    item_of,
    mini_run,
    model_at,
    write_reports,
)
from tests.folders import mini_challenge, question
from tests.provider_server import MODEL, completion

# By when a server's answer has surely reached whoever asked.
ARRIVED = 0.1


def late(seconds: float, act: Act) -> Act:
    """Return a response that comes later."""
    return Act(act.status, act.body, act.headers, seconds)


def echo(request: Data, number: int) -> Act:
    """Answer with the number of the question."""
    return completion(f"答{item_of(request)}")


def ask_all(
    folder: Path, script: Script, count: int, max_cost: float | None = None, **changes: Any
) -> tuple[Desk, ChatServer]:
    """Have so many questions answered by a server that follows a script."""
    with chat_server(script) as server:
        prepared = desk(folder, model_at(server, **changes), count)
        prepared.ask(max_cost)
        return prepared, server


def sync_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be slower than the server."""
    sync = os.fsync

    def slowly(descriptor: int) -> None:
        time.sleep(0.4)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slowly)


def asked_items(server: ChatServer) -> Counter[str]:
    """Return how often each question was asked."""
    return Counter(map(item_of, server.requests))


def test_so_many_are_asked_at_once_and_each_once(tmp_path: Path) -> None:
    prepared, server = ask_all(
        tmp_path, lambda request, n: late(0.05, echo(request, n)), 12, pace={"parallel": 3}
    )

    assert server.most_at_once == 3
    assert asked_items(server) == {str(n): 1 for n in range(1, 13)}
    assert {item: one.answer for item, one in prepared.by_item.items()} == {
        str(n): f"答{n}" for n in range(1, 13)
    }
    first = prepared.by_item["1"]
    assert (first.key, first.state, first.tries, first.finish) == (
        ("Report", "1", 0),
        "answered",
        1,
        "stop",
    )
    assert (first.model, first.fingerprint, first.request) == (
        MODEL,
        "fp_44709d6fcb",
        "chatcmpl-B9MBs8",
    )
    assert (first.input_tokens, first.output_tokens) == (19, 10)
    assert 0.05 <= first.seconds < 2


def test_what_has_an_answer_is_not_asked(tmp_path: Path) -> None:
    with chat_server(echo) as server:
        prepared = desk(tmp_path, model_at(server), 4)
        failed = answer("3", None, state="failed")
        append_all(prepared.run.journal, [answer("1"), answer("2", "", state="unfit"), failed])
        prepared.ask()

    assert asked_items(server) == {"3": 1, "4": 1}
    assert Counter(one.item for one in prepared.answers) == {"1": 1, "2": 1, "3": 2, "4": 1}


def test_what_is_declared_is_sent(tmp_path: Path) -> None:
    prompt = {
        "system": "Be brief.",
        # Signs that a format string would read.
        "template": "{0} {prompt} {question}",
        "shots": [{"question": "Q", "answer": "A"}],
    }
    decoding = {"temperature": 0.5, "seed": 7, "max_tokens": 9, "extra": {"effort": "low"}}
    _prepared, server = ask_all(
        tmp_path, lambda *_: completion(), 1, prompt=prompt, decoding=decoding
    )

    (request,) = server.requests
    assert request["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Q"},
        {"role": "assistant", "content": "A"},
        {"role": "user", "content": "{0} 问题1 {question}"},
    ]
    said = {name: request[name] for name in ("temperature", "seed", "max_tokens", "effort")}
    assert said == {"temperature": 0.5, "seed": 7, "max_tokens": 9, "effort": "low"}


@pytest.mark.parametrize("per_minute", [None, 300])
def test_every_slot_waits_as_long_as_the_server_asks(
    tmp_path: Path, per_minute: int | None
) -> None:
    """Also one that waits for its turn already: with 300 a minute one goes off each 0.2 s."""
    came: list[float] = []

    def script(request: Data, number: int) -> Act:
        came.append(time.monotonic())
        if number == 0:
            return late(0.1, fail(429, Retry_After="0.7"))
        return late(0.15, echo(request, number))

    pace = {"parallel": 3, "per_minute": per_minute}
    prepared, server = ask_all(tmp_path, script, 6, pace=pace)

    told = came[0] + 0.1
    assert [at for at in came if told + ARRIVED < at < told + 0.7] == []
    assert len(came) == 7
    assert Counter(one.tries for one in prepared.answers) == {1: 5, 2: 1}
    assert max(asked_items(server).values()) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_is_tried_again(tmp_path: Path, status: int) -> None:
    prepared, server = ask_all(
        tmp_path, lambda r, n: fail(status, Retry_After="0") if not n else echo(r, n), 1
    )

    assert len(server.requests) == 2
    (one,) = prepared.answers
    assert (one.state, one.answer, one.tries) == ("answered", "答1", 2)
    # Of the last request only.
    assert one.seconds < 1


def test_the_pause_grows_from_try_to_try(tmp_path: Path) -> None:
    came: list[float] = []

    def script(request: Data, number: int) -> Act:
        came.append(time.monotonic())
        return echo(request, number) if number == 2 else fail(500)

    ask_all(tmp_path, script, 1, pace={"tries": 3})

    # Full jitter: anything up to 1 and 2 s.
    pauses = [after - before for before, after in pairwise(came)]
    assert all(found < most + 0.5 for found, most in zip(pauses, (1, 2), strict=True))


def test_what_fails_stays_open_and_the_others_go_on(tmp_path: Path) -> None:
    broken = threading.Event()

    def script(request: Data, number: int) -> Act:
        if item_of(request) == "2" and not broken.is_set():
            return fail(500, "quotes sk-secret", Retry_After="0")
        return echo(request, number)

    with chat_server(script) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 2}), 5)
        with pytest.raises(Unfinished, match=r"^1 question\(s\) got no answer; the same command"):
            prepared.ask()
        assert asked_items(server) == {"1": 1, "2": 2, "3": 1, "4": 1, "5": 1}
        (failed,) = [one for one in prepared.answers if one.state == "failed"]
        assert (failed.item, failed.answer, failed.tries) == ("2", None, 2)
        assert failed.reason == "The provider is busy or has failed: HTTP status 500."

        broken.set()
        prepared.ask()
        assert asked_items(server)["2"] == 3
        assert sum(asked_items(server).values()) == 7
    assert [one.answer for one in prepared.answers if one.item == "2"] == [None, "答2"]


def test_an_outage_ends_the_run(tmp_path: Path) -> None:
    with chat_server(lambda *_: fail(503)) as server:
        pace = {"parallel": 4, "tries": 1}
        prepared = desk(tmp_path, model_at(server, pace=pace), 60)
        with pytest.raises(RunStopped) as caught:
            prepared.ask()

    # Each slot may have kept one more meanwhile, and asked another.
    most = FAILURES_IN_A_ROW + 2 * 4
    told = re.fullmatch(
        r"Stopped: (\d+) questions in a row got no answer, the last because: The provider is busy "
        r"or has failed: HTTP status 503\.",
        str(caught.value),
    )
    assert told
    assert FAILURES_IN_A_ROW <= int(told[1]) <= len(server.requests) <= most
    assert {one.state for one in prepared.answers} == {"failed"}


def test_an_answer_between_them_breaks_a_row_of_failures(tmp_path: Path) -> None:
    def script(request: Data, number: int) -> Act:
        return echo(request, number) if number % 16 == 15 else fail(503)

    with chat_server(script) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 1, "tries": 1}), 40)
        # Of 40 the 16th and the 32nd.
        with pytest.raises(Unfinished, match=r"^38 question\(s\)"):
            prepared.ask()
    assert len(server.requests) == 40


@pytest.mark.parametrize("status", [401, 403, 404, 301])
def test_a_denial_stops_at_once_and_nothing_is_written(tmp_path: Path, status: int) -> None:
    with chat_server(lambda *_: late(0.05, fail(status))) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 2}), 20)
        with pytest.raises(Denied):
            prepared.ask()

    assert len(server.requests) <= 2
    assert prepared.answers == []


def test_a_denial_keeps_what_was_answered_before(tmp_path: Path) -> None:
    with chat_server(lambda r, n: echo(r, n) if n < 3 else fail(401)) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 1}), 9)
        with pytest.raises(Denied):
            prepared.ask()

    assert list(prepared.by_item) == ["1", "2", "3"]


def test_an_answer_that_came_is_kept_however_the_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third answer is there before the first is on disk, and then the second is denied."""
    sync_slowly(monkeypatch)

    def script(request: Data, number: int) -> Act:
        denied = item_of(request) == "2"
        return late(0.2, fail(401)) if denied else echo(request, number)

    with chat_server(script) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 2}), 9)
        with pytest.raises(Denied):
            prepared.ask()

    assert asked_items(server) == {"1": 1, "2": 1, "3": 1}
    assert list(prepared.by_item) == ["1", "3"]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_the_first_question_suffers_from_stops_the_run(tmp_path: Path, status: int) -> None:
    with chat_server(lambda *_: fail(status)) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 1}), 9)
        with pytest.raises(RunStopped, match=f"3 requests in a row .* HTTP status {status}"):
            prepared.ask()

    assert len(server.requests) == 3
    assert prepared.answers == []


def test_one_unfit_question_among_the_first_is_its_own_fault(tmp_path: Path) -> None:
    """It is refused at once, while the others' answers take their time."""

    def script(request: Data, number: int) -> Act:
        return fail(400) if item_of(request) == "1" else late(0.2, echo(request, number))

    prepared, server = ask_all(tmp_path, script, 9, pace={"parallel": 8})

    assert len(server.requests) == 9
    states = Counter(one.state for one in prepared.answers)
    assert states == {"answered": 8, "unfit": 1}


def test_an_answer_is_kept_though_the_run_ends_while_it_settles_a_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is not taken, the second answered; the third is denied before that is on disk."""
    sync_slowly(monkeypatch)

    def script(request: Data, number: int) -> Act:
        acts = {"1": fail(400), "2": late(0.1, echo(request, number))}
        return acts.get(item_of(request), late(0.25, fail(401)))

    with chat_server(script) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 2}), 9)
        with pytest.raises(Denied):
            prepared.ask()

    assert {item: one.state for item, one in prepared.by_item.items()} == {
        "1": "unfit",
        "2": "answered",
    }


def test_only_unfit_questions_stop_and_leave_nothing(tmp_path: Path) -> None:
    with chat_server(lambda *_: fail(400)) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 1}), 2)
        with pytest.raises(RunStopped, match="the provider took no request"):
            prepared.ask()

    assert prepared.answers == []


def test_an_account_that_empties_makes_no_empty_answers(tmp_path: Path) -> None:
    """Some providers say so with the status of a request that is too long."""
    with chat_server(lambda r, n: echo(r, n) if n < 4 else fail(400)) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 1}), 40)
        with pytest.raises(RunStopped, match="16 requests in a row were not taken"):
            prepared.ask()

    assert len(server.requests) == 4 + 16
    assert Counter(one.state for one in prepared.answers) == {"answered": 4}


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 0, "completion_tokens": 0}])
def test_tokens_that_nobody_tells_are_assumed(tmp_path: Path, usage: object) -> None:
    def script(request: Data, number: int) -> Act:
        told = json.loads(echo(request, number).body)
        return Act(body=json.dumps({**told, "usage": usage}).encode())

    decoding = {"max_tokens": 100}
    with chat_server(script) as server:
        model = model_at(server, price=PRICE, decoding=decoding, pace={"parallel": 1})
        prepared = desk(tmp_path, model, 9)
        # Each may take 100 tokens, which are 10 USD.
        with pytest.raises(BudgetSpent):
            prepared.ask(max_cost=35)
        assert len(server.requests) == 3
        # What was assumed counts when the run goes on.
        with pytest.raises(BudgetSpent):
            prepared.ask(max_cost=35)
        assert len(server.requests) == 3
    [first] = [one for one in prepared.answers if one.item == "1"]
    assert (first.output_tokens, first.assumed) == (0, (len("问题1".encode()), 100))


def test_a_try_that_broke_off_is_reckoned_and_one_that_was_refused_is_not(tmp_path: Path) -> None:
    def script(request: Data, number: int) -> Act:
        return (fail(429), Act(body=b"no JSON"), echo(request, number))[number]

    prepared, _server = ask_all(
        tmp_path, script, 1, decoding={"max_tokens": 100}, pace={"tries": 3}
    )
    [answer] = prepared.answers
    assert (answer.tries, answer.assumed) == (3, (len("问题1".encode()), 100))


@pytest.mark.parametrize("says_model", [True, False])
def test_a_later_question_may_be_unfit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says_model: bool
) -> None:
    """Also one that is refused before the answer to the first is on disk."""
    sync_slowly(monkeypatch)

    def script(request: Data, number: int) -> Act:
        if item_of(request) == "2":
            return fail(400, "quotes sk-secret")
        act = echo(request, number)
        return act if says_model else Act(body=act.body.replace(MODEL.encode(), b""))

    prepared, server = ask_all(tmp_path, script, 3, pace={"parallel": 1})

    assert len(server.requests) == 3
    unfit = prepared.by_item["2"]
    assert (unfit.state, unfit.answer, unfit.tries) == ("unfit", "", 1)
    assert unfit.reason == "The provider does not take this request: HTTP status 400."
    assert prepared.by_item["3"].model == (MODEL if says_model else "")


def test_a_declared_snapshot_is_insisted_on(tmp_path: Path) -> None:
    prepared, _server = ask_all(tmp_path, echo, 3, snapshot=MODEL)

    assert Counter(one.state for one in prepared.answers) == {"answered": 3}


def test_another_snapshot_stops_and_is_no_answer(tmp_path: Path) -> None:
    def script(request: Data, number: int) -> Act:
        act = echo(request, number)
        return Act(body=act.body.replace(MODEL.encode(), b"newer")) if number == 2 else act

    with chat_server(script) as server:
        prepared = desk(tmp_path, model_at(server, snapshot=MODEL, pace={"parallel": 1}), 20)
        with pytest.raises(RunStopped) as caught:
            prepared.ask()
        # The next may have been asked meanwhile.
        assert len(server.requests) in (3, 4)
        assert str(caught.value) == (
            f"The provider answered as newer, not as the declared snapshot {MODEL}."
        )
        # Paid for, and to be asked again of the declared one.
        third = prepared.by_item["3"]
        assert (third.state, third.model, third.output_tokens) == ("failed", "newer", 10)

        prepared.ask()
    with Journal(prepared.run.journal) as journal:
        assert journal.models == {MODEL: 20}
        assert journal.usage.output_tokens == 210


@pytest.mark.parametrize(
    ("act", "state", "said", "finish"),
    [
        (completion("答案：B"), "answered", "答案：B", "stop"),
        (completion("答案：", "length"), "cut_off", "答案：", "length"),
        (completion(None, "stop", refusal="I cannot."), "refused", "I cannot.", "stop"),
        (completion(None, "content_filter"), "filtered", "", "content_filter"),
        # What a filter let through until then does not count.
        (completion("答", "content_filter"), "filtered", "", "content_filter"),
        (fail(400, code="content_filter"), "filtered", "", "content_filter"),
        (completion(""), "answered", "", "stop"),
        (completion(None), "answered", "", "stop"),
    ],
)
def test_how_an_answer_ended_is_kept(
    tmp_path: Path, act: Act, state: str, said: str, finish: str
) -> None:
    prepared, server = ask_all(tmp_path, lambda *_: act, 1)

    (one,) = prepared.answers
    assert (one.state, one.answer, one.finish) == (state, said, finish)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("content", "reasoning", "said", "thinking", "raw"),
    [
        ("C", None, "C", "", None),
        ("<think>maybe B</think>\n\nC", None, "C", "maybe B", "<think>maybe B</think>\n\nC"),
        ("C", "maybe B", "C", "maybe B", None),
        ("<think>or D</think>C", "maybe B", "C", "maybe B\nor D", "<think>or D</think>C"),
        # Cut off amid the thinking: there is no answer in it.
        ("<think>maybe B", None, "", "maybe B", "<think>maybe B"),
        ("体温<37，B", None, "体温<37，B", "", None),
    ],
)
def test_thinking_is_kept_apart_from_the_answer(
    tmp_path: Path, content: str, reasoning: str | None, said: str, thinking: str, raw: str | None
) -> None:
    act = completion(content, reasoning_content=reasoning)
    prepared, _server = ask_all(tmp_path, lambda *_: act, 1)

    (one,) = prepared.answers
    assert (one.answer, one.thinking, one.raw) == (said, thinking, raw)


def with_pictures(folder: Path, model: Model) -> Desk:
    """Return a desk with three questions, of which the second has two images."""
    challenge = mini_challenge(folder / "challenge")
    pictures = ["image/a.png", "image/b.jpg"]
    lines = [question(n, "Report") for n in (1, 2, 3)]
    lines[1] |= {"question": "问题2", "img_path": pictures}
    write_reports(challenge, lines)
    (challenge / "mini" / "Report" / "image").mkdir()
    for name in pictures:
        (challenge / "mini" / "Report" / name).write_bytes(PIXEL.content + name.encode())
    run = mini_run(folder, model)
    return Desk(run, [one for one in run.questions() if one.key.dataset == "Report"])


def test_a_model_without_eyes_skips_images(tmp_path: Path) -> None:
    with chat_server(echo) as server:
        prepared = with_pictures(tmp_path, model_at(server))
        prepared.ask()

    assert asked_items(server) == {"1": 1, "3": 1}
    skipped = prepared.by_item["2"]
    assert (skipped.state, skipped.answer, skipped.tries) == ("skipped", None, 0)
    assert skipped.reason == "the model takes no images"


def test_a_model_with_eyes_is_sent_the_very_bytes(tmp_path: Path) -> None:
    with chat_server(lambda *_: completion()) as server:
        prepared = with_pictures(tmp_path, model_at(server, images=True, pace={"parallel": 1}))
        prepared.ask()

    first, second, text = server.requests[1]["messages"][-1]["content"]
    for sent, kind, name in ((first, "png", "image/a.png"), (second, "jpeg", "image/b.jpg")):
        head, _, written = sent["image_url"]["url"].partition(",")
        assert head == f"data:image/{kind};base64"
        assert base64.b64decode(written) == PIXEL.content + name.encode()
    assert text == {"type": "text", "text": "问题2"}
    assert {one.state for one in prepared.answers} == {"answered"}


def test_requests_are_spaced_by_the_rate(tmp_path: Path) -> None:
    came: list[float] = []

    def script(request: Data, number: int) -> Act:
        came.append(time.monotonic())
        return echo(request, number)

    # One each 0.1 s, though all five could go off at once.
    ask_all(tmp_path, script, 5, pace={"parallel": 5, "per_minute": 600})

    assert came[-1] - came[0] > 0.3


def test_a_run_stops_before_it_costs_more_and_goes_on_with_more(tmp_path: Path) -> None:
    """Each may cost 20 tokens of answer, so 2 USD, and costs 10, so 1 USD."""
    with chat_server(lambda r, n: late(0.02, echo(r, n))) as server:
        model = model_at(server, price=PRICE, decoding={"max_tokens": 20}, pace={"parallel": 4})
        prepared = desk(tmp_path, model, 9)
        with pytest.raises(BudgetSpent) as caught:
            prepared.ask(max_cost=4.5)
        # With 3 spent the next could make it 5. At most two could run at once: 4 of 4.5.
        assert (len(server.requests), len(prepared.answers)) == (3, 3)
        assert server.most_at_once == 2
        assert str(caught.value) == (
            "Stopped: 3.0000 USD are spent, and the next request may cost 2.0000 USD, more than is "
            "left of 4.5 USD. Give a higher --max-cost to go on from here."
        )

        # What was spent before counts again.
        with pytest.raises(BudgetSpent):
            prepared.ask(max_cost=4.5)
        assert len(server.requests) == 3
        prepared.ask(max_cost=10)
    assert asked_items(server) == {str(n): 1 for n in range(1, 10)}


def test_an_interruption_keeps_what_was_answered(tmp_path: Path) -> None:
    answered = 0

    def script(request: Data, number: int) -> Act:
        nonlocal answered
        if number == 6:
            os.kill(os.getpid(), signal.SIGINT)
            return late(1, echo(request, number))
        answered += 1
        return echo(request, number)

    with chat_server(script) as server:
        prepared = desk(tmp_path, model_at(server, pace={"parallel": 1}), 12)
        with pytest.raises(Unfinished, match=r"^Interrupted; what was answered is kept"):
            prepared.ask()
        assert list(prepared.by_item) == ["1", "2", "3", "4", "5", "6"]
        assert answered == 6

        prepared.ask()
    # Only the one that was under way is asked twice.
    assert asked_items(server) == {str(n): 1 + (n == 7) for n in range(1, 13)}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "1 without answer"),
        ({"price": PRICE}, "1.50 USD, 1 without answer"),
    ],
)
def test_where_nobody_watches_a_line_tells_how_far_it_is(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, Any],
    told: str,
) -> None:
    monkeypatch.setattr("evaluator.baselines.progress.LINE_SECONDS", 0.0)
    append_all(tmp_path / "a.jsonl", [answer("1"), answer("2", "no", state="refused")])
    priced = bool(model_at(**changes).price)
    with (
        caplog.at_level("INFO"),
        Journal(tmp_path / "a.jsonl") as journal,
        Bar(9, len(journal.places), 1.0, priced=priced) as bar,
    ):
        bar(answer("3"), 1.25)
        bar(answer("4", None, state="failed"), 1.5)

    rate = r"3/9, [ 0-9.]+q/s, [0-9:]+ left"
    assert re.fullmatch(f"{rate}, {re.escape(told)}", caplog.messages[-1])
    # One that was answered, and one that failed and stays open.
    assert [line.partition("/")[0] for line in caplog.messages] == ["3", "3"]
