"""Loading a dataset from a Hub as anybody does: by `datasets`, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# Prints the rows of every config; a picture is decoded, and told by its size and its bytes' hash.
LOADER = """
import hashlib, json, sys
from datasets import Image, List, get_dataset_config_names, get_dataset_split_names, load_dataset

def rows(name, config):
    [split] = get_dataset_split_names(name, config)
    found = load_dataset(name, config, split=split)
    if "images" not in found.features:
        return found.to_list()
    raw = found.cast_column("images", List(Image(decode=False))).to_list()
    for row, decoded in zip(raw, found["images"], strict=True):
        row["images"] = [
            {
                "path": one["path"],
                "sha256": hashlib.sha256(one["bytes"]).hexdigest(),
                "size": picture.size,
            }
            for one, picture in zip(row["images"], decoded, strict=True)
        ]
    return raw

name = sys.argv[1]
print(json.dumps({config: rows(name, config) for config in get_dataset_config_names(name)}))
"""


class NotLoaded(Exception):
    """What the loader said when it could not."""


def load(url: str, name: str, home: Path, token: str | None = None) -> dict[str, Any]:
    """Return the rows of every config that a repository names, by somebody with that token.

    Raises:
        NotLoaded: one of them cannot be loaded.
    """
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        **({"HF_TOKEN": token} if token else {}),
    }
    done = subprocess.run(
        [sys.executable, "-c", LOADER, name], env=environ, capture_output=True, text=True
    )
    if done.returncode:
        raise NotLoaded(done.stderr[-3000:])
    loaded: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return loaded
