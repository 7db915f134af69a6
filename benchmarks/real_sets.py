"""The six public sets that the real challenge is built from: what each is, and how it is scored."""

from __future__ import annotations

from typing import Any, NamedTuple


class RecordedSystem(NamedTuple):
    """One system whose outputs were recorded by the authors of the data."""

    file: str
    model: str
    organisation: str
    access: str
    protocol_zh: str
    protocol_en: str


class RealSet(NamedTuple):
    """One set: its folder in the data, the name its lines bear, and what is declared of it."""

    folder: str
    source: str
    dimension: tuple[str, str, str]
    title: tuple[str, str]
    convention: str
    metric: str
    card: tuple[str, str]
    licence: tuple[str, str]
    systems: tuple[RecordedSystem, ...] = ()
    why_not_compared: tuple[str, str] = ("", "")
    # Where the outputs of its systems were published, and when, where that is known.
    recorded: tuple[str, str] | None = None

    @property
    def track(self) -> dict[str, Any]:
        """The declaration of the set's track."""
        name, zh, en = self.dimension
        return {
            "id": self.folder,
            "title": {"zh": self.title[0], "en": self.title[1]},
            "summary": {"zh": self.card[0], "en": self.card[1]},
            "phases": [
                {"id": "test", "title": {"zh": "测试阶段", "en": "Test"}, "references": "hidden"},
            ],
            "dimensions": [
                {
                    "id": name,
                    "title": {"zh": zh, "en": en},
                    "datasets": [
                        {
                            "id": self.source,
                            "title": {"zh": self.title[0], "en": self.title[1]},
                            "convention": self.convention,
                            "metric": {"name": self.metric},
                            "card": {"zh": self.card[0], "en": self.card[1]},
                            "sources": [" ".join(self.licence)],
                        }
                    ],
                }
            ],
        }


REASONING = ("reasoning", "复杂医学推理", "Complex medical reasoning")
KNOWLEDGE = ("knowledge", "医学知识问答", "Medical knowledge QA")
SAFETY = ("safety", "医疗安全和伦理", "Healthcare safety and ethics")
GENERATION = ("generation", "医学语言生成", "Medical language generation")
MTCMB = ("Wayyuanyuan/MTCMB", "Apache-2.0")
WHOLE = ("一次读完整份病例后作答", "read the whole case at once and answered")
DIALOGUE = (
    "不看病例，只能通过多轮问诊获取信息后作答",
    "was not shown the case and gathered it by asking in a dialogue before it answered",
)

HOSPITAL = RealSet(
    "ai_hospital",
    "ai_hospital",
    REASONING,
    ("住院病例（公开数据）", "Inpatient cases (public data)"),
    "text",
    "combined",
    (
        "AI Hospital 项目公开的 300 份中文住院病例，参考答案为医院自己的诊断结果、诊断依据和"
        "治疗方案。公开数据不含病例原文，因此本赛道只用于给已记录的系统输出评分。",
        "300 Chinese inpatient cases published by the project AI Hospital; the references are "
        "the hospital's own diagnosis, evidence and treatment. The case texts are not part of "
        "the public data, so this track serves to score outputs recorded elsewhere.",
    ),
    ("LibertFan/AI_Hospital", "MIT"),
    (
        RecordedSystem("gpt4_onestep.jsonl", "GPT-4 (one step)", "OpenAI", "closed", *WHOLE),
        RecordedSystem("dialog_gpt3.jsonl", "GPT-3.5 (dialogue)", "OpenAI", "closed", *DIALOGUE),
        RecordedSystem("dialog_wenxin.jsonl", "Wenxin (dialogue)", "Baidu", "closed", *DIALOGUE),
    ),
    (
        "各行的测试方式不同（一个一次看到整份病例，其余在问诊中获取），不能据此比较模型优劣。",
        "The protocols differ (one sees the whole case at once, the others gather it in a "
        "dialogue), so the rows do not compare the models fairly.",
    ),
    ("LibertFan/AI_Hospital at commit b37ce1b; Fan et al. 2024, arXiv 2402.09742", "2024-02"),
)
XRAY = RealSet(
    "iu_xray_reports",
    "iu_xray",
    GENERATION,
    ("胸片报告（公开数据）", "Chest X-ray reports (public data)"),
    "text",
    "rouge_l",
    (
        "382 份英文胸片报告，参考答案来自 IU X-Ray；公开数据不含图像，只用于给已记录的输出评分。",
        "382 English chest X-ray reports of IU X-Ray; the images are not part of the data, so "
        "this track serves to score outputs recorded elsewhere.",
    ),
    ("WangXuanmin/MRG_RL", "MIT"),
    (
        RecordedSystem(
            "qwen3_8b_beam3.jsonl",
            "Qwen3-8B with image retrieval (beam 3)",
            "WangXuanmin/MRG_RL",
            "open",
            "根据检索到的相似图像的报告作答",
            "answered from the reports of similar images that were retrieved",
        ),
        RecordedSystem(
            "template.jsonl",
            "Fixed template (no model)",
            "WangXuanmin/MRG_RL",
            "open",
            "对每张片子都写同一份报告",
            "writes the same report for every picture",
        ),
    ),
    (
        "其中一行是固定模板，不是模型，用来看分数的底线。",
        "One of the rows is a fixed template and no model: it shows what a score is worth.",
    ),
)
SETS = (
    HOSPITAL,
    XRAY,
    RealSet(
        "tcm_ed_a",
        "TCM-ED-A",
        KNOWLEDGE,
        ("中医考试（公开数据）", "TCM examination (public data)"),
        "letter",
        "accuracy",
        ("1,200 道中医考试单选与多选题。", "1,200 examination questions, one or several right."),
        MTCMB,
    ),
    RealSet(
        "tcm_ethics",
        "tcm_ethics",
        SAFETY,
        ("医学伦理（公开数据）", "Medical ethics (public data)"),
        "letter",
        "accuracy",
        ("100 道医学伦理选择题。", "100 choice questions on medical ethics."),
        ("DYJG-research/TCM-BEST4SDT", "Apache-2.0"),
    ),
    RealSet(
        "tcm_ft",
        "TCM-FT",
        KNOWLEDGE,
        ("中医论述题（公开数据）", "TCM essays (public data)"),
        "text",
        "combined",
        ("100 道带得分点的中医论述题。", "100 essay questions with scoring points."),
        MTCMB,
    ),
    RealSet(
        "cmb_clin",
        "CMB-Clin",
        REASONING,
        ("病例问答（公开数据）", "Case questions (public data)"),
        "text",
        "bertscore",
        ("74 份真实病例的 208 个问答，无要点。", "208 questions on 74 real cases, no key points."),
        ("FreedomIntelligence/CMB", "Apache-2.0"),
    ),
)
