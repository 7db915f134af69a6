"""A language model of a few thousand random weights, made on the spot."""

from __future__ import annotations

from pathlib import Path

TEMPLATE = (
    "{% for m in messages %}"
    "{% if m.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}"
    "<{{ m.role }}> {{ m.content }} {% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
    "{% if quiet %} hush{% endif %}"
)
WORDS = ["<end>", "<unk>", "<system>", "<user>", "<assistant>"]
WORDS += [f"word{number}" for number in range(27)]


def save_tiny_model(
    folder: Path, *, chat: bool = True, positions: int = 64, ends: int | list[int] = 0
) -> Path:
    """Save a model of 32 words, each a token; its weights are the same every time."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, eos_token="<end>", unk_token="<unk>", pad_token="<end>"
    )
    if chat:
        tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=positions,
        bos_token_id=None,
        eos_token_id=ends,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config)
    # "<end>" is never the likeliest word.
    model.lm_head.weight.data[0] = 0
    model.save_pretrained(folder)
    return folder
