"""What is published of a model: its ONNX file, manifest, data files and the figures in its card."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime

from graph import describe_model, sha256_hex

DEVELOPER = "touchstone-samples"
FIGURES = re.compile(r"(<!-- figures: begin[^>]*-->\n).*?(<!-- figures: end -->)", re.DOTALL)


@dataclass(frozen=True)
class Facts:
    """The part of a manifest that is stated, not measured."""

    id: str
    name: str
    version: str
    description: str
    licence: str
    task: str
    price_atomic: str
    input_range: dict[str, int] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Release:
    """One model folder: file name to exact bytes, and the text that replaces the figures in CARD.md."""

    facts: Facts
    files: dict[str, bytes]
    figures: str


def encode_json(value: object) -> bytes:
    """Indented JSON in ASCII, members in the order given."""
    return (json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def encode_listing(head: Mapping[str, object], member: str, rows: Sequence[object]) -> bytes:
    """JSON with `rows` as its last member, one row on each line, so that differences can be read."""
    lead = json.dumps(dict(head), indent=2, ensure_ascii=True, allow_nan=False)[:-2]
    lines = ",\n".join("    " + json.dumps(row, ensure_ascii=True, allow_nan=False) for row in rows)
    return f'{lead},\n  "{member}": [\n{lines}\n  ]\n}}\n'.encode("ascii")


def encode_manifest(
    facts: Facts, model: bytes, preprocess: dict[str, str] | None, accuracy: dict[str, object] | None
) -> bytes:
    """The manifest that the gateway reads at start; tensors come from the graph, not from a second description."""
    inputs, outputs = describe_model(model)
    for entry in inputs:
        entry.update(facts.input_range)
    for entry in outputs:
        if entry["name"] in facts.labels:
            entry["labels"] = facts.labels[str(entry["name"])]
    manifest: dict[str, object] = {
        "id": facts.id,
        "name": facts.name,
        "version": facts.version,
        "developer": DEVELOPER,
        "description": facts.description,
        "file": "model.onnx",
        "sha256": sha256_hex(model),
        "licence": facts.licence,
        "task": facts.task,
        "inputs": inputs,
        "outputs": outputs,
        "priceAtomic": facts.price_atomic,
    }
    if preprocess is not None:
        manifest["preprocess"] = preprocess
    if accuracy is not None:
        manifest["accuracy"] = accuracy
    return encode_json(manifest)


def model_version_id(facts: Facts, model: bytes) -> str:
    """The identity that proofs carry: SHA-256 over the canonical JSON of developer, modelHash, name and version.

    The members are ASCII strings, for which sorted keys without white space are the form of RFC 8785.
    """
    identity = {"developer": DEVELOPER, "modelHash": sha256_hex(model), "name": facts.name, "version": facts.version}
    return sha256_hex(json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii"))


def describe_file(facts: Facts, model: bytes) -> list[str]:
    """Table rows that every card has."""
    return [
        "| Figure | Value |",
        "| --- | --- |",
        f"| `model.onnx` | {len(model)} bytes, SHA-256 `{sha256_hex(model)}` |",
        f"| modelVersionId | `{model_version_id(facts, model)}` |",
    ]


def run_rows(model: bytes, rows: list[np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Run the ONNX file itself, one row at a time, as the gateway does; outputs by name."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    names = [output.name for output in session.get_outputs()]
    return [dict(zip(names, session.run(None, {name: row.reshape(1, -1)}), strict=True)) for row in rows]


def wilson_interval(correct: int, samples: int) -> tuple[float, float]:
    """95 % confidence interval of a proportion (Wilson 1927)."""
    z = 1.959964
    centre = (correct + z * z / 2) / (samples + z * z)
    half = z / (samples + z * z) * math.sqrt(correct * (samples - correct) / samples + z * z / 4)
    return centre - half, centre + half


def confusion_table(truth: list[int], guesses: list[int], labels: list[str]) -> list[str]:
    """Rows are true labels, columns what the model answered."""
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(counts, (truth, guesses), 1)
    lines = ["| true \\ answered | " + " | ".join(labels) + " |", "| --- |" + " --- |" * len(labels)]
    return lines + [
        f"| {label} | " + " | ".join(map(str, row)) + " |" for label, row in zip(labels, counts, strict=True)
    ]


def replace_figures(card: str, figures: str) -> str:
    """Put the measured figures between the two markers of a card."""
    replaced, count = FIGURES.subn(lambda match: match.group(1) + "\n" + figures + "\n\n" + match.group(2), card)
    if count != 1:
        raise ValueError(f"CARD.md must have one block of figures between its markers, it has {count}")
    return replaced


def publish(release: Release, models: Path, check: bool) -> list[str]:
    """Write a release, or with `check` only compare it; answers the paths that differ from what is on disk."""
    folder = models / release.facts.id
    card = folder / "CARD.md"
    wanted = {folder / name: data for name, data in release.files.items()}
    wanted[card] = replace_figures(card.read_text(encoding="utf-8"), release.figures).encode("utf-8")
    different = [path for path, data in wanted.items() if not path.exists() or path.read_bytes() != data]
    if not check:
        for path in different:
            path.write_bytes(wanted[path])
    return [str(path.relative_to(models)) for path in different]
