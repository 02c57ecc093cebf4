"""Handwritten digits by a small convolutional network: 3x3 filters, means, a hidden layer.

The weights lie on coarse grids, which keeps the sums of the network in whole numbers short: each bit of a sum costs one
constraint in a proof.
"""

import numpy as np
from onnx import TensorProto, helper
from sklearn.datasets import load_digits

from convolution import KERNEL, POOL, SIZE, Network, train_convolution, with_shifts
from digits import HELD_OUT_ROWS, LABELS, PIXEL_COUNT, PIXEL_MAX, describe_figures, encode_held_out
from exact import Layer, Matrix, Schedule, to_grid
from graph import constant, encode_model, tensor
from held_out import measure, split_rows
from release import Facts, Release, encode_manifest

FILTERS = 2
HIDDEN = 24
SCHEDULE = Schedule(epochs=80, batch=32, rate=2.0**-4, momentum=0.875, decay=0.0003, seed=1)

# Grids of the published weights; those of the filters count the division of the pixels by 16.
FILTER_BITS = 8
HIDDEN_BITS = 5
OUTPUT_BITS = 5

FACTS = Facts(
    id="digits-conv",
    name="Handwritten digits, convolutional",
    version="1.0.0",
    description="Recognises a handwritten digit in an image of 8x8 grey values from 0 to 16 by a convolutional network.",
    licence="Apache-2.0 AND CC-BY-4.0",
    task="classification",
    price_atomic="10000",
    input_range={"minimum": 0, "maximum": PIXEL_MAX},
    labels={"probabilities": LABELS},
)


def round_dense(layer: Layer, bits: int) -> tuple[Matrix, Matrix]:
    return to_grid(layer.weights, bits), to_grid(layer.biases, bits + bits)


def encode_network(network: Network) -> bytes:
    """Reshape, Conv, Relu, AveragePool, Flatten, Gemm, Relu, Gemm, Softmax on one image."""
    filters = to_grid(network.filters.weights.T / PIXEL_MAX, FILTER_BITS).reshape(FILTERS, 1, KERNEL, KERNEL)
    filter_biases = to_grid(network.filters.biases, FILTER_BITS)
    (hidden, hidden_biases), (output, output_biases) = (
        round_dense(layer, bits) for layer, bits in zip(network.dense, (HIDDEN_BITS, OUTPUT_BITS), strict=True)
    )
    nodes = [
        helper.make_node("Reshape", ["pixels", "image_shape"], ["image"], name="arrange"),
        helper.make_node(
            "Conv",
            ["image", "filters", "filter_biases"],
            ["filter_sums"],
            name="filter",
            kernel_shape=[KERNEL, KERNEL],
        ),
        helper.make_node("Relu", ["filter_sums"], ["filter_values"], name="rectify_filters"),
        helper.make_node(
            "AveragePool",
            ["filter_values"],
            ["means"],
            name="pool",
            kernel_shape=[POOL, POOL],
            strides=[POOL, POOL],
        ),
        helper.make_node("Flatten", ["means"], ["features"], name="flatten"),
        helper.make_node("Gemm", ["features", "hidden_weights", "hidden_biases"], ["hidden_sums"], name="hidden"),
        helper.make_node("Relu", ["hidden_sums"], ["hidden_values"], name="rectify"),
        helper.make_node("Gemm", ["hidden_values", "output_weights", "output_biases"], ["logits"], name="output"),
        helper.make_node("Softmax", ["logits"], ["probabilities"], name="normalise", axis=1),
    ]
    weights = {
        "filters": filters,
        "filter_biases": filter_biases[0],
        "hidden_weights": hidden,
        "hidden_biases": hidden_biases[0],
        "output_weights": output,
        "output_biases": output_biases[0],
    }
    constants = [constant(name, values.astype(np.float32)) for name, values in weights.items()]
    constants.append(constant("image_shape", np.array([1, 1, SIZE, SIZE], dtype=np.int64)))
    inputs = [tensor("pixels", TensorProto.FLOAT, [1, PIXEL_COUNT])]
    outputs = [tensor("probabilities", TensorProto.FLOAT, [1, len(LABELS)])]
    return encode_model(FACTS.id, FACTS.version, nodes, inputs, outputs, constants, {})


def build() -> Release:
    """Train, measure and encode."""
    pixels, labels = load_digits(return_X_y=True)
    split = split_rows(labels, HELD_OUT_ROWS)
    widths = (HIDDEN, len(LABELS))
    images, answers = with_shifts(pixels[split.train] / PIXEL_MAX), np.tile(labels[split.train], 3)
    network = train_convolution(images, answers, FILTERS, widths, SCHEDULE)
    model = encode_network(network)
    measurement = measure(model, pixels, labels, split)
    files = {
        "model.onnx": model,
        "model.json": encode_manifest(FACTS, model, None, measurement.accuracy()),
        "held-out.json": encode_held_out(pixels, labels, split),
    }
    return Release(FACTS, files, describe_figures(FACTS, model, measurement))
