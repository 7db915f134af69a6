"""Build an organiser's challenge folder from public data: 300 real cases, three recorded systems.

    REAL_DATA=../shared/data python benchmarks/build_real_challenge.py DIR
    CHALLENGE_DIR=DIR DATA_DIR=DIR-data make demo

Building again writes the same bytes. docs/data.md says what is converted, and under which licence.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

NAME = "ai_hospital"
ROOT = Path(__file__).resolve().parents[1]
DEFAULT_DATA = ROOT / "../shared/data"
# "1. ", "（2）", "③" before a point number a list; they are no part of what an answer must say.
_LIST_MARK = re.compile(r"^\s*(?:\d+(?:、|[.．](?!\d))|[(（]\d+[)）]|[①-⑳])\s*")

Line = dict[str, Any]


class DataMissing(Exception):
    """The public data are not where they are looked for, or not what they should be."""


class RecordedSystem(NamedTuple):
    """One system whose outputs were recorded by the authors of the data."""

    file: str
    model: str
    organisation: str
    protocol_zh: str
    protocol_en: str


WHOLE = ("一次读完整份病例后作答", "read the whole case at once and answered")
DIALOGUE = (
    "不看病例，只能通过多轮问诊获取信息后作答",
    "was not shown the case and gathered it by asking in a dialogue before it answered",
)
SYSTEMS = (
    RecordedSystem("gpt4_onestep.jsonl", "GPT-4 (one step)", "OpenAI", *WHOLE),
    RecordedSystem("dialog_gpt3.jsonl", "GPT-3.5 (dialogue)", "OpenAI", *DIALOGUE),
    RecordedSystem("dialog_wenxin.jsonl", "Wenxin (dialogue)", "Baidu", *DIALOGUE),
)
TRACK = {
    "id": NAME,
    "title": {"zh": "住院病例（公开数据）", "en": "Inpatient cases (public data)"},
    "summary": {
        "zh": (
            "AI Hospital 项目公开的 300 份中文住院病例，参考答案为医院自己的诊断结果、诊断依据和"
            "治疗方案。公开数据不含病例原文，因此本赛道只用于给已记录的系统输出评分。"
        ),
        "en": (
            "300 Chinese inpatient cases published by the project AI Hospital; the references are "
            "the hospital's own diagnosis, evidence and treatment. The case texts are not part of "
            "the public data, so this track serves to score outputs recorded elsewhere."
        ),
    },
    "phases": [
        {"id": "test", "title": {"zh": "测试阶段", "en": "Test"}, "references": "hidden"},
    ],
    "dimensions": [
        {
            "id": "reasoning",
            "title": {"zh": "复杂医学推理", "en": "Complex medical reasoning"},
            "datasets": [
                {
                    "id": NAME,
                    "title": {"zh": "住院病例诊疗", "en": "Inpatient diagnosis and treatment"},
                    "convention": "text",
                    "metric": {"name": "combined", "recall_weight": 0.8},
                    "card": {
                        "zh": (
                            "给出诊断结果、诊断依据和治疗方案；按要点召回率与语义相似度合成计分。"
                            "来源：LibertFan/AI_Hospital，MIT 许可。"
                        ),
                        "en": (
                            "Give diagnosis, evidence and treatment; scored by recall of key "
                            "points and by similarity of meaning. Source: LibertFan/AI_Hospital, "
                            "MIT licence."
                        ),
                    },
                }
            ],
        }
    ],
}


def real_data(*sets: str) -> Path:
    """Return the folder of public data named by REAL_DATA.

    Raises:
        DataMissing: the folder, or one of the sets in it, is not there.
    """
    folder = Path(os.environ.get("REAL_DATA") or DEFAULT_DATA).expanduser().resolve()
    missing = [name for name in sets if not (folder / name).is_dir()]
    if missing:
        names = ", ".join(missing)
        raise DataMissing(
            f"{folder} 中缺少数据集 {names}；请用环境变量 REAL_DATA 指明数据所在的文件夹，"
            f"获取方法见 docs/data.md。 / {folder} lacks the set(s) {names}: name the folder of "
            "the data in the variable REAL_DATA; docs/data.md says where they come from."
        )
    return folder


def read_lines(path: Path) -> list[Line]:
    """Read one JSON object a line.

    Raises:
        DataMissing: there is no such file.
    """
    if not path.is_file():
        raise DataMissing(f"缺少文件 {path}。 / The file {path} is missing.")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def key_point(text: str) -> str:
    """Return a point without the list number that the hospital's record put before it.

    >>> [key_point(text) for text in ("1. 上消化道出血", "2、2型糖尿病", "③贫血", "1.5小时前胸闷")]
    ['上消化道出血', '2型糖尿病', '贫血', '1.5小时前胸闷']
    """
    return _LIST_MARK.sub("", text).strip()


def reference(line: Line) -> Line:
    """Return a reference line; only the points' list numbers are changed."""
    return {**line, "point": [key_point(point) for point in line["point"]]}


