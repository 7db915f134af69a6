"""Names as models write them, of a closed set and of any; the holes of MedBench's public scorer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.answers import read_labels

DEPARTMENTS = ("神经内科", "骨科", "普通外科", "外科", "儿科", "呼吸内科")
FAULTS = (
    "伪影位于肺野内",
    "伪影位于肺野外",
    "体位不正",
    "偏中心",
    "无左右标识",
    "吸气不足",
    "无问题",
)
CLASSES = ("疾病", "症状", "治疗或手术", "年龄", "饮食")


def names(written: str) -> frozenset[str] | None:
    """Return the names of `a b`, None for `?`."""
    return None if written == "?" else frozenset(written.split())


OF_DEPARTMENTS = [
    ("神经内科|骨科", "神经内科 骨科"),
    ("神经内科", "神经内科"),
    ("神经内科｜骨科", "神经内科 骨科"),
    ("神经内科、骨科。", "神经内科 骨科"),
    ("神經內科", "神经内科"),
    ("神 经", "?"),
    ("推荐科室：神经内科", "神经内科"),
    ("答案：\n1. 神经内科\n2. 骨科", "神经内科 骨科"),
    ('["神经内科", "骨科"]', "神经内科 骨科"),
    ('```json\n{"科室": ["神经内科"]}\n```', "神经内科"),
    ("<think>骨科？</think>神经内科", "神经内科"),
    ("首先考虑神经内科，也可能骨科。\n最终答案：神经内科", "神经内科"),
    ("根据症状，患者头痛、呕吐，建议前往神经内科就诊。", "神经内科"),
    ("**神经内科**\n\n理由：头痛，骨科疾病的可能性小", "神经内科"),
    # The longest: 普通外科 is not 外科 too.
    ("建议到普通外科就诊", "普通外科"),
    ("普通外科和外科", "普通外科 外科"),
    # What is denied is not named, and 不 elsewhere denies nothing.
    ("不建议挂骨科，建议挂神经内科。", "神经内科"),
    ("排除骨科和外科，考虑儿科", "儿科"),
    ("不排除骨科疾病", "骨科"),
    ("患者无明显诱因头痛，建议神经内科就诊", "神经内科"),
    ("患者不能行走，应挂骨科", "骨科"),
    ("应该去儿科而非外科", "儿科"),
    ("神经内科：否\n骨科：是", "骨科"),
    # All of them named is all of them chosen.
    ("|".join(DEPARTMENTS), " ".join(DEPARTMENTS)),
    # Not of the set, a refusal, nothing.
    ("急诊科", "?"),
    ("抱歉，我无法在神经内科和骨科之间给出建议", "?"),
    ("请咨询医生", "?"),
    ("", "?"),
]
OF_FAULTS = [
    ("体位不正|偏中心", "体位不正 偏中心"),
    ("体位不正：是\n偏中心：否\n无左右标识：否", "体位不正"),
    ("- 体位不正：存在\n- 偏中心：不存在", "体位不正"),
    ('{"体位不正": true, "偏中心": false}', "体位不正"),
    ("问题1：体位不正\n问题2：偏中心", "体位不正 偏中心"),
    ("存在体位不正，无其他问题", "体位不正"),
    ("体位不正 无左右标识", "体位不正 无左右标识"),
    ("伪影位于肺野内和伪影位于肺野外", "伪影位于肺野内 伪影位于肺野外"),
    # Labels that contain 无 and 不 are named, not denied.
    ("无左右标识", "无左右标识"),
    ("该片无左右标识、吸气不足。", "无左右标识 吸气不足"),
    ("无伪影位于肺野内，存在吸气不足", "吸气不足"),
    # None is a label, and only where no other is named.
    ("无问题", "无"),
    ("无", "无"),
    ("未见问题。", "无"),
    ("该胸片质量良好，未发现问题。", "无"),
    ("未见体位不正", "无"),
    ("体位不正、无问题", "体位不正"),
    ("體位不正", "体位不正"),
    ("吸气充足", "?"),
    ("我无法查看图像", "?"),
]
OF_CLASSES = [
    ("年龄", "年龄"),
    ("类别：年龄", "年龄"),
    ("该句描述了患者的疾病史，属于治疗或手术类别", "治疗或手术"),
    ("不属于疾病，属于饮食", "饮食"),
    ("标准提到疾病和症状，综上，应归为“年龄”", "年龄"),
    ("该句的分类为症状。", "症状"),
    ("Answer: 饮食", "饮食"),
]
OPEN = [
    ("急性胃炎##胃溃疡", "急性胃炎 胃溃疡"),
    ("急性胃炎|胃溃疡", "急性胃炎 胃溃疡"),
    ("急性胃炎", "急性胃炎"),
    ("标准术语：急性胃炎##胃溃疡", "急性胃炎 胃溃疡"),
    ("诊断：1. 急性胃炎；2. 胃溃疡", "急性胃炎 胃溃疡"),
    ("答案：急性胃炎、胃溃疡。", "急性胃炎 胃溃疡"),
    ("可能的诊断为：\n1. 急性胃炎\n2. 胃溃疡\n以上供参考。", "急性胃炎 胃溃疡"),
    ("**急性胃炎**\n**胃溃疡**", "急性胃炎 胃溃疡"),
    ('{"诊断": ["急性胃炎", "胃溃疡"]}', "急性胃炎 胃溃疡"),
    ("['急性胃炎', '胃溃疡',]", "急性胃炎 胃溃疡"),
    ("```\n急性胃炎##胃溃疡\n```", "急性胃炎 胃溃疡"),
    ("<think>胃癌</think>急性胃炎", "急性胃炎"),
    ("急性胃炎（轻度）", "急性胃炎(轻度)"),
    ("１型糖尿病", "1型糖尿病"),
    ("急性胃炎##急性胃炎", "急性胃炎"),
    ("先考虑胃癌。答案：急性胃炎\n", "急性胃炎"),
    ("無", "无"),
    ("[]", "无"),
    ("抱歉，无法确定。", "?"),
    ("，。", "?"),
    ("甲" * 41, "?"),
]


@pytest.mark.parametrize(("text", "expected"), OF_DEPARTMENTS)
def test_departments(text: str, expected: str) -> None:
    assert read_labels(text, DEPARTMENTS) == names(expected)


@pytest.mark.parametrize(("text", "expected"), OF_FAULTS)
def test_faults_of_images(text: str, expected: str) -> None:
    assert read_labels(text, FAULTS) == names(expected)


@pytest.mark.parametrize(("text", "expected"), OF_CLASSES)
def test_classes_that_are_common_words(text: str, expected: str) -> None:
    assert read_labels(text, CLASSES) == names(expected)


@pytest.mark.parametrize(("text", "expected"), OPEN)
def test_any_names(text: str, expected: str) -> None:
    assert read_labels(text) == names(expected)


@given(chosen=st.sets(st.sampled_from(FAULTS[:-1]), min_size=1))
def test_written_labels_are_read_back(chosen: set[str]) -> None:
    for joint in ("|", "、", "，", "##", "\n", "；", "和", " "):
        assert read_labels(joint.join(sorted(chosen)), FAULTS) == chosen
        assert read_labels(f"存在：{joint.join(sorted(chosen))}。", FAULTS) == chosen


def test_an_answer_is_read_from_its_end_where_it_is_too_long() -> None:
    assert read_labels("甲" * 100_000 + "。建议神经内科就诊", DEPARTMENTS) == {"神经内科"}
