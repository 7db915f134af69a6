"""An encoder at work: texts in, contextual vectors out, the same whatever else is in the batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
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

# Padded tokens in one forward pass: 1,000 to 4,000 run alike on 2 cores, 16,000 a fifth slower.
TOKEN_BUDGET = 2048


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

    name: what `load_encoder` was given. signature: name, layer and the weights' hash; scores made
    under one signature compare. limit: tokens the model reads at once, special ones included.
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
        jobs = [(i, window) for i, p in enumerate(passages) for window in p.windows]

        for batch in _batches([w.stop - w.start + 2 for _index, w in jobs], TOKEN_BUDGET):
            chosen = [jobs[index] for index in batch]
            outputs = self._forward([passages[i].ids[w.start : w.stop] for i, w in chosen])
            for (i, w), output in zip(chosen, outputs, strict=True):
                states[i][w.first : w.last] = output[w.first - w.start : w.last - w.start]
        return states

    def _forward(self, rows: Sequence[Sequence[int]]) -> Floats:
        """Return the last layer for rows of ids, (rows, longest + 2, hidden), padding included."""
        import torch

        lengths = [len(row) + 2 for row in rows]
        ids = torch.full((len(rows), max(lengths)), self._padding)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : lengths[i]] = torch.tensor([self.special.first, *row, self.special.last])
            mask[i, : lengths[i]] = 1

        with torch.inference_mode():
            output = self.model(input_ids=ids, attention_mask=mask)
        return cast(Floats, output.last_hidden_state.numpy())


def sign(name: str, layers: int, files: Sequence[Path]) -> str:
    """Return a signature: name, layer, first 12 hex digits of the SHA-256 of the weights' bytes."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as weights:
            hashlib.file_digest(weights, lambda: digest)
    return f"{name}-L{layers}-{digest.hexdigest()[:12]}"


def _spans(encoding: Encoding, shift: int) -> Ints:
    inner = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2) + np.int32(shift)
    return np.pad(inner, ((1, 1), (0, 0)))


def _unit(vectors: Floats) -> Floats:
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors


def _batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Group indices of similar length, longest first, none padded beyond the budget."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
