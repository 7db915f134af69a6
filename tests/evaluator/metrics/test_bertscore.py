"""BERTScore's core against the package bert-score, and by hand."""

from pathlib import Path

import numpy as np
import pytest
from bert_score import BERTScorer

from evaluator.encoders import Encoder, Tokens
from evaluator.metrics.bertscore import Overlap, greedy_match, rescale

# Candidate, reference: right, partly right, wrong, beside the point, in one language or two.
PAIRS = (
    ("急性心肌梗死", "急性前壁心肌梗死"),
    ("高血压", "原发性高血压3级（极高危）"),
    ("不知道", "考虑为社区获得性肺炎，建议完善胸部CT及痰培养。"),
    ("A", "慢性阻塞性肺疾病急性加重"),
    (
        "可以服用布洛芬，但胃溃疡患者应避免。",
        "布洛芬可用于退热止痛；有消化性溃疡病史者禁用，必要时改用对乙酰氨基酚。",
    ),
    (
        "患者应低盐低脂饮食，适当运动，戒烟限酒。",
        "生活方式干预：限盐（每日<6g）、减重、戒烟、限酒、规律有氧运动。",
    ),
    (
        "诊断为急性阑尾炎，依据是转移性右下腹痛和麦氏点压痛。",
        "诊断：急性阑尾炎。依据：转移性右下腹痛；麦氏点固定压痛；白细胞升高。",
    ),
    (
        "诊断为急性胆囊炎，予抗感染、解痉治疗。",
        "诊断：急性阑尾炎。依据：转移性右下腹痛；麦氏点固定压痛；白细胞升高。",
    ),
    (
        "胰岛素皮下注射，餐前15分钟，剂量根据血糖调整。",
        "门冬胰岛素餐前即刻皮下注射，依据餐后2小时血糖每3天调整1～2U。",
    ),
    ("舌淡苔白，脉沉细，属脾肾阳虚。", "证属脾肾阳虚，治宜温补脾肾，方用附子理中汤合四神丸。"),
    ("肝郁气滞，用柴胡疏肝散。", "肝气郁结证：疏肝解郁，理气和中，代表方柴胡疏肝散。"),
    (
        "血瘀就是血液流动不好。",
        "血瘀指血液循行迟缓或流行不畅的病理状态，可由气滞、气虚、寒凝、血热等引起。",
    ),
    ("体温３８.５℃，心率１１０次／分", "体温38.5℃，心率110次/分"),
    ("①吸氧 ②平喘 ③抗感染", "1. 吸氧；2. 支气管舒张剂平喘；3. 抗感染治疗"),
    ("地高辛0.125㎎ qd", "地高辛0.125mg每日一次口服"),
    ("  首选左甲状腺素，空腹服用。\n", "左甲状腺素钠片，晨起空腹口服，6周后复查TSH。"),
    ("妊娠期禁用利巴韦林。", "利巴韦林有致畸作用，孕妇及备孕男女均禁用。"),
    ("儿童发热超过38.5度吃退烧药。", "儿童体温≥38.5℃或明显不适时可予对乙酰氨基酚10～15mg/kg。"),
    ("患者需要立即做手术。", "患者生命体征平稳，可先保守治疗并密切观察。"),
    ("无", "未见明显异常"),
    ("The patient has pneumonia.", "Community-acquired pneumonia of the right lower lobe."),
    (
        "Stop metformin if the kidneys fail.",
        "Metformin is contraindicated when eGFR is below 30 mL/min/1.73 m².",
    ),
    (
        "Heart size is normal. Lungs are clear. No effusion.",
        "The cardiomediastinal silhouette is within normal limits. No focal consolidation, "
        "pleural effusion or pneumothorax.",
    ),
    (
        "There is a large left pleural effusion.",
        "The heart is normal in size. The lungs are clear without focal infiltrate.",
    ),
    ("I do not know.", "Give aspirin 300 mg and arrange urgent coronary angiography."),
    (
        "Yes, ibuprofen can be taken with paracetamol.",
        "Paracetamol and ibuprofen may be combined or alternated for fever in adults.",
    ),
    ("Warfarin interacts with many antibiotics.", "多种抗生素可增强华法林的抗凝作用，应监测INR。"),
    ("CT提示SAH，GCS 12分，Hunt-Hess II级", "头颅CT示蛛网膜下腔出血，Hunt-Hess分级Ⅱ级。"),
    ("ECG示V1-V4导联ST段抬高，考虑STEMI", "心电图V1～V4导联ST段弓背向上抬高：急性前壁心肌梗死。"),
    ("建议PET-CT + EGFR检测", "完善PET-CT分期，组织标本行EGFR、ALK、ROS1基因检测。"),
    ("好", "好"),
    # Written by somebody, so text to both: an answer cannot end itself.
    ("发热</s><s>咳嗽<pad>", "发热、咳嗽三天"),
    ("抗血小板、调脂、控制血压。" * 12, "给予抗血小板聚集、调脂稳斑、控制血压及改善循环治疗。"),
    (
        "给予抗血小板聚集、调脂稳斑、控制血压及改善循环治疗。",
        "入院后予阿司匹林100mg、阿托伐他汀20mg口服，氨氯地平5mg控制血压，丁苯酞改善循环。" * 8,
    ),
)


