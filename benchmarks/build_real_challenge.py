"""Build an organiser's challenge from public data: six sets, 2,290 items, five recorded systems.

    REAL_DATA=../shared/data python -m benchmarks.build_real_challenge DIR
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
from typing import Any

import yaml

from benchmarks.real_sets import HOSPITAL, SETS, RealSet, RecordedSystem

ROOT = Path(__file__).resolve().parents[1]
NAME = HOSPITAL.folder
TRACK = HOSPITAL.track
SYSTEMS = HOSPITAL.systems
# Made of the references, to be scored and never shown on a board.
CHECKS = "checks"
DEFAULT_DATA = ROOT / "../shared/data"
# "1. ", "（2）", "③" before a point number a list; they are no part of what an answer must say.
_LIST_MARK = re.compile(r"^\s*(?:\d+(?:、|[.．](?!\d))|[(（]\d+[)）]|[①-⑳])\s*")

Line = dict[str, Any]


class DataMissing(Exception):
    """The public data are not where they are looked for, or not what they should be."""


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
    points = [key_point(point) for point in line.get("point", ())]
    return {**line, "point": points} if points else line


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


def entry(chosen: RealSet, system: RecordedSystem) -> Line:
    """Return what is said of a recorded system, with what its row can be compared with."""
    owner, licence = chosen.licence
    source, day = chosen.recorded or ("", "")
    origin = {"source": source, "recorded_on": day, "licence": licence} if chosen.recorded else {}
    said_zh, said_en = chosen.why_not_compared
    return {
        "track": chosen.folder,
        "phase": "test",
        "model": system.model,
        "organisation": system.organisation,
        "access": system.access,
        "note": {
            "zh": (
                f"已记录的输出，非本次运行：该系统{system.protocol_zh}。{said_zh}"
                f"来源：{owner}，{licence} 许可。"
            ),
            "en": (
                f"Recorded output, not run here: this system {system.protocol_en}. {said_en} "
                f"Source: {owner}, {licence} licence."
            ),
        },
        **origin,
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
    for chosen in SETS:
        _build_set(data, target, chosen)
    return target


def _build_set(data: Path, target: Path, chosen: RealSet) -> None:
    source = data / chosen.folder
    questions = read_lines(source / "questions.jsonl")
    references = [reference(line) for line in read_lines(source / "references.jsonl")]
    outputs = {
        system: predictions(
            questions, read_lines(source / "predictions" / system.file), system.file
        )
        for system in chosen.systems
    }

    folder = target / chosen.folder / chosen.source
    _write(target / "tracks" / f"{chosen.folder}.yaml", _yaml(chosen.track))
    _write(folder / "questions.jsonl", _jsonl(questions))
    _write(folder / "references.jsonl", _jsonl(references))
    for system, lines in outputs.items():
        path = target / "entries" / system.file
        _write(path, _jsonl(lines))
        _write(path.with_suffix(".yaml"), _yaml(entry(chosen, system)))
    if not outputs:
        answers = {line["other"]["id"]: line["answer"] for line in references}
        for name, given in (
            ("reference-as-answer", lambda key: answers[key]),
            ("empty", lambda key: ""),
        ):
            lines = [{**line, "answer": given(line["other"]["id"])} for line in questions]
            _write(target / CHECKS / f"{chosen.folder}-{name}.jsonl", _jsonl(lines))


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
        print(build(real_data(*(chosen.folder for chosen in SETS)), options.target))
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
