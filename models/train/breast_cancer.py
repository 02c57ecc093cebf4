"""Breast Cancer Wisconsin (Diagnostic): logistic regression on 30 features, standardisation folded in."""

import numpy as np
from onnx import TensorProto, helper
from sklearn.datasets import load_breast_cancer

from exact import Matrix, Schedule, train_classifier
from graph import constant, encode_model, tensor
from held_out import Split, measure, split_rows
from release import Facts, Release, describe_file, encode_listing, encode_manifest
from standardise import fold, mean_and_deviation

LABELS = ["malignant", "benign"]
FEATURE_COUNT = 30
HELD_OUT_ROWS = 114
SCHEDULE = Schedule(epochs=50, batch=32, rate=2.0**-5, momentum=0.875, decay=0.01, seed=1)

FACTS = Facts(
    id="breast-cancer",
    name="Breast cancer Wisconsin",
    version="1.0.0",
    description="Tells malignant from benign by 30 measurements of cell nuclei. A technical sample, not for diagnosis.",
    licence="Apache-2.0 AND CC-BY-4.0",
    task="classification",
    price_atomic="20000",
    input_range={"minimum": 0},
    labels={"probabilities": LABELS},
)


def encode_network(weights: Matrix, biases: Matrix) -> bytes:
    """Gemm and Softmax on one row of features."""
    nodes = [
        helper.make_node("Gemm", ["features", "weights", "biases"], ["logits"], name="score"),
        helper.make_node("Softmax", ["logits"], ["probabilities"], name="normalise", axis=1),
    ]
    constants = [constant("weights", weights.astype(np.float32)), constant("biases", biases.astype(np.float32))]
    inputs = [tensor("features", TensorProto.FLOAT, [1, FEATURE_COUNT])]
    outputs = [tensor("probabilities", TensorProto.FLOAT, [1, len(LABELS)])]
    return encode_model(FACTS.id, FACTS.version, nodes, inputs, outputs, constants, {})


def encode_held_out(features: Matrix, labels: np.ndarray, names: list[str], split: Split) -> bytes:
    head = {
        "dataset": "Breast Cancer Wisconsin (Diagnostic), as in sklearn.datasets.load_breast_cancer",
        "licence": "CC-BY-4.0",
        "split": split.describe(),
        "input": "features",
        "labels": LABELS,
        "featureNames": names,
    }
    rows = [
        {"index": row, "label": int(labels[row]), "values": [float(value) for value in features[row]]}
        for row in split.held_out
    ]
    return encode_listing(head, "rows", rows)


def build() -> Release:
    """Train, measure and encode."""
    data = load_breast_cancer()
    features, labels, names = data.data, data.target, [str(name) for name in data.feature_names]
    if list(data.target_names) != LABELS:
        raise ValueError(f"expected the labels {LABELS}, the data set has {list(data.target_names)}")
    split = split_rows(labels, HELD_OUT_ROWS)
    means, deviations = mean_and_deviation(features[split.train])
    standardised = (features[split.train] - means) / deviations
    (layer,) = train_classifier(standardised, labels[split.train], (FEATURE_COUNT, len(LABELS)), SCHEDULE)
    model = encode_network(*fold(layer, means, deviations))
    measurement = measure(model, features, labels, split)
    figures = [*describe_file(FACTS, model), *measurement.table_rows(), "", *measurement.confusion(LABELS)]
    files = {
        "model.onnx": model,
        "model.json": encode_manifest(FACTS, model, None, measurement.accuracy()),
        "held-out.json": encode_held_out(features, labels, names, split),
    }
    return Release(FACTS, files, "\n".join(figures))
