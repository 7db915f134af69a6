"""Encoders saved with save_pretrained: a folder, or a model of the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.encoders.encoder import Encoder, sign
from evaluator.errors import EvaluatorError
from evaluator.texts import _

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

SAFE_WEIGHTS = "model*.safetensors"
OLD_WEIGHTS = "pytorch_model*.bin"
TEXTS = ["*.json", "*.txt", "*.model"]
# transformers writes 10**30 where a tokenizer declares no length.
LONGEST = 1_000_000


def from_path(folder: str) -> Encoder:
    """Load `path:<folder>`; its signature carries the folder's own name, not where it lies.

    The signature covers configuration and tokenizer besides the weights: the same weights give
    other vectors under another vocabulary.
    """
    place = Path(folder)
    if not place.is_dir():
        raise EvaluatorError(_("Encoder path:{folder}: there is no such folder."), folder=folder)
    return _load(f"path:{folder}", f"path:{place.resolve().name}", place)


def from_hub(model: str) -> Encoder:
    """Load `hub:<id>`, downloading it unless the Hub's cache on this machine has it."""
    name = f"hub:{model}"
    return _load(name, name, _download(model))


def _download(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    def fetch(weights: str) -> Path:
        wanted = [*TEXTS, weights]
        return Path(snapshot_download(model, allow_patterns=wanted, ignore_patterns="*/*"))

    try:
        folder = fetch(SAFE_WEIGHTS)
        return folder if any(folder.glob(SAFE_WEIGHTS)) else fetch(OLD_WEIGHTS)
    except (OSError, HFValidationError) as error:
        raise EvaluatorError(
            _(
                "Encoder hub:{model} cannot be downloaded: {reason} Use packaged, or copy the "
                "model here and name it path:<folder>."
            ),
            model=model,
            reason=error,
        ) from error


def _load(name: str, label: str, folder: Path) -> Encoder:
    model, tokenizer = _read(name, folder)
    weights = sorted(folder.glob(SAFE_WEIGHTS)) or sorted(folder.glob(OLD_WEIGHTS))
    others = sorted(file for pattern in TEXTS for file in folder.glob(pattern))
    return Encoder(
        name=name,
        signature=sign(label, int(model.config.num_hidden_layers), [*weights, *others]),
        limit=_limit(name, model, tokenizer),
        model=model,
        tokenizer=tokenizer.backend_tokenizer,
    )


def _read(name: str, folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    import torch
    from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    except (OSError, ValueError) as error:
        raise EvaluatorError(
            _("Encoder {name} cannot be read: {reason}"), name=name, reason=error
        ) from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise EvaluatorError(
            _(
                "Encoder {name} has no tokenizer.json; only such a tokenizer says where in the "
                "text its tokens stand."
            ),
            name=name,
        )
    if model.config.is_encoder_decoder:
        raise EvaluatorError(
            _("Encoder {name} has a decoder; name an encoder-only model."), name=name
        )
    return model, tokenizer


def _limit(name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> int:
    """Return how many tokens the model reads at once: what both tokenizer and positions allow."""
    from torch.nn import Embedding

    # RoBERTa's positions begin after the padding index, so two of its 514 are never used.
    positions = [
        table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
        for path, table in model.named_modules()
        if path.endswith("position_embeddings") and isinstance(table, Embedding)
    ]
    limit = min([int(tokenizer.model_max_length), *positions])
    if limit > LONGEST:
        raise EvaluatorError(
            _(
                "Encoder {name} does not say how many tokens it reads; set model_max_length in its "
                "tokenizer_config.json."
            ),
            name=name,
        )
    return limit