def predictions(questions: Iterable[Line], recorded: Iterable[Line], file: str) -> list[Line]:
    """Return a prediction for every question, in order; what was not recorded says so.

    An item without a line, or whose recorded answer is null, was not attempted: it is marked
    skipped, scores 0 and leaves its entry unranked. An empty text is an answer, and stays one.

    Raises:
        DataMissing: an output for no question, or two for one.
    """
    given: dict[Any, Line] = {}
    for line in recorded:
        if line["other"]["id"] in given:
            raise DataMissing(f"{file}: {line['other']['id']} 重复。 / The id stands there twice.")
        given[line["other"]["id"]] = line
    asked = list(questions)
    unknown = given.keys() - {question["other"]["id"] for question in asked}
    if unknown:
        raise DataMissing(
            f"{file}: 没有编号为 {min(unknown)} 的题目。 / There is no question {min(unknown)}."
        )
    return [_prediction(question, given.get(question["other"]["id"])) for question in asked]


def _prediction(question: Line, recorded: Line | None) -> Line:
    if recorded is None or recorded["answer"] is None:
        return {**question, "answer": None, "skipped": True}
    return {**question, "answer": recorded["answer"]}


def entry(system: RecordedSystem) -> Line:
    """Return what is said of a recorded system, with the reason why the rows do not compare."""
    return {
        "track": NAME,
        "phase": "test",
        "model": system.model,
        "organisation": system.organisation,
        "access": "closed",
        "note": {
            "zh": (
                f"已记录的输出，非本次运行：该系统{system.protocol_zh}。各行的测试方式不同"
                "（一个一次看到整份病例，其余在问诊中获取），不能据此比较模型优劣。"
                "来源：LibertFan/AI_Hospital，MIT 许可。"
            ),
            "en": (
                f"Recorded output, not run here: this system {system.protocol_en}. The protocols "
                "differ (one sees the whole case at once, the others gather it in a dialogue), so "
                "the rows do not compare the models fairly. Source: LibertFan/AI_Hospital, MIT "
                "licence."
            ),
        },
        "predictions": system.file,
    }


def build(data: Path, target: Path) -> Path:
    """Write the challenge folder and return it.

    Raises:
        DataMissing: the data are not complete, or the target lies inside the repository.
    """
    target = target.resolve()
    if target.is_relative_to(ROOT):
        raise DataMissing(
            f"{target} 在代码仓库内；请选择仓库以外的文件夹。 / {target} lies inside the "
            "repository; choose a folder outside, so that no data are committed."
        )
    source = data / NAME
    questions = read_lines(source / "questions.jsonl")
    references = read_lines(source / "references.jsonl")
    outputs = {
        system: predictions(
            questions, read_lines(source / "predictions" / system.file), system.file
        )
        for system in SYSTEMS
    }

    _write(target / "tracks" / f"{NAME}.yaml", _yaml(TRACK))
    _write(target / NAME / NAME / "questions.jsonl", _jsonl(questions))
    _write(target / NAME / NAME / "references.jsonl", _jsonl(map(reference, references)))
    for system, lines in outputs.items():
        _write(target / "entries" / system.file, _jsonl(lines))
        _write((target / "entries" / system.file).with_suffix(".yaml"), _yaml(entry(system)))
    return target


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _yaml(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(value), allow_unicode=True, sort_keys=False, width=1000)


def _jsonl(lines: Iterable[Line]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """Build the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Build a challenge folder from public data.")
    parser.add_argument("target", type=Path, help="folder to write, outside the repository")
    options = parser.parse_args(arguments)
    try:
        print(build(real_data(NAME), options.target))
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