@pytest.fixture(scope="module")
def oracle(exported: Path, encoder: Encoder) -> BERTScorer:
    return BERTScorer(model_type=str(exported), num_layers=encoder.layers, device="cpu")


def test_raw_scores_are_those_of_bert_score(encoder: Encoder, oracle: BERTScorer) -> None:
    candidates, references = map(list, zip(*PAIRS, strict=True))
    tokens = encoder.tokens([*candidates, *references])
    assert max(len(text.vectors) for text in tokens) <= 512
    half = len(PAIRS)
    ours = [greedy_match(c, r) for c, r in zip(tokens[:half], tokens[half:], strict=True)]
    theirs = np.transpose([values.numpy() for values in oracle.score(candidates, references)])
    assert np.ptp(theirs[:, 2]) > 0.2
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def text(*vectors: tuple[float, float, float]) -> Tokens:
    """Return a text with these token vectors, special tokens included."""
    spans = np.zeros((len(vectors), 2), dtype=np.int32)
    return Tokens(np.array(vectors, dtype=np.float32).reshape(-1, 3), spans, 1)


EDGE = (0.0, 0.0, 1.0)
EAST = (1.0, 0.0, 0.0)
NORTH = (0.0, 1.0, 0.0)
WEST = (-1.0, 0.0, 0.0)
BETWEEN = (0.6, 0.8, 0.0)


@pytest.mark.parametrize(
    ("candidate", "reference", "expected"),
    [
        (text(EDGE, EAST, EDGE), text(EDGE, EAST, EDGE), (1, 1, 1)),
        (text(EDGE, EAST, EDGE), text(EDGE, NORTH, EDGE), (0, 0, 0)),
        # Padding in length costs precision, not recall: P (1 + 0) / 2, R 1, F 2·0.5 / 1.5.
        (text(EDGE, EAST, NORTH, EDGE), text(EDGE, EAST, EDGE), (0.5, 1, 2 / 3)),
        (text(EDGE, EAST, EDGE), text(EDGE, EAST, NORTH, EDGE), (1, 0.5, 2 / 3)),
        # Each takes its best partner: east 0.6; between 0.6 and 0.8.
        (text(EDGE, BETWEEN, EDGE), text(EDGE, EAST, NORTH, EDGE), (0.8, 0.7, 1.12 / 1.5)),
        # A special token may be a partner: the middle token finds the edge of the other text.
        (text(EDGE, EDGE, EDGE), text(EDGE, EAST, EDGE), (1, 0, 0)),
        # Opposite meanings are not less than nothing.
        (text(WEST, WEST, WEST), text(EAST, EAST, EAST), (-1, -1, 0)),
        (text(EDGE, EDGE), text(EDGE, EAST, EDGE), (0, 0, 0)),
        (text(EDGE, EAST, EDGE), text(EDGE, EDGE), (0, 0, 0)),
        (text(EDGE, EDGE), text(EDGE, EDGE), (0, 0, 0)),
    ],
)
def test_greedy_match_by_hand(candidate: Tokens, reference: Tokens, expected: Overlap) -> None:
    assert greedy_match(candidate, reference) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("answer", ["", " \n", "\x01"])
def test_an_empty_answer_scores_nothing(encoder: Encoder, answer: str) -> None:
    candidate, reference = encoder.tokens([answer, "急性前壁心肌梗死"])
    assert greedy_match(candidate, reference) == Overlap(0.0, 0.0, 0.0)


def test_an_answer_equal_to_its_reference_scores_one(encoder: Encoder) -> None:
    (tokens,) = encoder.tokens(["急性前壁心肌梗死，予溶栓治疗。"])
    assert greedy_match(tokens, tokens) == pytest.approx((1, 1, 1), abs=1e-6)


@pytest.mark.parametrize(
    ("f1", "baseline", "expected"),
    [(1.0, 0.8, 1.0), (0.8, 0.8, 0.0), (0.9, 0.8, 0.5), (0.6, 0.8, -1.0), (0.5, 0.0, 0.5)],
)
def test_rescale(f1: float, baseline: float, expected: float) -> None:
    assert rescale(f1, baseline) == pytest.approx(expected)
