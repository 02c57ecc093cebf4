"""Tests of the parts on which the published bytes rest. Run: python -m unittest discover -s models/train"""

import unittest
from pathlib import Path

import numpy as np

import fraud
import token_risk
from convolution import KERNEL, pool, spread, unfold, with_shifts
from crypto_sentiment import NEGATED, THRESHOLD, merge_words
from crypto_words import NEGATORS, WITHOUT_VALENCE, crypto_words
from exact import PROBABILITY_BITS, WEIGHT_BITS, Layer, product, to_grid
from generated_table import ROW_COUNT, above, below, flags
from release import encode_listing, replace_figures, wilson_interval
from standardise import fold, mean_and_deviation
from tokenizer import PAD_ID, RESERVED, TOKENS_MAX, UNKNOWN_ID, TextRefusedError, Tokenizer, is_single_token

PROFIT, SELL_OFF = 2, 3
TOKENIZER = Tokenizer([*RESERVED, "profit", "sell-off"])


class TokenizerTest(unittest.TestCase):
    def assert_tokens(self, text: str, *ids: int) -> None:
        self.assertEqual(TOKENIZER.token_ids(text), [*ids, *[PAD_ID] * (TOKENS_MAX - len(ids))])

    def test_ids_follow_the_text_and_are_padded(self) -> None:
        self.assert_tokens("Profit: a sell-off", PROFIT, UNKNOWN_ID, SELL_OFF)

    def test_only_ascii_capitals_become_small(self) -> None:
        self.assert_tokens("PROFIT", PROFIT)
        self.assert_tokens("\uff30ROFIT", UNKNOWN_ID)

    def test_a_joiner_needs_a_letter_or_digit_on_both_sides(self) -> None:
        self.assert_tokens("-profit- sell--off", PROFIT, UNKNOWN_ID, UNKNOWN_ID)

    def test_reserved_entries_cannot_be_written(self) -> None:
        self.assert_tokens("<pad> <unknown>", UNKNOWN_ID, UNKNOWN_ID)
        self.assertFalse(any(map(is_single_token, RESERVED)))

    def test_sixty_tokens_pass_and_sixty_one_are_refused(self) -> None:
        self.assert_tokens("profit " * TOKENS_MAX, *[PROFIT] * TOKENS_MAX)
        with self.assertRaisesRegex(TextRefusedError, "^too-many-tokens"):
            TOKENIZER.token_ids("profit " * (TOKENS_MAX + 1))

    def test_a_text_without_a_token_is_refused(self) -> None:
        for text in ("", " ", "-'-", "\u65e5\u672c"):
            with self.assertRaisesRegex(TextRefusedError, "^no-tokens"):
                TOKENIZER.token_ids(text)


class ExactTest(unittest.TestCase):
    def test_a_product_does_not_depend_on_the_order_of_its_terms(self) -> None:
        random = np.random.RandomState(7)
        left = to_grid(random.uniform(-8, 8, size=(20, 300)), WEIGHT_BITS)
        right = to_grid(random.uniform(-8, 8, size=(300, 20)), WEIGHT_BITS)
        expected = product(left, WEIGHT_BITS, right, WEIGHT_BITS)
        for _ in range(10):
            order = random.permutation(300)
            shuffled = product(left[:, order], WEIGHT_BITS, right[order], WEIGHT_BITS)
            self.assertTrue(np.array_equal(shuffled, expected))

    def test_a_product_that_may_not_be_exact_is_refused(self) -> None:
        large = np.full((1, 2), 2.0**12)
        with self.assertRaises(ArithmeticError):
            product(large, WEIGHT_BITS, large.T, WEIGHT_BITS)


class ConvolutionTest(unittest.TestCase):
    def test_patches_stand_row_by_row_from_the_top_left(self) -> None:
        patches = unfold(np.arange(128.0).reshape(2, 64))
        self.assertEqual(patches.shape, (72, KERNEL**2))
        self.assertEqual(patches[0].tolist(), [0, 1, 2, 8, 9, 10, 16, 17, 18])
        self.assertEqual(patches[7].tolist(), [9, 10, 11, 17, 18, 19, 25, 26, 27])
        self.assertEqual(patches[71].tolist(), [109, 110, 111, 117, 118, 119, 125, 126, 127])

    def test_means_are_those_of_squares_by_filter_row_and_column(self) -> None:
        values = np.stack([np.arange(36.0), 100 + np.arange(36.0)], axis=1)
        means = pool(values, 2)
        self.assertEqual(means.shape, (1, 18))
        self.assertEqual(means[0, :4].tolist(), [3.5, 5.5, 7.5, 15.5])
        self.assertEqual(means[0, 9:11].tolist(), [103.5, 105.5])

    def test_errors_go_back_by_the_transpose_of_the_means(self) -> None:
        random = np.random.RandomState(3)
        values = random.randint(0, 9, size=(3 * 36, 2)).astype(np.float64)
        error = to_grid(random.uniform(-1, 1, size=(3, 18)), PROBABILITY_BITS - 2)
        self.assertEqual(float((pool(values, 2) * error).sum()), float((values * spread(error, 2)).sum()))

    def test_shifts_move_columns_and_fill_with_paper(self) -> None:
        image, left, right = with_shifts(np.arange(1.0, 65.0).reshape(1, 64))
        self.assertEqual(image[:8].tolist(), [1, 2, 3, 4, 5, 6, 7, 8])
        self.assertEqual(left[:8].tolist(), [2, 3, 4, 5, 6, 7, 8, 0])
        self.assertEqual(right[:8].tolist(), [0, 1, 2, 3, 4, 5, 6, 7])


