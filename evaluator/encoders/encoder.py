"""An encoder at work: texts in, contextual vectors out, the same whatever else is asked for.

Each window goes through the model alone and on one thread, several windows at a time. Nothing is
padded, and neither another text nor the number of threads can change a last digit. It is also
the faster way: threads that share one window wait for each other, on a busy machine most of the
time (2 cores: 1,450 tokens a second instead of 400).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from evaluator.encoders.tokens import Floats, Ints, Tokens
from evaluator.encoders.windows import Window, windows
from evaluator.errors import EvaluatorError
from evaluator.texts import _

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer
    from transformers import PreTrainedModel


class Special(NamedTuple):
    """Ids of the tokens put before and after every text."""

    first: int
    last: int


class _Passage(NamedTuple):
    """One text's ids without the special tokens, its spans with them, and its windows."""

    ids: list[int]
    spans: Ints
    windows: list[Window]


@dataclass(frozen=True, eq=False)
class Encoder:
    """A model and its tokenizer, in float32 on the processor.

    name: what `load_encoder` was given. signature: name, layer and a hash of the model's files;
    scores made under one signature compare. limit: tokens the model reads at once, special ones
    included.
    """

    name: str
    signature: str
    limit: int
    model: PreTrainedModel = field(repr=False)
    tokenizer: Tokenizer = field(repr=False)

    def __post_init__(self) -> None:
        self.model.train(False)
        # An answer that contains "</s>" is text; it must not end or hide anything.
        self.tokenizer.encode_special_tokens = True
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        _ = self.special

    @property
    def hidden(self) -> int:
        """How many numbers a vector has."""
        return int(self.model.config.hidden_size)

    @property
    def layers(self) -> int:
        """How many layers the model has; the vectors are the last one's."""
        return int(self.model.config.num_hidden_layers)

    @cached_property
    def special(self) -> Special:
        """Return the ids of the two special tokens.

        Raises EvaluatorError for a tokenizer that does not put exactly one at each end.
        """
        ids = self.tokenizer.encode("", add_special_tokens=True).ids
        if len(ids) != 2:
            raise EvaluatorError(
                _(
                    "Encoder {name} puts {count} special tokens around a text; BERTScore needs one "
                    "at each end, as BERT, RoBERTa and XLM-R have."
                ),
                name=self.name,
                count=len(ids),
            )
        return Special(*ids)

    def tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Return each text's token vectors of the last layer, no prefix added.

        White space around a text is left out, as bert-score leaves it out. An empty text has its
        two special tokens only. Results take 4 × hidden bytes a token (packaged: 1.5 kB).
        """
        unique = list(dict.fromkeys(texts))
        passages = self._passages(unique)
        read = {
            text: Tokens(_unit(states), passage.spans, len(passage.windows))
            for text, passage, states in zip(unique, passages, self._states(passages), strict=True)
        }
        return [read[text] for text in texts]

    def sentences(self, texts: Sequence[str]) -> Floats:
        """Return one vector a text, (m, hidden), of unit length: the mean over all its tokens.

        No prefix is added: E5 models expect "query: " or "passage: " in front.
        """
        means = [states.mean(axis=0) for states in self._states(self._passages(texts))]
        return _unit(np.array(means, dtype=np.float32).reshape(len(texts), self.hidden))

    def export(self, folder: Path) -> None:
        """Save model and tokenizer so that `path:<folder>` and bert-score load the same encoder.

        bert-score: `BERTScorer(model_type=str(folder), num_layers=encoder.layers)`.
        """
        from transformers import PreTrainedTokenizerFast

        piece = self.tokenizer.id_to_token
        tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=self.tokenizer,
            cls_token=piece(self.special.first),
            sep_token=piece(self.special.last),
            pad_token=piece(self._padding),
            model_max_length=self.limit,
            # As in __post_init__: "</s>" in an answer is text for bert-score too.
            split_special_tokens=True,
        )
        self.model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    @property
    def _padding(self) -> int:
        # Padding is masked, so any id serves a model that names none.
        return int(self.model.config.pad_token_id or 0)

    def _passages(self, texts: Sequence[str]) -> list[_Passage]:
        stripped = [text.strip() for text in texts]
        encodings = self.tokenizer.encode_batch(stripped, add_special_tokens=False)
        return [
            _Passage(
                encoding.ids,
                _spans(encoding, shift=len(text) - len(text.lstrip())),
                windows(len(encoding.ids), self.limit - len(self.special)),
            )
            for text, encoding in zip(texts, encodings, strict=True)
        ]

    def _states(self, passages: Sequence[_Passage]) -> list[Floats]:
        """Return each passage's last layer, special tokens included, not normalised."""
        states = [np.empty((len(p.spans), self.hidden), dtype=np.float32) for p in passages]

        def read(number: int, window: Window) -> None:
            start, stop, first, last = window
            output = self._forward(passages[number].ids[start:stop])
            states[number][first:last] = output[first - start : last - start]

        jobs = [(number, window) for number, p in enumerate(passages) for window in p.windows]
        # Longest first, so that the threads end at about the same time.
        jobs.sort(key=lambda job: job[1].start - job[1].stop)
        for done in [_threads().submit(read, *job) for job in jobs]:
            done.result()
        return states

    def _forward(self, ids: Sequence[int]) -> Floats:
        """Return the last layer for one run of ids, (ids + 2, hidden)."""
        import torch

        row = torch.tensor([[self.special.first, *ids, self.special.last]])
        with torch.inference_mode():
            output = self.model(input_ids=row)
        return cast(Floats, output.last_hidden_state[0].numpy())


@cache
def _threads() -> ThreadPoolExecutor:
    """Return as many threads as torch would use for one operation, each using one for it."""
    import torch

    return ThreadPoolExecutor(
        torch.get_num_threads(), "encoder", initializer=torch.set_num_threads, initargs=(1,)
    )


def sign(name: str, layers: int, files: Sequence[Path]) -> str:
    """Return a signature: name, layer, first 12 hex digits of the SHA-256 of the files' bytes."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            hashlib.file_digest(opened, lambda: digest)
    return f"{name}-L{layers}-{digest.hexdigest()[:12]}"


def _spans(encoding: Encoding, shift: int) -> Ints:
    inner = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2) + np.int32(shift)
    return np.pad(inner, ((1, 1), (0, 0)))


def _unit(vectors: Floats) -> Floats:
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors
