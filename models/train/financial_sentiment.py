"""Sentiment of financial news by a published word list: the mean valence of the words that the list knows.

Nothing is trained. All sums are of small integers and there is one division, so the result is the same on every CPU.
"""

import json
from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper

from graph import PREPROCESS_KEY, constant, encode_model, sha256_hex, tensor
from release import Facts, Release, describe_file, encode_listing, encode_manifest, run_rows
from tokenizer import PAD_ID, RESERVED, TOKENS_MAX, UNKNOWN_ID, TextRefusedError, Tokenizer, is_single_token
from tokenizer_cases import CASES

LABELS = ["negative", "neutral", "positive"]
VALENCE_MAX = 5

# SHA-256 of the word list as JSON with sorted keys and no white space: another edition needs another model version.
WORD_LIST_SHA256 = "5c3b287f20f33bbb138aed8a2fe3d16a7b34563161411db9f8fb8244baec7bae"


def facts(vocabulary_size: int) -> Facts:
    """Ids from 0 to the last of the vocabulary are accepted, others are an error of the caller."""
    return Facts(
        id="financial-sentiment",
        name="Financial news sentiment",
        version="1.0.0",
        description="Scores an English text by the words of a published valence list for financial news.",
        licence="MIT AND Apache-2.0",
        task="classification",
        price_atomic="10000",
        input_range={"minimum": 0, "maximum": vocabulary_size - 1},
        labels={"label": LABELS},
    )


