"""Vectors of an encoder's middle layer beside its last one.

Key points are aligned by the mean of two cosines, of the last layer and of one in the middle,
which knows names apart that the last one takes for alike (bert-score chooses a middle layer for
most models, too: Zhang et al. 2020, appendix F).
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from evaluator.encoders import Encoder, Tokens, known_tokens
from evaluator.errors import EvaluatorError
from evaluator.texts import _

# Chosen by benchmarks/keypoint_matching.py for the packaged encoder: the 7th layer of 12.
DEPTH = 0.6


def deepened(
    encoder: Encoder, texts: Sequence[str], last: Sequence[Tokens], *, known: bool
) -> list[Tokens]:
    """Return tokens whose dot product is the mean of both layers' cosines; `last` are the last's.

    known: texts that every submission meets again, whose vectors may be kept.
    """
    middle = shallow(encoder, round(DEPTH * encoder.layers))
    found = known_tokens(middle, texts) if known else middle.tokens(texts)
    return [
        dataclasses.replace(
            deep, vectors=np.hstack([deep.vectors, half.vectors]) / np.float32(np.sqrt(2))
        )
        for deep, half in zip(last, found, strict=True)
    ]


@lru_cache(maxsize=1)
def shallow(encoder: Encoder, layer: int) -> Encoder:
    """Return the encoder without the layers after one; the weights are shared.

    Raises EvaluatorError for a model whose layers are not in a row `encoder.layer`.
    """
    from torch.nn import Module, ModuleList

    model, stack = copy.copy(encoder.model), copy.copy(encoder.model.encoder)
    if not isinstance(stack, Module) or not isinstance(stack.layer, ModuleList):
        raise EvaluatorError(
            _("Encoder {name} does not keep its layers as BERT does; key points need one of them."),
            name=encoder.name,
        )
    # A copied module shares its table of parts with the original until it gets its own.
    model._modules, stack._modules = dict(model._modules), dict(stack._modules)
    stack.layer = stack.layer[:layer]
    model.encoder = stack
    model.config = copy.deepcopy(model.config)
    model.config.num_hidden_layers = layer
    return dataclasses.replace(encoder, model=model, signature=f"{encoder.signature}-layer{layer}")
