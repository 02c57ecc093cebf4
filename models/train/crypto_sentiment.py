"""Mood of crypto news by the valences of two word lists, which negators weaken and turn round.

Nothing is trained. What decides the label is a quotient of small numbers of halves, so it is the same on every CPU; the
probabilities are a softmax, whose last bits may differ.
"""

from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper

from crypto_cases import CASES
from crypto_words import NEGATORS, WITHOUT_VALENCE, crypto_words
from financial_sentiment import VALENCE_MAX, WORD_LIST_SHA256, read_word_list
from graph import PREPROCESS_KEY, constant, encode_model, sha256_hex, tensor
from release import Facts, Release, describe_file, encode_listing, encode_manifest, run_rows
from tokenizer import PAD_ID, RESERVED, TOKENS_MAX, TextRefusedError, Tokenizer, is_single_token

LABELS = ["bullish", "bearish", "neutral"]

# A mean beyond 63/128 decides. A mean is half a whole number divided by at most 61, so none equals it: no text is a tie
# with neutral.
THRESHOLD = 63 / 128
SHARPNESS = 2.0
# "Not bullish" is less than "bearish".
NEGATED = -0.5

MODEL_ID = "crypto-sentiment-v2"


def facts(vocabulary_size: int) -> Facts:
    """Ids from 0 to the last of the vocabulary are accepted, others are an error of the caller."""
    return Facts(
        id=MODEL_ID,
        name="Crypto sentiment",
        version="2.0.0",
        description="Tells bullish, bearish and neutral crypto news apart by two word lists. Accuracy not measured.",
        licence="MIT AND Apache-2.0",
        task="classification",
        price_atomic="250000",
        input_range={"minimum": 0, "maximum": vocabulary_size - 1},
        labels={"probabilities": LABELS},
    )


def merge_words(published: dict[str, int]) -> dict[str, int]:
    """Valence of every word that has one: the published list, then what the words of crypto markets say otherwise."""
    merged = {word: valence for word, valence in published.items() if is_single_token(word)}
    merged.update(crypto_words())
    dropped = NEGATORS | WITHOUT_VALENCE
    return {word: valence for word, valence in merged.items() if valence != 0 and word not in dropped}


def nodes() -> list[NodeProto]:
    """Probabilities from the ids.

    mean = sum of valences, those after a negator times -1/2, divided by 1 + the number of words with a valence. The
    logits are 2 * mean, -2 * mean and 63/64.
    Gather would count a negative id from the end of the table and answer for a word that nobody sent, so negative ids
    are moved beyond the table, where Gather fails.
    """
    make = helper.make_node
    return [
        make("Less", ["token_ids", "pad_id"], ["is_below"], name="find_negative_ids"),
        make("Where", ["is_below", "beyond", "token_ids"], ["indices"], name="refuse_negative_ids"),
        make("Gather", ["valences", "indices"], ["token_valences"], name="look_up", axis=0),
        make("Gather", ["negators", "indices"], ["token_negators"], name="find_negators", axis=0),
        make("Slice", ["token_negators", "zero", "all_but_one", "row"], ["first"], name="without_last"),
        make("Slice", ["token_negators", "zero", "all_but_two", "row"], ["second"], name="without_last_two"),
        make("Concat", ["one_place", "first"], ["one_before"], name="move_by_one", axis=1),
        make("Concat", ["two_places", "second"], ["two_before"], name="move_by_two", axis=1),
        make("Max", ["one_before", "two_before"], ["is_negated"], name="negator_before"),
        make("Mul", ["is_negated", "negation"], ["change"], name="change"),
        make("Add", ["change", "one"], ["factors"], name="factor_of_each"),
        make("Mul", ["token_valences", "factors"], ["read_valences"], name="turn_round"),
        make("ReduceSum", ["read_valences", "row"], ["total"], name="add_valences", keepdims=1),
        make("Sign", ["token_valences"], ["directions"], name="direction_of_each"),
        make("Abs", ["directions"], ["known_ones"], name="known_as_ones"),
        make("ReduceSum", ["known_ones", "row"], ["known"], name="count_known", keepdims=1),
        make("Add", ["known", "one"], ["known_and_one"], name="avoid_zero"),
        make("Div", ["total", "known_and_one"], ["mean"], name="mean"),
        make("Mul", ["mean", "sharpness"], ["bullish"], name="sharpen"),
        make("Neg", ["bullish"], ["bearish"], name="oppose"),
        make("Concat", ["bullish", "bearish", "neutral"], ["logits"], name="logits", axis=1),
        make("Softmax", ["logits"], ["probabilities"], name="normalise", axis=1),
    ]


def encode_network(words: dict[str, int], tokenizer: Tokenizer, version: str, preprocess: str) -> bytes:
    """The graph with its two tables; the digest of tokenizer.json goes into the metadata."""
    listed = tokenizer.vocabulary
    valences = [float(words.get(word, 0)) for word in listed]
    negators = [float(word in NEGATORS) for word in listed]
    constants = [
        constant("valences", np.array(valences, dtype=np.float32)),
        constant("negators", np.array(negators, dtype=np.float32)),
        constant("row", np.array([1], dtype=np.int64)),
        constant("zero", np.array([0], dtype=np.int64)),
        constant("all_but_one", np.array([TOKENS_MAX - 1], dtype=np.int64)),
        constant("all_but_two", np.array([TOKENS_MAX - 2], dtype=np.int64)),
        constant("one_place", np.zeros((1, 1), dtype=np.float32)),
        constant("two_places", np.zeros((1, 2), dtype=np.float32)),
        constant("pad_id", np.array(PAD_ID, dtype=np.int64)),
        constant("beyond", np.array(len(listed), dtype=np.int64)),
        constant("one", np.array(1, dtype=np.float32)),
        constant("negation", np.array(NEGATED - 1, dtype=np.float32)),
        constant("sharpness", np.array(SHARPNESS, dtype=np.float32)),
        constant("neutral", np.array([[SHARPNESS * THRESHOLD]], dtype=np.float32)),
    ]
    inputs = [tensor("token_ids", TensorProto.INT64, [1, TOKENS_MAX])]
    outputs = [tensor("probabilities", TensorProto.FLOAT, [1, len(LABELS)])]
    return encode_model(MODEL_ID, version, nodes(), inputs, outputs, constants, {PREPROCESS_KEY: preprocess})


def run_case(name: str, text: str, tokenizer: Tokenizer, model: bytes) -> dict[str, object]:
    """A golden case: the ids and what the ONNX file answers, to six digits, or why the text is refused."""
    try:
        ids = tokenizer.token_ids(text)
    except TextRefusedError as refusal:
        return {"name": name, "text": text, "refused": refusal.reason}
    (answer,) = run_rows(model, [np.array(ids, dtype=np.int64)])
    probabilities = answer["probabilities"][0]
    label = LABELS[int(probabilities.argmax())]
    rounded = [round(float(value), 6) for value in probabilities]
    return {"name": name, "text": text, "ids": ids, "probabilities": rounded, "label": label}


def build(word_list: Path) -> Release:
    """Turn the word lists into a tokeniser and a model, and run the golden cases."""
    published = read_word_list(word_list)
    words = merge_words(published)
    if not all(abs(valence) <= VALENCE_MAX for valence in words.values()):
        raise ValueError(f"expected valences from -{VALENCE_MAX} to {VALENCE_MAX}")
    tokenizer = Tokenizer([*RESERVED, *sorted(words.keys() | NEGATORS)])
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
    own = crypto_words()
    lacking = own.keys() - published.keys()
    figures = [
        *describe_file(stated, model),
        f"| `tokenizer.json` | {len(tokenizer_file)} bytes, SHA-256 `{digest}` |",
        f"| Published list | {len(published)} entries, SHA-256 of the sorted list `{WORD_LIST_SHA256}` |",
        f"| Words of crypto markets | {len(own)}, {len(lacking)} of them not in the published list |",
        f"| Words with a valence | {len(words)} |",
        f"| Negators | {len(NEGATORS)} |",
        f"| Golden cases | {len(cases)} |",
        "| Accuracy | not measured |",
    ]
    return Release(stated, files, "\n".join(figures))
