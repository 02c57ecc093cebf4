"""Training of a convolution before a perceptron, as products of unfolded patches (see exact.py)."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from exact import ACTIVATION_BITS, PROBABILITY_BITS, Layer, Matrix, Schedule, to_grid, train_batch

SIZE = 8
KERNEL = 3
PATCHES = SIZE - KERNEL + 1
POOL = 2
POOLED = PATCHES // POOL
# The gradient of a filter is a sum over all patches of an image; a smaller rate keeps its steps as short as the others.
FILTER_RATE = 2.0**-4


def unfold(images: Matrix) -> Matrix:
    """The 36 patches of 3x3 of each image of 8x8, one in each row, row by row from the top left."""
    maps = images.reshape(-1, SIZE, SIZE)
    starts = range(PATCHES)
    patches = [maps[:, y : y + KERNEL, x : x + KERNEL].reshape(-1, 1, KERNEL**2) for y in starts for x in starts]
    return np.concatenate(patches, axis=1).reshape(-1, KERNEL**2)


def pool(values: Matrix, filters: int) -> Matrix:
    """Means of 2x2, for each image by filter, row and column; exact before they are rounded to the grid."""
    blocks = values.reshape(-1, POOLED, POOL, POOLED, POOL, filters)
    means = blocks.sum(axis=(2, 4)).transpose(0, 3, 1, 2) / POOL**2
    return to_grid(means.reshape(len(means), -1), ACTIVATION_BITS)


def spread(error: Matrix, filters: int) -> Matrix:
    """The error of the values by that of their means: the transpose of `pool`."""
    maps = error.reshape(-1, filters, POOLED, POOLED).transpose(0, 2, 3, 1) / POOL**2
    return to_grid(maps.repeat(POOL, axis=1).repeat(POOL, axis=2).reshape(-1, filters), PROBABILITY_BITS)


def with_shifts(images: Matrix) -> Matrix:
    """The images, then all of them one column further to the left, then to the right."""
    maps = images.reshape(-1, SIZE, SIZE)
    left = np.pad(maps, ((0, 0), (0, 0), (0, 1)))[:, :, 1:]
    right = np.pad(maps, ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    return np.concatenate([maps, left, right]).reshape(-1, SIZE**2)


@dataclass(frozen=True)
class Network:
    """A convolution with ReLU, means of its values, and a perceptron on those."""

    filters: Layer
    dense: list[Layer]

    def train(self, patches: Matrix, targets: Matrix, schedule: Schedule) -> None:
        """One step of gradient descent on one batch, patches as `unfold` gives them."""
        count = self.filters.weights.shape[1]
        values = to_grid(np.maximum(self.filters.forward(patches), 0.0), ACTIVATION_BITS)
        error = train_batch(self.dense, pool(values, count), targets, schedule)
        slower = replace(schedule, rate=schedule.rate * FILTER_RATE)
        self.filters.update(patches, spread(error, count) * (values > 0.0), slower)


def train_convolution(
    images: Matrix, labels: NDArray[np.int64], filters: int, widths: tuple[int, ...], schedule: Schedule
) -> Network:
    """Fit a convolution of `filters` filters and a perceptron of the `widths` that follow its means."""
    random = np.random.RandomState(schedule.seed)
    convolution = Layer.start(KERNEL**2, filters, random)
    network = Network(convolution, [Layer.start(*pair, random) for pair in pairwise((filters * POOLED**2, *widths))])
    patches = unfold(to_grid(images, ACTIVATION_BITS)).reshape(len(images), -1, KERNEL**2)
    targets = np.eye(widths[-1])[labels]
    for _ in range(schedule.epochs):
        order = random.permutation(len(images))
        for first in range(0, len(order) - schedule.batch + 1, schedule.batch):
            rows = order[first : first + schedule.batch]
            network.train(patches[rows].reshape(-1, KERNEL**2), targets[rows], schedule)
    return network
