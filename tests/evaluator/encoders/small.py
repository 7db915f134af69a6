"""Encoders of a few thousand weights, saved as transformers saves them."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, PreTrainedModel, PreTrainedTokenizerFast

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
SIZES = {"vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
LIMIT = 12


def letter_tokenizer(template: str = "[CLS] $A [SEP]", letters: str = LETTERS) -> Tokenizer:
    """Return a tokenizer with one token a letter."""
    vocabulary = {piece: i for i, piece in enumerate([*SPECIAL, *letters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = TemplateProcessing(
        single=template, special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenizer


def save(
    folder: Path, model: PreTrainedModel, tokenizer: Tokenizer, length: int | None = None
) -> Path:
    """Save a model and a tokenizer; without `length` the tokenizer declares none."""
    declared = {} if length is None else {"model_max_length": length}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        **declared,
    )
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def small_bert(seed: int = 0) -> BertModel:
    """Return a BERT with random weights."""
    torch.manual_seed(seed)
    config = BertConfig(
        **SIZES, intermediate_size=32, max_position_embeddings=LIMIT, initializer_range=0.5
    )
    return BertModel(config, add_pooling_layer=False)
