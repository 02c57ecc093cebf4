"""Handwritten digits: a perceptron with one hidden layer, 64-32-10.

The published weights lie on grids so coarse that every sum is exact in binary32 whatever its order: for pixel values
that are integers, any CPU computes the same logits bit by bit. Only the final softmax may differ in its last bits.
"""

import numpy as np
from onnx import TensorProto, helper
from sklearn.datasets import load_digits

from exact import Layer, Matrix, Schedule, to_grid, train_classifier
from graph import constant, encode_model, tensor
from held_out import Measurement, Split, measure, split_rows
from release import Facts, Release, describe_file, encode_listing, encode_manifest

PIXEL_MAX = 16
PIXEL_COUNT = 64
LABELS = [str(digit) for digit in range(10)]
HELD_OUT_ROWS = 360
SCHEDULE = Schedule(epochs=80, batch=32, rate=2.0**-4, momentum=0.875, decay=0.001, seed=1)

# Grids of the published weights: hidden sums are multiples of 2^-9, logits of 2^-15.
HIDDEN_BITS = 9
OUTPUT_BITS = 6
SINGLE_MANTISSA_BITS = 24

FACTS = Facts(
    id="digits",
    name="Handwritten digits",
    version="1.0.0",
    description="Recognises a handwritten digit in an image of 8x8 grey values from 0 to 16.",
    licence="Apache-2.0 AND CC-BY-4.0",
    task="classification",
    price_atomic="10000",
    input_range={"minimum": 0, "maximum": PIXEL_MAX},
    labels={"probabilities": LABELS},
)


def round_weights(layers: list[Layer]) -> list[tuple[Matrix, Matrix]]:
    """Fold the scaling of pixels to 0..1 into the first layer and put all weights on their grids."""
    first, last = layers
    rounded = [
        (to_grid(first.weights / PIXEL_MAX, HIDDEN_BITS), to_grid(first.biases, HIDDEN_BITS)),
        (to_grid(last.weights, OUTPUT_BITS), to_grid(last.biases, HIDDEN_BITS + OUTPUT_BITS)),
    ]
    require_exact_sums(rounded)
    return rounded


def require_exact_sums(rounded: list[tuple[Matrix, Matrix]]) -> None:
    """Raise ArithmeticError unless every partial sum fits the 24 bits of a binary32, for all pixel values."""
    bound, bits = np.full((1, PIXEL_COUNT), float(PIXEL_MAX)), 0
    for (weights, biases), layer_bits in zip(rounded, (HIDDEN_BITS, OUTPUT_BITS), strict=True):
        bound, bits = bound @ np.abs(weights) + np.abs(biases), bits + layer_bits
        if bound.max() * 2.0**bits >= 2.0**SINGLE_MANTISSA_BITS:
            raise ArithmeticError(f"a sum may reach {bound.max()}, which binary32 does not hold at {bits} bits")


def encode_network(rounded: list[tuple[Matrix, Matrix]]) -> bytes:
    """Gemm, Relu, Gemm, Softmax on one image."""
    (first, first_bias), (last, last_bias) = rounded
    nodes = [
        helper.make_node("Gemm", ["pixels", "hidden_weights", "hidden_biases"], ["hidden_sums"], name="hidden"),
        helper.make_node("Relu", ["hidden_sums"], ["hidden_values"], name="rectify"),
        helper.make_node("Gemm", ["hidden_values", "output_weights", "output_biases"], ["logits"], name="output"),
        helper.make_node("Softmax", ["logits"], ["probabilities"], name="normalise", axis=1),
    ]
    constants = [
        constant("hidden_weights", first.astype(np.float32)),
        constant("hidden_biases", first_bias[0].astype(np.float32)),
        constant("output_weights", last.astype(np.float32)),
        constant("output_biases", last_bias[0].astype(np.float32)),
    ]
    inputs = [tensor("pixels", TensorProto.FLOAT, [1, PIXEL_COUNT])]
    outputs = [tensor("probabilities", TensorProto.FLOAT, [1, len(LABELS)])]
    return encode_model(FACTS.id, FACTS.version, nodes, inputs, outputs, constants, {})


def encode_held_out(pixels: Matrix, labels: np.ndarray, split: Split) -> bytes:
    head = {
        "dataset": "Optical Recognition of Handwritten Digits, test part, as in sklearn.datasets.load_digits",
        "licence": "CC-BY-4.0",
        "split": split.describe(),
        "input": "pixels",
    }
    rows = [
        {"index": row, "label": int(labels[row]), "values": [int(value) for value in pixels[row]]}
        for row in split.held_out
    ]
    return encode_listing(head, "rows", rows)


def build() -> Release:
    """Train, measure and encode."""
    pixels, labels = load_digits(return_X_y=True)
    split = split_rows(labels, HELD_OUT_ROWS)
    widths = (PIXEL_COUNT, 32, len(LABELS))
    layers = train_classifier(pixels[split.train] / PIXEL_MAX, labels[split.train], widths, SCHEDULE)
    model = encode_network(round_weights(layers))
    measurement = measure(model, pixels, labels, split)
    files = {
        "model.onnx": model,
        "model.json": encode_manifest(FACTS, model, None, measurement.accuracy()),
        "held-out.json": encode_held_out(pixels, labels, split),
    }
    return Release(FACTS, files, describe_figures(FACTS, model, measurement))


def describe_figures(facts: Facts, model: bytes, measurement: Measurement) -> str:
    return "\n".join([*describe_file(facts, model), *measurement.table_rows(), "", *measurement.confusion(LABELS)])
