"""The fixed division into training and held-out rows, and what is measured on the held-out ones."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from release import confusion_table, run_rows, wilson_interval

SPLIT_SEED = 20240607


@dataclass(frozen=True)
class Split:
    """Row numbers in the data set as scikit-learn orders it, both ascending."""

    train: list[int]
    held_out: list[int]

    def describe(self) -> str:
        return (
            f"{len(self.train)} training and {len(self.held_out)} held-out rows, stratified by label, "
            f"train_test_split with random_state {SPLIT_SEED}"
        )


def split_rows(labels: np.ndarray, held_out: int) -> Split:
    """Choose the held-out rows; the seed is fixed and no model setting was chosen by looking at them."""
    train, test = train_test_split(np.arange(len(labels)), test_size=held_out, stratify=labels, random_state=SPLIT_SEED)
    return Split(sorted(map(int, train)), sorted(map(int, test)))


@dataclass(frozen=True)
class Measurement:
    """Answers of the ONNX file to the held-out rows."""

    truth: list[int]
    guesses: list[int]
    split: Split

    @property
    def correct(self) -> int:
        return sum(guess == label for guess, label in zip(self.guesses, self.truth, strict=True))

    def accuracy(self) -> dict[str, object]:
        """The manifest's statement of accuracy."""
        samples = len(self.truth)
        return {
            "metric": "held-out accuracy",
            "value": round(self.correct / samples, 4),
            "samples": samples,
            "split": self.split.describe(),
        }

    def table_rows(self) -> list[str]:
        """The card's rows: accuracy, its uncertainty, and what always giving the commonest label would score."""
        samples = len(self.truth)
        low, high = wilson_interval(self.correct, samples)
        commonest = int(np.bincount(self.truth).max())
        return [
            f"| Held-out accuracy | {self.correct / samples:.4f} ({self.correct} of {samples}) |",
            f"| 95 % interval (Wilson) | {low:.4f} to {high:.4f} |",
            f"| Always the commonest label | {commonest / samples:.4f} ({commonest} of {samples}) |",
            f"| Split | {self.split.describe()} |",
        ]

    def confusion(self, labels: list[str]) -> list[str]:
        return confusion_table(self.truth, self.guesses, labels)


def measure(model: bytes, inputs: np.ndarray, labels: np.ndarray, split: Split) -> Measurement:
    """Run the ONNX file on the held-out rows; the answer is the largest of its `probabilities`."""
    answers = run_rows(model, [inputs[row].astype(np.float32) for row in split.held_out])
    guesses = [int(answer["probabilities"].argmax()) for answer in answers]
    return Measurement([int(labels[row]) for row in split.held_out], guesses, split)
