"""A part of the sample challenge: five datasets of the main track, quick to score."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import yaml

from evaluator.settings import ROOT

KEPT = ("CMeEE", "IMCS-V2-MRG", "MedHC", "CMB-Clin-extended", "MedSafety")
SAMPLE = ROOT / "challenge"


@cache
def small_sample() -> Path:
    """Return a challenge folder with these datasets and the two made-up entries."""
    folder = Path(tempfile.mkdtemp(prefix="small-sample-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    track = yaml.safe_load((SAMPLE / "tracks" / "1-main.yaml").read_text("utf-8"))
    for dimension in track["dimensions"]:
        dimension["datasets"] = [one for one in dimension["datasets"] if one["id"] in KEPT]
    for name in ("tracks", "main", "entries"):
        (folder / name).mkdir()
    written = yaml.safe_dump(track, allow_unicode=True, sort_keys=False)
    (folder / "tracks" / "main.yaml").write_text(written, "utf-8")
    for name in KEPT:
        shutil.copytree(SAMPLE / "main" / name, folder / "main" / name)
    for entry in ("sample-a", "sample-b"):
        source = SAMPLE / "entries" / f"main-{entry}"
        declared = source.with_suffix(".yaml").read_text("utf-8")
        (folder / "entries" / f"{entry}.yaml").write_text(declared.replace("main-", ""), "utf-8")
        with (
            zipfile.ZipFile(source.with_suffix(".zip")) as whole,
            zipfile.ZipFile(folder / "entries" / f"{entry}.zip", "w") as part,
        ):
            for name in KEPT:
                member = f"MedBench/{name}_test.jsonl"
                part.writestr(member, whole.read(member))
    return folder
