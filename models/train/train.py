"""Build the sample models, or compare what is committed with what would be built.

    python train.py --word-list words.json            write the models, manifests, data files and figures
    python train.py --word-list words.json --check    write nothing, exit with 1 if anything differs

See models/README.md for the environment and the word list.
"""

import argparse
import sys
from pathlib import Path

import breast_cancer
import crypto_sentiment
import digits
import digits_conv
import financial_sentiment
import fraud
import token_risk
from graph import sha256_hex
from release import publish

MODELS = Path(__file__).resolve().parent.parent


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the sample models.")
    parser.add_argument("--word-list", type=Path, required=True, help="JSON of afinn-165-financialmarketnews 3.0.0")
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of the model folders")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    releases = [
        digits.build(),
        digits_conv.build(),
        breast_cancer.build(),
        financial_sentiment.build(arguments.word_list),
        crypto_sentiment.build(arguments.word_list),
        token_risk.build(),
        fraud.build(),
    ]
    different: list[str] = []
    for release in releases:
        model = release.files["model.onnx"]
        print(f"{release.facts.id}: {len(model)} bytes, sha256 {sha256_hex(model)}")
        different += publish(release, arguments.models, arguments.check)
    for path in different:
        print(f"{'differs' if arguments.check else 'written'}: {path}")
    if not different:
        print("every file is as committed")
    return 1 if arguments.check and different else 0


if __name__ == "__main__":
    sys.exit(main())
