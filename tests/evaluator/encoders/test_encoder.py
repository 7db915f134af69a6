"""What holds for any encoder, on models of a few thousand weights."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BartConfig, BartModel, RobertaConfig, RobertaModel

from evaluator.encoders import Encoder, load_encoder
from evaluator.errors import EvaluatorError
from tests.evaluator.encoders.small import (
    LETTERS,
    LIMIT,
    SIZES,
    letter_tokenizer,
    save,
    small_bert,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("models") / "small", small_bert(), letter_tokenizer())


@pytest.fixture(scope="module")
def small(folder: Path) -> Encoder:
    return load_encoder(f"path:{folder}")


def by_hand(encoder: Encoder, text: str) -> np.ndarray:
    """Return the last layer of one unpadded text, special tokens included, unit length."""
    ids = encoder.tokenizer.encode(text, add_special_tokens=True).ids
    with torch.inference_mode():
        states = encoder.model(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
    return states / np.linalg.norm(states, axis=1, keepdims=True)


def test_nothing_heavy_is_imported_before_an_encoder_is_loaded() -> None:
    code = "import sys, evaluator.encoders; print({'torch', 'transformers'} & set(sys.modules))"
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr


@pytest.mark.parametrize("name", ["", "bert-base-chinese", "hub:", "path:", "Packaged", "file:/x"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(EvaluatorError, match=f"no encoder '{name}'"):
        load_encoder(name)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match="no such folder"):
        load_encoder(f"path:{tmp_path / 'nowhere'}")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match="cannot be read"):
        load_encoder(f"path:{tmp_path}")


def test_the_last_encoder_is_kept(small: Encoder, folder: Path) -> None:
    assert load_encoder(f"path:{folder}") is small


def test_name_and_signature(small: Encoder, folder: Path) -> None:
    files = ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"]
    assert {path.name for path in folder.iterdir()} == set(files)
    read = b"".join((folder / name).read_bytes() for name in files)
    assert small.name == f"path:{folder}"
    # The folder's own name only: a signature is published.
    assert small.signature == f"path:small-L2-{hashlib.sha256(read).hexdigest()[:12]}"
    assert (small.limit, small.layers, small.hidden) == (LIMIT, 2, 16)


def test_another_tokenizer_is_another_encoder(small: Encoder, tmp_path: Path) -> None:
    turned = letter_tokenizer(letters=LETTERS[::-1])
    other = load_encoder(f"path:{save(tmp_path / 'small', small_bert(), turned)}")
    assert other.signature != small.signature


def test_token_vectors(small: Encoder) -> None:
    (tokens,) = small.tokens(["fever"])
    assert tokens.vectors.dtype == np.float32
    assert tokens.spans.dtype == np.int32
    assert tokens.spans.tolist() == [[0, 0], [0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [0, 0]]
    assert tokens.windows == 1
    np.testing.assert_allclose(tokens.vectors, by_hand(small, "fever"), atol=1e-5)


def test_surrounding_white_space_is_left_out(small: Encoder) -> None:
    plain, spaced = small.tokens(["fever", "\n  fever\t"])
    np.testing.assert_allclose(spaced.vectors, plain.vectors, atol=1e-5)
    assert spaced.spans[1:-1].tolist() == [[3, 4], [4, 5], [5, 6], [6, 7], [7, 8]]


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_an_empty_text_has_its_special_tokens_only(small: Encoder, text: str) -> None:
    (tokens,) = small.tokens([text])
    assert tokens.empty
    assert tokens.vectors.shape == (2, 16)
    assert tokens.spans.tolist() == [[0, 0], [0, 0]]
    assert tokens.windows == 1


def test_no_texts(small: Encoder) -> None:
    assert small.tokens([]) == []
    assert small.sentences([]).shape == (0, 16)


@pytest.mark.parametrize(("length", "windows"), [(10, 1), (11, 2), (15, 2), (16, 3), (26, 5)])
def test_windows_are_counted(small: Encoder, length: int, windows: int) -> None:
    (tokens,) = small.tokens([LETTERS[:length]])
    assert tokens.windows == windows
    assert len(tokens.vectors) == length + 2


def test_each_vector_comes_from_its_most_central_window(small: Encoder) -> None:
    # 15 letters in windows a-j and f-o, middles 4.5 and 9.5: up to h from the first.
    text = LETTERS[:15]
    (tokens,) = small.tokens([text])
    first, second = by_hand(small, text[:10]), by_hand(small, text[5:])
    np.testing.assert_allclose(tokens.vectors, [*first[:9], *second[4:]], atol=1e-5)
    assert tokens.spans[1:-1].tolist() == [[i, i + 1] for i in range(15)]


def test_results_come_in_the_order_of_the_texts(small: Encoder) -> None:
    texts = ["b", LETTERS, "", "abc", "b", LETTERS[:11], "abc"]
    for text, tokens in zip(texts, small.tokens(texts), strict=True):
        np.testing.assert_allclose(tokens.vectors, small.tokens([text])[0].vectors, atol=1e-5)


def test_vectors_do_not_depend_on_what_else_is_read(small: Encoder) -> None:
    texts = [LETTERS[i:j] for i in range(0, 20, 3) for j in range(i, 26, 2)]
    for text, tokens in zip(texts, small.tokens(texts), strict=True):
        np.testing.assert_array_equal(tokens.vectors, small.tokens([text])[0].vectors)


def test_vectors_cannot_be_changed(small: Encoder) -> None:
    (tokens,) = small.tokens(["fever"])
    with pytest.raises(ValueError, match="read-only"):
        tokens.vectors[0] = 0


def test_sentences_are_means_over_all_tokens(small: Encoder) -> None:
    ids = torch.tensor([small.tokenizer.encode("fever").ids])
    with torch.inference_mode():
        mean = small.model(input_ids=ids).last_hidden_state[0].mean(dim=0).numpy()
    vectors = small.sentences(["fever", LETTERS, ""])
    np.testing.assert_allclose(vectors[0], mean / np.linalg.norm(mean), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_special_token_written_in_a_text_is_text(small: Encoder) -> None:
    (tokens,) = small.tokens(["a[SEP]b"])
    assert tokens.spans[1:-1].tolist() == [[i, i + 1] for i in range(7)]


def test_an_exported_encoder_is_the_same(small: Encoder, tmp_path: Path) -> None:
    small.export(tmp_path / "copy")
    copy = load_encoder(f"path:{tmp_path / 'copy'}")
    for one, other in zip(
        small.tokens(["fever", LETTERS]), copy.tokens(["fever", LETTERS]), strict=True
    ):
        np.testing.assert_allclose(one.vectors, other.vectors, atol=1e-5)
        np.testing.assert_array_equal(one.spans, other.spans)
    assert copy.limit == LIMIT


def test_a_tokenizer_may_allow_less_than_the_model(tmp_path: Path) -> None:
    save(tmp_path, small_bert(), letter_tokenizer(), length=8)
    assert load_encoder(f"path:{tmp_path}").limit == 8


def test_roberta_counts_its_positions_from_the_padding_index(tmp_path: Path) -> None:
    config = RobertaConfig(
        **SIZES, intermediate_size=32, max_position_embeddings=LIMIT + 2, pad_token_id=1
    )
    save(tmp_path, RobertaModel(config, add_pooling_layer=False), letter_tokenizer())
    encoder = load_encoder(f"path:{tmp_path}")
    assert encoder.limit == LIMIT
    assert encoder.tokens([LETTERS])[0].vectors.shape == (28, 16)


def test_a_tokenizer_without_special_tokens_is_refused(tmp_path: Path) -> None:
    save(tmp_path, small_bert(), letter_tokenizer("$A [SEP]"))
    with pytest.raises(EvaluatorError, match="puts 1 special tokens"):
        load_encoder(f"path:{tmp_path}")


def test_a_model_with_a_decoder_is_refused(tmp_path: Path) -> None:
    sizes = {f"{part}_{what}": 2 for part in ("encoder", "decoder") for what in ("layers",)}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    config = BartConfig(vocab_size=30, d_model=16, max_position_embeddings=LIMIT, **sizes, **heads)
    save(tmp_path, BartModel(config), letter_tokenizer())
    with pytest.raises(EvaluatorError, match="has a decoder"):
        load_encoder(f"path:{tmp_path}")


def hub_cache(root: Path, folder: Path, name: str) -> Path:
    """Lay a folder out as huggingface_hub keeps a downloaded model."""
    commit = "0" * 40
    model = root / f"models--someone--{name}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(commit)
    shutil.copytree(folder, model / "snapshots" / commit)
    return root


def test_a_hub_model_is_read_from_the_cache_when_offline(
    small: Encoder, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    cache = hub_cache(tmp_path, folder, "small")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    encoder = load_encoder("hub:someone/small")
    assert encoder.signature == small.signature.replace("path:small", "hub:someone/small")
    (cached,), (local,) = encoder.tokens(["fever"]), small.tokens(["fever"])
    np.testing.assert_allclose(cached.vectors, local.vectors, atol=1e-5)


def test_a_hub_model_may_have_weights_of_the_old_kind(
    small: Encoder, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = shutil.copytree(folder, tmp_path / "old")
    (old / "model.safetensors").unlink()
    torch.save(small.model.state_dict(), old / "pytorch_model.bin")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    cache = hub_cache(tmp_path / "cache", old, "old")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    encoder = load_encoder("hub:someone/old")
    assert encoder.signature.startswith("hub:someone/old-L2-")
    assert encoder.signature[-12:] != small.signature[-12:]
    (cached,), (local,) = encoder.tokens(["fever"]), small.tokens(["fever"])
    np.testing.assert_allclose(cached.vectors, local.vectors, atol=1e-5)


@pytest.mark.parametrize("model", ["someone/nothing", "not a/valid/id"])
def test_a_hub_model_that_cannot_be_had(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EvaluatorError, match="cannot be downloaded") as caught:
        load_encoder(f"hub:{model}")
    assert "path:<folder>" in str(caught.value)


def test_threads_that_need_an_encoder_at_once_share_one() -> None:
    """As at a restart, when the worker goes on with a run and looks what is outdated."""
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from evaluator.encoders import load_encoder\n"
        "with ThreadPoolExecutor(4) as pool:\n"
        "    found = list(pool.map(load_encoder, ['packaged'] * 4))\n"
        "print(len(set(map(id, found))))"
    )
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert run.stdout == "1\n", run.stderr
