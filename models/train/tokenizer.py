"""The reference of the preprocessing type `word-list`: from a text to a fixed number of token ids.

The rules stand in tokenizer.json itself, so the digest in the model's metadata binds them with the vocabulary.
"""

import re
from dataclasses import dataclass

from release import encode_listing

PATTERN = "[a-z0-9]+(?:['-][a-z0-9]+)*"
TOKENS_MAX = 60
PAD_ID = 0
UNKNOWN_ID = 1
# No token can equal these two, because the pattern matches neither "<" nor ">".
RESERVED = ["<pad>", "<unknown>"]
RULES = [
    "The text is taken as it is; no Unicode normalisation is applied.",
    "The letters A to Z become a to z; no other character is changed.",
    "Tokens are the matches of pattern, found greedily from left to right without overlap; "
    "characters between matches are not part of the result.",
    "The id of a token is its index in vocabulary, compared character by character; "
    "a token that is not in vocabulary has unknownId.",
    "A text without a token and a text with more than maxTokens tokens are refused; nothing is cut off.",
    "The ids stand in the order of the text and are followed by padId up to a length of maxTokens.",
]

ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


class TextRefusedError(ValueError):
    """A text that has no token ids; `reason` is `no-tokens` or `too-many-tokens`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


@dataclass(frozen=True)
class Tokenizer:
    """A vocabulary with ids by position; the first two entries are reserved."""

    vocabulary: list[str]

    def encode_file(self) -> bytes:
        """The exact bytes of tokenizer.json, whose SHA-256 the model carries."""
        head = {
            "type": "word-list",
            "rules": RULES,
            "lowercase": True,
            "pattern": PATTERN,
            "maxTokens": TOKENS_MAX,
            "padId": PAD_ID,
            "unknownId": UNKNOWN_ID,
        }
        return encode_listing(head, "vocabulary", self.vocabulary)

    def token_ids(self, text: str) -> list[int]:
        """Sixty ids; raises TextRefusedError when the text has no token, or more than fit."""
        tokens = re.findall(PATTERN, text.translate(ASCII_LOWER))
        if not tokens:
            raise TextRefusedError("no-tokens", "the text has no letter a to z and no digit")
        if len(tokens) > TOKENS_MAX:
            raise TextRefusedError("too-many-tokens", f"expected at most {TOKENS_MAX} tokens, got {len(tokens)}")
        known = {word: index for index, word in enumerate(self.vocabulary)}
        ids = [known.get(token, UNKNOWN_ID) for token in tokens]
        return ids + [PAD_ID] * (TOKENS_MAX - len(ids))


def is_single_token(word: str) -> bool:
    """Whether a list entry can be the result of tokenising a text."""
    return re.fullmatch(PATTERN, word) is not None
