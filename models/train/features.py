"""The reference of the preprocessing type `feature-vector`: numbers by name become the elements of one input.

The rules stand in features.json itself, so the digest in the model's metadata binds them with names and order.
"""

from dataclasses import dataclass

from release import encode_listing

RULES = [
    "Every feature is given once, by its name; none may be left out and no other may be given.",
    "A number outside minimum to maximum is refused; nothing is clipped.",
    "The numbers stand in the order of the list and are rounded to the datatype of the input, to nearest, ties to even.",
]


@dataclass(frozen=True)
class Feature:
    """A number that a model takes by name; the range is inclusive."""

    name: str
    description: str
    maximum: float
    minimum: float = 0


def flag(name: str, description: str) -> Feature:
    """A feature that is 0 or 1; the gateway takes what lies between as well."""
    return Feature(name, description, 1)


def encode_features(features: list[Feature]) -> bytes:
    """The exact bytes of features.json, whose SHA-256 the model carries."""
    rows = [
        {"name": of.name, "description": of.description, "minimum": of.minimum, "maximum": of.maximum}
        for of in features
    ]
    return encode_listing({"type": "feature-vector", "rules": RULES}, "features", rows)
