"""What the Hub asks of the front matter of a README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from tests.hub_repositories import Kind

FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE
)
SDKS = ("gradio", "streamlit", "docker", "static")
COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
LICENCES = (
    "apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 "
    "bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause "
    "bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 "
    "cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 "
    "cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 "
    "cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 "
    "eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc intel-research "
    "lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl openmdw-1.0 openrail++ osl-3.0 "
    "postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr deepfloyd-if-license fair-noncommercial-"
    "research-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 grok2-community gemma "
    "unknown other"
)


class Checked(NamedTuple):
    """The metadata of a README.md, and what is wrong with it."""

    metadata: dict[str, Any]
    errors: list[str]
    warnings: list[str]


def checked(content: str, kind: Kind) -> Checked:
    """Read the front matter of a README.md and say what the Hub says of it."""
    found = FRONT_MATTER.match(content)
    try:
        metadata = yaml.safe_load(found["yaml"]) if found else None
    except yaml.YAMLError as error:
        return Checked({}, [f"Invalid YAML: {error}"], [])
    if not metadata:
        return Checked({}, [], ["empty or missing yaml metadata in repo card"])
    if not isinstance(metadata, dict):
        return Checked({}, ["YAML metadata should be an object"], [])
    errors = [*_anywhere(metadata), *(_space if kind == "space" else _dataset)(metadata)]
    return Checked(metadata, errors, [])


def _anywhere(metadata: dict[str, Any]) -> Iterator[str]:
    licences = LICENCES.split()
    for licence in _each(metadata.get("license")):
        if licence not in licences:
            yield f'"license" must be one of [{", ".join(licences)}]'
    for tag in _each(metadata.get("tags")):
        if not isinstance(tag, str):
            yield '"tags" must be strings'


def _dataset(metadata: dict[str, Any]) -> Iterator[str]:
    for language in _each(metadata.get("language")):
        if not isinstance(language, str) or language != language.lower():
            yield '"language" must only contain lowercase characters'
    configs = metadata.get("configs", [])
    if not isinstance(configs, list) or not all(isinstance(one, dict) for one in configs):
        yield '"configs" must be an array of objects'
        return
    for number, config in enumerate(configs):
        if not isinstance(config.get("config_name"), str):
            yield f'"configs[{number}].config_name" is required'


def _space(metadata: dict[str, Any]) -> Iterator[str]:
    if metadata.get("sdk") not in SDKS:
        yield f'"sdk" must be one of [{", ".join(SDKS)}]'
    for name in ("colorFrom", "colorTo"):
        if metadata.get(name, COLOURS[0]) not in COLOURS:
            yield f'"{name}" must be one of [{", ".join(COLOURS)}]'
    if len(str(metadata.get("short_description", ""))) > 60:
        yield '"short_description" length must be less than or equal to 60 characters long'


def _each(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