def read_word_list(path: Path) -> dict[str, int]:
    """Read the list from JSON {word: valence} and refuse any other edition than the one in the card."""
    words: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    canonical = json.dumps(words, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    if sha256_hex(canonical) != WORD_LIST_SHA256:
        raise ValueError(f"expected the word list {WORD_LIST_SHA256}, got {sha256_hex(canonical)}; see README.md")
    if not all(isinstance(valence, int) and abs(valence) <= VALENCE_MAX for valence in words.values()):
        raise ValueError(f"expected whole valences from -{VALENCE_MAX} to {VALENCE_MAX}")
    return words


def nodes() -> list[NodeProto]:
    """Score and label from the ids.

    score = sum / (5 * number of known words), 0 without a known word. A text is positive when twice the sum exceeds
    the number of known words, that is when the mean valence is above one half; negative likewise below minus one half.
    Gather would count a negative id from the end of the table and answer for a word that nobody sent, so negative ids
    are moved beyond the table, where Gather fails.
    """
    make = helper.make_node
    return [
        make("Less", ["token_ids", "pad_id"], ["is_below"], name="find_negative_ids"),
        make("Where", ["is_below", "beyond", "token_ids"], ["indices"], name="refuse_negative_ids"),
        make("Gather", ["valences", "indices"], ["token_valences"], name="look_up", axis=0),
        make("ReduceSum", ["token_valences", "row"], ["total"], name="add_valences", keepdims=1),
        make("Greater", ["token_ids", "unknown_id"], ["is_known"], name="find_known"),
        make("Cast", ["is_known"], ["known_ones"], name="known_as_ones", to=TensorProto.FLOAT),
        make("ReduceSum", ["known_ones", "row"], ["known"], name="count_known", keepdims=1),
        make("Max", ["known", "one"], ["known_at_least_one"], name="avoid_zero"),
        make("Mul", ["known_at_least_one", "valence_max"], ["score_limit"], name="largest_sum"),
        make("Div", ["total", "score_limit"], ["score"], name="scale"),
        make("Mul", ["total", "two"], ["double_total"], name="double"),
        make("Neg", ["known"], ["minus_known"], name="negate"),
        make("Less", ["double_total", "minus_known"], ["is_negative"], name="compare_negative"),
        make("Greater", ["double_total", "known"], ["is_positive"], name="compare_positive"),
        make("Cast", ["is_negative"], ["negative"], name="negative_as_one", to=TensorProto.FLOAT),
        make("Cast", ["is_positive"], ["positive"], name="positive_as_one", to=TensorProto.FLOAT),
        make("Add", ["negative", "positive"], ["decided"], name="any_decided"),
        make("Sub", ["one", "decided"], ["neutral"], name="otherwise_neutral"),
        make("Concat", ["negative", "neutral", "positive"], ["label"], name="one_hot", axis=1),
    ]


def encode_network(words: dict[str, int], tokenizer: Tokenizer, version: str, preprocess: str) -> bytes:
    """The graph with its table of valences; the digest of tokenizer.json goes into the metadata."""
    valences = [0.0] * len(RESERVED) + [float(words[word]) for word in tokenizer.vocabulary[len(RESERVED) :]]
    constants = [
        constant("valences", np.array(valences, dtype=np.float32)),
        constant("row", np.array([1], dtype=np.int64)),
        constant("pad_id", np.array(PAD_ID, dtype=np.int64)),
        constant("beyond", np.array(len(valences), dtype=np.int64)),
        constant("unknown_id", np.array(UNKNOWN_ID, dtype=np.int64)),
        constant("one", np.array(1, dtype=np.float32)),
        constant("two", np.array(2, dtype=np.float32)),
        constant("valence_max", np.array(VALENCE_MAX, dtype=np.float32)),
    ]
    inputs = [tensor("token_ids", TensorProto.INT64, [1, TOKENS_MAX])]
    outputs = [tensor("score", TensorProto.FLOAT, [1, 1]), tensor("label", TensorProto.FLOAT, [1, len(LABELS)])]
    metadata = {PREPROCESS_KEY: preprocess}
    return encode_model("financial-sentiment", version, nodes(), inputs, outputs, constants, metadata)


def run_case(name: str, text: str, tokenizer: Tokenizer, model: bytes) -> dict[str, object]:
    """A golden case: the ids and what the ONNX file answers, or why the text is refused."""
    try:
        ids = tokenizer.token_ids(text)
    except TextRefusedError as refusal:
        return {"name": name, "text": text, "refused": refusal.reason}
    (answer,) = run_rows(model, [np.array(ids, dtype=np.int64)])
    label = LABELS[int(answer["label"].argmax())]
    return {"name": name, "text": text, "ids": ids, "score": float(answer["score"][0, 0]), "label": label}


def build(word_list: Path) -> Release:
    """Turn the word list into a tokeniser and a model, and run the golden cases."""
    words = read_word_list(word_list)
    kept = sorted(word for word in words if is_single_token(word))
    tokenizer = Tokenizer([*RESERVED, *kept])
    tokenizer_file = tokenizer.encode_file()
    stated = facts(len(tokenizer.vocabulary))
    digest = sha256_hex(tokenizer_file)
    model = encode_network(words, tokenizer, stated.version, digest)
    cases = [run_case(name, text, tokenizer, model) for name, text in CASES]
    preprocess = {"type": "word-list", "file": "tokenizer.json", "sha256": digest}
    files = {
        "model.onnx": model,
        "model.json": encode_manifest(stated, model, preprocess, None),
        "tokenizer.json": tokenizer_file,
        "tokenizer-cases.json": encode_listing({"tokenizerSha256": digest}, "cases", cases),
    }
    figures = [
        *describe_file(stated, model),
        f"| `tokenizer.json` | {len(tokenizer_file)} bytes, SHA-256 `{digest}` |",
        f"| Entries of the list | {len(words)}, SHA-256 of the sorted list `{WORD_LIST_SHA256}` |",
        f"| Entries used | {len(kept)} single words; ids {len(RESERVED)} to {len(tokenizer.vocabulary) - 1} |",
        f"| Entries dropped | {len(words) - len(kept)}, because they are no single token |",
        f"| Golden cases | {len(cases)} |",
        "| Accuracy | not measured |",
    ]
    return Release(stated, files, "\n".join(figures))
