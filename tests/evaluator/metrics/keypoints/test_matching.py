"""Key points against answers: rules in real words, invariants on made-up vectors, hostile input."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.encoders import Encoder, Tokens
from evaluator.items import KeyPoint
from evaluator.metrics.keypoints.alignment import Form, covered_share, form, partners
from evaluator.metrics.keypoints.depth import deepened
from evaluator.metrics.keypoints.matching import SURE, Match, match
from evaluator.metrics.keypoints.reading import read
from evaluator.metrics.legible import legible

STOP = "不要自己停药"


def compare(
    encoder: Encoder, answer: str, *forms: str, topic: Sequence[str] = (), question: str = ""
) -> Match:
    """Return what matching says of an answer and a point with its aliases, as scoring does."""
    texts = [legible(text) for text in (answer, *forms)]
    said, *wanted = deepened(encoder, texts, encoder.tokens(texts), known=False)
    written = [form(text, tokens, topic) for text, tokens in zip(texts[1:], wanted, strict=True)]
    point = KeyPoint(text=forms[0], aliases=forms[1:])
    return match(read(texts[0], said, question), point, written)


@pytest.mark.parametrize(
    ("answer", "point", "span"),
    [
        ("建议口服阿司匹林抗血小板治疗。", "口服阿司匹林", "建议口服阿司匹林抗血小板治疗。"),
        ("体温38.5℃，咳嗽。", "体温38.5度", "体温38.5℃,"),
        ("CT示左肺上叶可见一结节。", "左肺上叶结节", "CT示左肺上叶可见一结节。"),
        ("患者无发烧。", "无发热", "患者无发烧。"),
        ("先休息。考虑脑梗塞。", "脑梗死", "考虑脑梗塞。"),
        ("每日口服0.5克二甲双胍。", "二甲双胍500mg", "每日口服0.5克二甲双胍。"),
        ("请勿擅自停药，血压可能反弹。", STOP, "请勿擅自停药,"),
        # Another span denies it, this one says it.
        ("孕妇不用阿司匹林，其他人可口服阿司匹林。", "口服阿司匹林", "其他人可口服阿司匹林。"),
        ("ＣＴ：\u200b左肺 上叶　结\u200b节", "左肺上叶结节", "CT:左肺 上叶 结节"),
        ("Take \u0430spirin daily.", "take aspirin daily", "Take aspirin daily."),
    ],
)
def test_a_point_is_covered_by_its_meaning(
    encoder: Encoder, answer: str, point: str, span: str
) -> None:
    found = compare(encoder, answer, point)

    assert found.covered and found.similarity >= 0.5
    assert (found.span, found.contradiction) == (span, None)


@pytest.mark.parametrize(
    ("answer", "point", "code"),
    [
        ("不建议使用阿司匹林。", "使用阿司匹林", "negation"),
        ("可以使用阿司匹林。", "不建议使用阿司匹林", "negation"),
        ("阿司匹林不推荐使用。", "阿司匹林", "negation"),
        ("青霉素过敏者禁用阿莫西林。", "阿莫西林", "negation"),
        ("患者没有发热。", "发热", "negation"),
        ("排除脑梗死。", "脑梗死", "negation"),
        ("你可以自己停药。", STOP, "negation"),
        ("Do not take aspirin.", "take aspirin", "negation"),
        ("患者体温为35.8℃。", "体温38.5℃", "number"),
        ("每日口服5克二甲双胍。", "二甲双胍500mg", "number"),
        ("诊断为2型糖尿病。", "1型糖尿病", "number"),
        ("给予布洛芬15mg。", "布洛芬5mg", "number"),
        ("CT示右肺上叶结节。", "左肺上叶结节", "side"),
        ("CT示左肺下叶结节。", "左肺上叶结节", "side"),
        ("血常规示白细胞降低。", "白细胞升高", "direction"),
        ("建议口服普伐他汀调脂治疗，睡前服用。", "睡前口服阿托伐他汀调脂治疗", "drug"),
        # Half of a point is not the point.
        ("建议尽快到医院就诊。", "建议尽快到医院就诊，并复查血常规和胸片", None),
        # Nothing contradicts; it is only something else.
        ("建议口服氯吡格雷抗血小板治疗。", "口服阿司匹林", None),
        ("初步诊断胃溃疡，建议住院。", "初步诊断为肺炎", None),
        ("今天天气很好，我们去公园放风筝。", STOP, None),
        ("血压 发热 咳嗽 阿司匹林 脑梗死", "不要自己停药，血压会反弹", None),
        ("", STOP, None),
        ("。！？", STOP, None),
    ],
)
def test_what_does_not_cover_a_point(
    encoder: Encoder, answer: str, point: str, code: str | None
) -> None:
    found = compare(encoder, answer, point)

    assert not found.covered and found.similarity < 0.5
    assert found.contradiction == code


def test_a_forbidden_point_must_be_sure(encoder: Encoder) -> None:
    texts = [legible(text) for text in ("停药后血压会反弹。", "自行停用降压药")]
    said, wanted = deepened(encoder, texts, encoder.tokens(texts), known=False)
    answer, written = read(texts[0], said), [form(texts[1], wanted)]

    as_wanted, as_forbidden = (
        match(answer, KeyPoint.model_validate({"text": texts[1], "kind": kind}), written)
        for kind in ("important", "forbidden")
    )

    assert as_wanted.covered and as_wanted.similarity < SURE
    assert as_forbidden == as_wanted._replace(covered=False)


@pytest.mark.parametrize(
    ("answer", "denied"),
    [
        ("不建议使用阿司匹林。", True),
        ("建议使用阿司匹林。孕妇不建议使用阿司匹林。", False),
        ("不建议随意服药。", False),
        ("", False),
    ],
)
def test_a_denial_is_told_from_silence(encoder: Encoder, answer: str, denied: bool) -> None:
    assert compare(encoder, answer, "使用阿司匹林").denied is denied


def test_an_alias_covers_its_point(encoder: Encoder) -> None:
    assert not compare(encoder, "请按原剂量服药。", STOP).covered
    assert compare(encoder, "请按原剂量服药。", STOP, "按原剂量服药").similarity == 1.0


def test_a_match_is_json(encoder: Encoder) -> None:
    found = compare(encoder, "患者体温为35.8℃。", "体温38.5℃")

    assert Match(*json.loads(json.dumps(found))) == found


def test_a_copied_question_says_nothing(encoder: Encoder) -> None:
    question = "患者发热三天，体温38.5℃，咳嗽有痰。请给出诊断。"

    assert not compare(encoder, question, "体温38.5℃", question=question).covered
    # Citing one finding of a long question is an answer.
    cited = f"体温38.5℃，咳嗽有痰，考虑肺炎。{question}"
    assert compare(encoder, cited, "体温38.5℃", question=question).covered


@settings(max_examples=25, deadline=None)
@given(
    blanks=st.sampled_from([" ", "  ", "\t ", "\n", "\n\n"]),
    wide=st.booleans(),
    hidden=st.sampled_from(["", "\u200b", "\ufeff"]),
)
def test_spacing_and_width_change_nothing(
    encoder: Encoder, blanks: str, wide: bool, hidden: str
) -> None:
    sentences = ["Take 500mg daily!", "Do not stop, it helps!"]
    answer = blanks.join(sentences).replace("a", f"a{hidden}")
    if wide:
        answer = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in answer)

    plain = compare(encoder, " ".join(sentences), "one takes 0.5 g a day")
    found = compare(encoder, answer, "one takes 0.5 g a day")

    assert found.covered == plain.covered
    assert found.similarity == pytest.approx(plain.similarity, abs=0.02)


def unit(values: Sequence[Sequence[float]]) -> np.ndarray:
    """Return rows of unit length."""
    rows = np.array(values, dtype=np.float32) + np.float32(0.01)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def tokens(text: str, vectors: np.ndarray) -> Tokens:
    """Return a text with one token a character."""
    spans = [(0, 0), *((k, k + 1) for k in range(len(text))), (0, 0)]
    edges = np.zeros((1, vectors.shape[1]), np.float32)
    inner = np.vstack([edges, vectors, edges])
    return Tokens(inner, np.array(spans, dtype=np.int32), 1)


VECTORS = st.lists(st.lists(st.floats(0, 1, width=16), min_size=3, max_size=3), min_size=2)


@given(VECTORS, VECTORS, VECTORS)
def test_more_sentences_never_cover_less(
    point: list[list[float]], said: list[list[float]], added: list[list[float]]
) -> None:
    answer = "".join("甲" * (len(said) - 1)) + "。"
    more = answer + "".join("乙" * (len(added) - 1)) + "。"
    vectors = unit([*said, *added])
    wanted = Form("丙", unit(point), np.ones(len(point)), np.zeros(len(point), dtype=np.bool_))

    before = match(
        read(answer, tokens(answer, vectors[: len(said)])), KeyPoint(text="丙"), [wanted]
    )
    after = match(read(more, tokens(more, vectors)), KeyPoint(text="丙"), [wanted])

    assert after.similarity >= before.similarity - 1e-5


def test_the_worst_share_by_hand() -> None:
    # Weights 1, 1, 2: of the worst 70 % (2.8) the last token (0.2) gives 2, the first (0.5) 0.8.
    similarities = np.array([[0.5], [0.9], [0.2]], dtype=np.float32)

    share = covered_share(similarities, np.array([1.0, 1.0, 2.0]))

    assert share[0] == pytest.approx((2 * 0.2 + 0.8 * 0.5) / 2.8)


def test_a_partner_is_half_here_half_anywhere() -> None:
    within, anywhere = np.array([[0.2]]), np.array([[0.2, 0.8]])

    assert partners(within, anywhere).tolist() == [[pytest.approx(0.5)]]


def test_what_the_topic_shares_weighs_less(encoder: Encoder) -> None:
    (read_tokens,) = encoder.tokens(["左肺结节"])

    alone = form("左肺结节", read_tokens)
    beside = form("左肺结节", read_tokens, ["右肺结节"])

    ratio = beside.weights[alone.weights > 0] / alone.weights[alone.weights > 0]
    # One of two texts, counting this one, has 肺 and 结节; none has 左.
    assert sorted(set(ratio.round(6))) == [0.5, 1.0]


@pytest.mark.parametrize("fragment", ["不建议停药。", "左肺5mg，", "。", "药", "a1 "])
def test_a_hundred_thousand_characters(fragment: str) -> None:
    text = fragment * (100_000 // len(fragment))
    rng = np.random.default_rng(0)
    vectors = unit(rng.random((len(text), 8)).tolist())
    point = "右肺结节5g，不要停药"
    wanted = form(point, tokens(point, unit(rng.random((len(point), 8)).tolist())))
    begin = time.perf_counter()

    answer = read(text, tokens(text, vectors))
    for _number in range(3):
        match(answer, KeyPoint(text=point), [wanted])

    # Ten points, each alone; the encoder takes minutes for such an answer.
    assert time.perf_counter() - begin < 10
