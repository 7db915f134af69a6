"""A tiny model of random weights, run on this machine by transformers."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from evaluator.baselines.local_chat import LocalChat, load, weights_hash
from evaluator.baselines.reply import Denied, Provider, Reply, Temporary, Turn, Unfit
from tests.evaluator.baselines.asked import SEEN, ask, declared
from tests.evaluator.baselines.tiny_model import WORDS, save_tiny_model

QUESTION = (Turn("system", "word1"), Turn("user", "word2 word3"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 64 positions with a chat template."""
    return save_tiny_model(tmp_path_factory.mktemp("tiny"))


def local(folder: Path | str, *, tokens: int = 5, **decoding: Any) -> Any:
    """Return a declared model of a folder."""
    return declared(
        "http://none",
        "transformers",
        base_url=None,
        key=None,
        model=str(folder),
        decoding={"max_tokens": tokens, **decoding},
    )


def by_hand(folder: Path, prompt: str, tokens: int) -> str:
    """Return the likeliest words after a prompt, one forward pass each."""
    import torch

    model, tokenizer, _ = load(str(folder))
    ids = [WORDS.index(word) for word in prompt.split()]
    for _ in range(tokens):
        with torch.no_grad():
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    return str(tokenizer.decode(ids[-tokens:], skip_special_tokens=True))


def test_the_likeliest_words(tiny: Path) -> None:
    reply = ask(local(tiny), QUESTION)

    prompt = "<system> word1 <user> word2 word3 <assistant>"
    assert reply.text == by_hand(tiny, prompt, 5)
    assert reply.usage == (6, 5)
    assert (reply.outcome, reply.finish, reply.thinking) == ("cut_off", "length", "")
    assert reply.model == f"local-{weights_hash(tiny)}"
    # Neither a temperature of 0 nor none at all draws.
    assert ask(local(tiny, temperature=None), QUESTION) == reply


def test_without_a_template_the_turns_are_the_prompt(tmp_path: Path) -> None:
    plain = save_tiny_model(tmp_path, chat=False)
    reply = ask(local(plain), QUESTION)

    assert reply.text == by_hand(plain, "word1 word2 word3", 5)
    assert reply.usage.input_tokens == 3


def test_an_end_ends(tiny: Path, tmp_path: Path) -> None:
    # The third word of the answer becomes the model's second kind of end.
    words = ask(local(tiny), QUESTION).text.split()
    ending = save_tiny_model(tmp_path, ends=[0, WORDS.index(words[2])])
    reply = ask(local(ending), QUESTION)

    assert reply.usage.output_tokens == words.index(words[2]) + 1
    assert (reply.outcome, reply.finish) == ("answered", "stop")


def test_a_seed_draws_the_same_words(tiny: Path) -> None:
    def drawn(seed: int | None, **more: Any) -> str:
        return ask(local(tiny, tokens=20, temperature=2.0, seed=seed, **more), QUESTION).text

    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn(1) != ask(local(tiny, tokens=20), QUESTION).text
    # So small a nucleus holds one word only.
    assert drawn(1, top_p=1e-6) == drawn(2, top_p=1e-6)


def test_requests_at_once_run_one_by_one_and_draw_alike(tiny: Path) -> None:
    model = local(tiny, tokens=20, temperature=2.0, seed=7)

    async def together() -> list[Reply]:
        provider = LocalChat(model)
        replies = await asyncio.gather(*(provider.ask(QUESTION) for _ in range(6)))
        await provider.close()
        return replies

    assert set(asyncio.run(together())) == {ask(model, QUESTION)}


def test_the_room_ends_at_the_last_position(tiny: Path) -> None:
    question = (Turn("user", "word2 " * 58),)
    reply = ask(local(tiny, tokens=30), question)
    # <user> and <assistant> come to 60 tokens, of 64.
    assert reply.usage == (60, 4)
    assert reply.outcome == "cut_off"

    with pytest.raises(Unfit, match="has 64 tokens; the model takes 64"):
        ask(local(tiny), (Turn("user", "word2 " * 62),))


@pytest.mark.parametrize(
    ("turns", "decoding", "sentence"),
    [
        (SEEN, {}, "with text only"),
        (QUESTION, {"extra": {"unheard_of": 1}}, "decoding.extra"),
        (QUESTION, {"extra": {"chat_template_kwargs": {"messages": 1}}}, "decoding.extra"),
    ],
)
def test_what_it_does_not_take(
    tiny: Path, turns: tuple[Turn, ...], decoding: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Unfit, match=sentence):
        ask(local(tiny, **decoding), turns)


def test_a_template_may_refuse_turns(tiny: Path) -> None:
    odd = Turn("tool", "word1")  # type: ignore[arg-type]
    with pytest.raises(Unfit, match="chat template"):
        ask(local(tiny), (odd,))


def test_a_template_is_given_its_options(tiny: Path) -> None:
    extra = {"chat_template_kwargs": {"quiet": True}}

    # “<user> word2 <assistant> hush”
    assert ask(local(tiny, extra=extra), (Turn("user", "word2"),)).usage.input_tokens == 4


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Denied, match="cannot be loaded"):
        ask(local(tmp_path / "none"), QUESTION)


def endless(folder: Path, seconds: float) -> Any:
    """Return a model that would write for minutes, within its time."""
    long = save_tiny_model(folder, positions=100_000)
    model = local(long, tokens=90_000, extra={"min_new_tokens": 90_000})
    pace = declared("http://none", pace={"timeout_seconds": seconds}).pace
    return model.model_copy(update={"pace": pace})


def test_time_ends_an_answer(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(Temporary, match=r"within 0\.3 s"):
        ask(endless(tmp_path, 0.3), QUESTION)

    assert time.monotonic() - started < 20


def test_who_stops_waiting_ends_an_answer(tmp_path: Path) -> None:
    async def interrupted() -> None:
        provider = LocalChat(endless(tmp_path, 300))
        both = asyncio.gather(provider.ask(QUESTION), provider.ask(QUESTION))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(both, 2)

    started = time.monotonic()
    # Ends when the threads have, too.
    asyncio.run(interrupted())
    assert time.monotonic() - started < 20


def test_the_snapshot_follows_the_weights(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"weights")
    (tmp_path / "config.json").write_bytes(b"{}")
    first = weights_hash(tmp_path)
    assert len(first) == 12
    assert int(first, 16) >= 0

    (tmp_path / "config.json").write_bytes(b"{1}")
    assert weights_hash(tmp_path) == first
    (tmp_path / "a.safetensors").write_bytes(b"weightz")
    assert weights_hash(tmp_path) != first
    (tmp_path / "a.safetensors").write_bytes(b"weights")
    (tmp_path / "b.bin").write_bytes(b"")
    assert weights_hash(tmp_path) != first

    (tmp_path / "b.bin").unlink()
    (tmp_path / "a.safetensors").rename(tmp_path / "c.safetensors")
    assert weights_hash(tmp_path) != first


def test_it_is_a_provider(tiny: Path) -> None:
    provider: Provider = LocalChat(local(tiny))

    asyncio.run(provider.close())
