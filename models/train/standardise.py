"""Standardisation of features, and how it is folded into the layer that follows, so that callers send plain units."""

from math import fsum, sqrt

import numpy as np

from exact import Layer, Matrix


def mean_and_deviation(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and standard deviation of each column, with correctly rounded sums, which no order of terms can change."""
    means, deviations = [], []
    for column in rows.T:
        mean = fsum(column) / len(column)
        distances = column - mean
        means.append(mean)
        deviations.append(sqrt(fsum(distances * distances) / len(column)))
    return np.array(means), np.array(deviations)


def fold(layer: Layer, means: Matrix, deviations: Matrix) -> tuple[Matrix, Matrix]:
    """Weights and biases for features in their own units: w/s, and b less the sum of w*m/s."""
    weights = layer.weights / deviations[:, np.newaxis]
    biases = [
        fsum([float(bias), *(-float(weight * mean) for weight, mean in zip(column, means, strict=True))])
        for bias, column in zip(layer.biases[0], weights.T, strict=True)
    ]
    return weights, np.array(biases)
