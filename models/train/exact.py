"""Training whose result does not depend on the machine.

Floating-point sums depend on the order of their terms, and that order depends on the BLAS library, the number of
threads and the CPU. Here every operand of a matrix product lies on a binary grid that is coarse enough for the whole
sum to fit the 53 bits of a binary64, so every order gives the same sum. What is not exact (division, exp) is rounded
to a grid at once, which removes the last bits in which mathematical libraries differ.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

ACTIVATION_BITS = 10
PROBABILITY_BITS = 14
EXPONENTIAL_BITS = 20
WEIGHT_BITS = 16
MANTISSA_BITS = 53


def to_grid(values: Matrix, bits: int) -> Matrix:
    """Round to multiples of 2^-bits, half to even."""
    rounded: Matrix = np.ldexp(np.rint(np.ldexp(values, bits)), -bits)
    return rounded


def product(left: Matrix, left_bits: int, right: Matrix, right_bits: int) -> Matrix:
    """Multiply matrices whose entries are multiples of 2^-left_bits and 2^-right_bits.

    Raises ArithmeticError when a partial sum could need more than 53 bits, because then the order would matter.
    """
    bound = left.shape[1] * np.abs(left).max(initial=0.0) * np.abs(right).max(initial=0.0)
    if bound >= 2.0 ** (MANTISSA_BITS - left_bits - right_bits):
        raise ArithmeticError(f"a partial sum may reach {bound}, which is not exact at {left_bits}+{right_bits} bits")
    return left @ right


def softmax(logits: Matrix) -> Matrix:
    """Softmax of each row, on the grid of PROBABILITY_BITS."""
    exponentials = to_grid(np.exp(logits - logits.max(axis=1, keepdims=True)), EXPONENTIAL_BITS)
    return to_grid(exponentials / exponentials.sum(axis=1, keepdims=True), PROBABILITY_BITS)


@dataclass(frozen=True)
class Schedule:
    """The settings of one training run; `batch` is a power of two, so that dividing by it is exact."""

    epochs: int
    batch: int
    rate: float
    momentum: float
    decay: float
    seed: int


@dataclass
class Layer:
    """Weights and biases on the grid of WEIGHT_BITS, with the velocity of gradient descent with momentum."""

    weights: Matrix
    biases: Matrix
    weight_velocity: Matrix
    bias_velocity: Matrix

    @classmethod
    def start(cls, inputs: int, outputs: int, random: np.random.RandomState) -> "Layer":
        """Uniform weights within the Glorot bound, biases zero. RandomState is numpy's frozen generator."""
        steps = int(np.floor(np.sqrt(6.0 / (inputs + outputs)) * 2**WEIGHT_BITS))
        weights = np.ldexp(random.randint(-steps, steps + 1, size=(inputs, outputs)).astype(np.float64), -WEIGHT_BITS)
        biases = np.zeros((1, outputs))
        return cls(weights, biases, np.zeros_like(weights), np.zeros_like(biases))

    def forward(self, inputs: Matrix) -> Matrix:
        """Weighted sums of inputs that lie on the grid of ACTIVATION_BITS."""
        return product(inputs, ACTIVATION_BITS, self.weights, WEIGHT_BITS) + self.biases

    def update(self, inputs: Matrix, error: Matrix, schedule: Schedule) -> None:
        """Move against the gradient of the error, which lies on the grid of PROBABILITY_BITS."""
        gradient = product(inputs.T, ACTIVATION_BITS, error, PROBABILITY_BITS) / schedule.batch
        gradient = gradient + schedule.decay * self.weights
        bias_gradient = error.sum(axis=0, keepdims=True) / schedule.batch
        momentum, rate = schedule.momentum, schedule.rate
        self.weight_velocity = to_grid(momentum * self.weight_velocity - rate * gradient, WEIGHT_BITS)
        self.bias_velocity = to_grid(momentum * self.bias_velocity - rate * bias_gradient, WEIGHT_BITS)
        self.weights = self.weights + self.weight_velocity
        self.biases = self.biases + self.bias_velocity


def train_classifier(
    inputs: Matrix, labels: NDArray[np.int64], widths: tuple[int, ...], schedule: Schedule
) -> list[Layer]:
    """Fit a classifier with ReLU between its layers by mini-batch gradient descent on the cross entropy.

    `widths` are the layer widths from input to output; (64, 32, 10) has one hidden layer, (30, 2) is logistic
    regression. Rows beyond the last full batch of an epoch wait for the next shuffle.
    """
    random = np.random.RandomState(schedule.seed)
    layers = [Layer.start(*pair, random) for pair in pairwise(widths)]
    inputs = to_grid(inputs, ACTIVATION_BITS)
    targets = np.eye(widths[-1])[labels]
    for _ in range(schedule.epochs):
        order = random.permutation(len(inputs))
        for first in range(0, len(order) - schedule.batch + 1, schedule.batch):
            rows = order[first : first + schedule.batch]
            train_batch(layers, inputs[rows], targets[rows], schedule)
    return layers


def train_batch(layers: list[Layer], inputs: Matrix, targets: Matrix, schedule: Schedule) -> Matrix:
    """One step of gradient descent on one batch; answers the error of the inputs, on the grid of PROBABILITY_BITS.

    An input of 0 is taken for one that a ReLU held, so its error is 0.
    """
    activations = [inputs]
    for layer in layers[:-1]:
        hidden = np.maximum(layer.forward(activations[-1]), 0.0)
        activations.append(to_grid(hidden, ACTIVATION_BITS))
    error = softmax(layers[-1].forward(activations[-1])) - targets
    for layer, before in zip(reversed(layers), reversed(activations), strict=True):
        passed = product(error, PROBABILITY_BITS, layer.weights.T, WEIGHT_BITS) * (before > 0.0)
        layer.update(before, error, schedule)
        error = to_grid(passed, PROBABILITY_BITS)
    return error