class CryptoWordsTest(unittest.TestCase):
    def test_every_word_can_be_a_token_and_has_a_valence(self) -> None:
        for word, valence in crypto_words().items():
            self.assertTrue(is_single_token(word), word)
            self.assertTrue(1 <= abs(valence) <= 5, word)
        self.assertTrue(all(map(is_single_token, NEGATORS | WITHOUT_VALENCE)))

    def test_the_words_of_crypto_markets_take_the_place_of_published_ones(self) -> None:
        published = {"surge": 1, "profit": 2, "no": -1, "block": -1, "tender": 0, "not good": -2}
        merged = merge_words(published)
        self.assertEqual(merged, {**crypto_words(), "profit": 2})
        self.assertEqual(merged["surge"], 3)

    def test_no_text_has_a_mean_at_the_threshold(self) -> None:
        self.assertEqual(NEGATED, -0.5)
        for words in range(TOKENS_MAX + 1):
            self.assertFalse((THRESHOLD * 2 * (words + 1)).is_integer(), words)


class GeneratedTableTest(unittest.TestCase):
    def test_amounts_beyond_a_bound_are_never_negative(self) -> None:
        self.assertEqual(above(np.array([1, 5, 9]), 5).tolist(), [0, 0, 4])
        self.assertEqual(below(np.array([1, 5, 9]), 5).tolist(), [4, 0, 0])

    def test_flags_are_none_or_one_in_hundredths(self) -> None:
        drawn = flags(np.random.RandomState(5), 10000, 30)
        self.assertEqual(set(drawn.tolist()), {0, 100})
        self.assertTrue(abs(drawn.mean() - 30) < 2)

    def test_features_stay_in_the_declared_range(self) -> None:
        for sample in (token_risk, fraud):
            columns = sample.draw(np.random.RandomState(5), ROW_COUNT)
            self.assertEqual(list(columns), [feature.name for feature in sample.FEATURES])
            for feature in sample.FEATURES:
                column = columns[feature.name]
                self.assertTrue(column.min() >= 100 * feature.minimum and column.max() <= 100 * feature.maximum, feature)
                self.assertTrue(feature.maximum <= sample.FACTS.input_range["maximum"], feature)

    def test_the_list_of_features_is_the_one_of_the_card(self) -> None:
        for sample in (token_risk, fraud):
            card = (Path(__file__).parent.parent / sample.FACTS.id / "CARD.md").read_text(encoding="utf-8")
            for feature in sample.FEATURES:
                self.assertIn(f"| `{feature.name}` | {feature.description} |", card)

    def test_points_of_a_token_are_those_of_its_card(self) -> None:
        one = np.array([0])
        token = {name: one for name in token_risk.draw(np.random.RandomState(5), 1)}
        bare = 8 * 2 + 10 * 5 + 6 * 3 + 12 + 15
        self.assertEqual(token_risk.points(token)[0], 100 * bare)
        owned = {**token, "can_mint": one + 100, "upgradeable": one + 100, "sell_tax": one + 90}
        self.assertEqual(token_risk.points(owned)[0], 100 * (bare + 12 + 6 + 40))
        renounced = {**owned, "ownership_renounced": one + 100, "audited": one + 100}
        self.assertEqual(token_risk.points(renounced)[0], 100 * (bare + 40 - 8))

    def test_points_of_a_payment_are_those_of_its_card(self) -> None:
        one = np.array([0])
        payment = {name: one for name in fraud.draw(np.random.RandomState(5), 1)}
        young = 5 * 1.5 + 7 * 1.5
        self.assertEqual(fraud.points(payment)[0], 100 * young)
        first = {**payment, "new_payee": one + 100, "failed_attempts_last_day": one + 700}
        self.assertEqual(fraud.points(first)[0], 100 * (young + 4 + 20))
        both = {**first, "new_device": one + 100, "strongly_authenticated": one + 100}
        self.assertEqual(fraud.points(both)[0], 100 * (young + 4 + 20 + 6 + 15 - 15))


class StandardiseTest(unittest.TestCase):
    def test_a_folded_layer_gives_for_plain_units_what_it_gave_for_standardised_ones(self) -> None:
        random = np.random.RandomState(7)
        rows = random.uniform(0, 50, size=(40, 3))
        layer = Layer.start(3, 2, random)
        layer.biases[:] = [[0.25, -1.5]]
        means, deviations = mean_and_deviation(rows)
        weights, biases = fold(layer, means, deviations)
        expected = (rows - means) / deviations @ layer.weights + layer.biases
        self.assertTrue(np.allclose(rows @ weights + biases, expected, rtol=0, atol=1e-12))


class ReleaseTest(unittest.TestCase):
    def test_a_listing_has_one_row_on_each_line(self) -> None:
        self.assertEqual(
            encode_listing({"a": 1}, "rows", ["x", [2]]), b'{\n  "a": 1,\n  "rows": [\n    "x",\n    [2]\n  ]\n}\n'
        )

    def test_figures_replace_only_what_is_between_the_markers(self) -> None:
        card = "a\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nb"
        self.assertEqual(replace_figures(card, "new"), "a\n<!-- figures: begin -->\n\nnew\n\n<!-- figures: end -->\nb")
        with self.assertRaises(ValueError):
            replace_figures("a card without markers", "new")

    def test_the_interval_contains_the_proportion_and_stays_within_bounds(self) -> None:
        for correct in (0, 1, 57, 113, 114):
            low, high = wilson_interval(correct, 114)
            self.assertTrue(-1e-12 <= low <= correct / 114 <= high <= 1 + 1e-12)


if __name__ == "__main__":
    unittest.main()
