"""A model on this machine, run by transformers, one request at a time."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluator.baselines.connection import TIMED_OUT
from evaluator.baselines.declaration import HASH_DIGITS
from evaluator.baselines.reply import Denied, Reply, Temporary, Turn, Unfit, Usage
from evaluator.texts import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from evaluator.baselines.declaration import Decoding, Model

WEIGHTS = ("*.safetensors", "*.bin", "*.gguf")

NOT_LOADED = _("{model} cannot be loaded; name a folder that holds a model, or its id on the Hub.")
TEXT_ONLY = _("A model on this machine is asked with text only.")
BAD_TURNS = _("The chat template of the model does not take these turns.")
TOO_LONG = _("The question has {tokens} tokens; the model takes {limit} with its answer.")
BAD_PARAMETERS = _("The model does not take a parameter of decoding.extra.")
OUT_OF_MEMORY = _("The memory of this machine is too small for the model and the request.")


class _Loaded(NamedTuple):
    model: Any
    tokenizer: Any
    snapshot: str

    @property
    def limit(self) -> int | None:
        """Return how many tokens it takes in all, if it says so."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)

    @property
    def ends(self) -> tuple[int, ...]:
        """Return the tokens that end an answer."""
        ends = self.model.generation_config.eos_token_id
        return tuple(ends) if isinstance(ends, list) else (ends,)


class LocalChat:
    """Answers one request at a time; the model is loaded at the first."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._loaded: _Loaded | None = None
        self._lock = threading.Lock()

    async def ask(self, turns: tuple[Turn, ...]) -> Reply:
        """Return the answer.

        Raises:
            Temporary, Unfit, Denied: there is none.
        """
        if any(turn.pictures for turn in turns):
            raise Unfit(TEXT_ONLY)
        unwanted = threading.Event()
        try:
            return await asyncio.to_thread(self._answer, turns, unwanted)
        finally:
            # A thread cannot be cancelled; this one looks at every token whether it still matters.
            unwanted.set()

    async def close(self) -> None:
        """Release the memory, of which a request that still runs keeps its part."""
        self._loaded = None

    def _answer(self, turns: Sequence[Turn], unwanted: threading.Event) -> Reply:
        # Held by the thread: one that nobody waits for any more may still be at its last token.
        with self._lock:
            loaded = self._loaded = self._loaded or load(self._model.model, self._model.snapshot)
            written = _generated(loaded, turns, self._model, unwanted)
        return _reply(loaded, written, self._model)


class _Written(NamedTuple):
    """How many tokens were read, and which were written."""

    read: int
    tokens: tuple[int, ...]
    limit: int


def load(name: str, snapshot: str = "") -> _Loaded:
    """Return a model with its tokenizer, on the accelerator if there is one.

    Of a model on the Hub the snapshot is the commit that is loaded, by default the newest.

    Raises:
        Denied: there is none of that name.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        revision = {"revision": snapshot} if snapshot and not Path(name).is_dir() else {}
        tokenizer = AutoTokenizer.from_pretrained(name, **revision)
        model: Any = AutoModelForCausalLM.from_pretrained(name, dtype="auto", **revision)
        model = model.to(device).eval()
    except (OSError, ValueError):
        raise Denied(NOT_LOADED, model=name) from None
    except torch.OutOfMemoryError:
        raise Denied(OUT_OF_MEMORY) from None
    commit = getattr(model.config, "_commit_hash", None)
    snapshot = commit or f"local-{weights_hash(Path(name))}"
    return _Loaded(model, tokenizer, snapshot)


def weights_hash(folder: Path) -> str:
    """Return 12 hex digits that change with any weight or the name of a file of them."""
    whole = hashlib.sha256()
    for path in sorted(path for pattern in WEIGHTS for path in folder.glob(pattern)):
        with path.open("rb") as file:
            whole.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:HASH_DIGITS]


def _generated(
    loaded: _Loaded, turns: Sequence[Turn], model: Model, unwanted: threading.Event
) -> _Written:
    import torch

    extra = dict(model.decoding.extra)
    prompt = _prompt(loaded.tokenizer, turns, extra.pop("chat_template_kwargs", {}))
    prompt = prompt.to(loaded.model.device)
    read = prompt.shape[1]

    def stop(ids: Tensor, _: object) -> Tensor:
        return torch.full(ids.shape[:1], unwanted.is_set(), device=ids.device)

    limit = _room(loaded, read, model.decoding.max_tokens)
    torch.manual_seed(model.decoding.seed or 0)
    try:
        answer = loaded.model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=limit,
            max_time=model.pace.timeout_seconds,
            stopping_criteria=[stop],
            **_drawing(model.decoding),
            **extra,
        )
    except torch.OutOfMemoryError:
        raise Denied(OUT_OF_MEMORY) from None
    except (TypeError, ValueError):
        raise Unfit(BAD_PARAMETERS) from None
    return _Written(read, tuple(answer[0, read:].tolist()), limit)


def _prompt(tokenizer: Any, turns: Sequence[Turn], options: dict[str, Any]) -> Tensor:
    """Return the tokens of the turns, as one row."""
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        return _ids(tokenizer("\n\n".join(turn.text for turn in turns), return_tensors="pt"))
    messages = [{"role": turn.role, "content": turn.text} for turn in turns]
    try:
        tokens = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_dict=True, return_tensors="pt", **options
        )
    except TemplateError:
        raise Unfit(BAD_TURNS) from None
    except (TypeError, ValueError):
        raise Unfit(BAD_PARAMETERS) from None
    return _ids(tokens)


def _ids(tokens: Any) -> Tensor:
    ids: Tensor = tokens["input_ids"]
    return ids


def _room(loaded: _Loaded, read: int, wanted: int) -> int:
    """Return how many tokens an answer may have."""
    if loaded.limit is None:
        return wanted
    if read >= loaded.limit:
        raise Unfit(TOO_LONG, tokens=read, limit=loaded.limit)
    return min(wanted, loaded.limit - read)


def _drawing(decoding: Decoding) -> dict[str, Any]:
    """Return how tokens are drawn; parameters of sampling are none of the greedy way's."""
    if not decoding.temperature:
        return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    named = {"temperature": decoding.temperature, "top_p": decoding.top_p}
    return {"do_sample": True, **{name: value for name, value in named.items() if value}}


def _reply(loaded: _Loaded, written: _Written, model: Model) -> Reply:
    ended = bool(written.tokens) and written.tokens[-1] in loaded.ends
    if not ended and len(written.tokens) < written.limit:
        raise Temporary(TIMED_OUT, seconds=f"{model.pace.timeout_seconds:g}")
    return Reply(
        loaded.tokenizer.decode(written.tokens, skip_special_tokens=True),
        "",
        "answered" if ended else "cut_off",
        loaded.snapshot,
        Usage(written.read, len(written.tokens)),
        finish="stop" if ended else "length",
    )
