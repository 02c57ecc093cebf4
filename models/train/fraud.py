"""Fraud of a payment by thirteen features of it; the rule and all rows are made here."""

import numpy as np

from features import Feature, flag
from generated_table import Hundredths, Rule, above, below, build_from_rule, flags
from release import Facts, Release

FACTS = Facts(
    id="fraud",
    name="Payment fraud",
    version="1.0.0",
    description="Tells fraudulent from legitimate payments by 13 features. "
    "Learnt from generated data: a technical sample, not for decisions.",
    licence="Apache-2.0",
    task="classification",
    price_atomic="500000",
    input_range={"minimum": 0, "maximum": 10},
    labels={"probabilities": ["legitimate", "fraudulent"]},
)

FEATURES = [
    Feature("amount_log10_usd", "log10 of the amount in US dollars, 0 for less than one", 10),
    Feature(
        "amount_to_usual",
        "amount divided by the payer's median of 90 days; 10 for more, 1 for a first payment",
        10,
    ),
    Feature("payer_age_log10_days", "log10 of the age of the payer's account in days, 0 within the first day", 4),
    Feature("payee_age_log10_days", "log10 of the age of the payee's account in days, 0 within the first day", 4),
    Feature("payments_last_hour", "payments of the payer in the hour before; 10 for more", 10),
    Feature(
        "failed_attempts_last_day",
        "payments or logins of the payer that failed in the 24 hours before; 10 for more",
        10,
    ),
    Feature("distance_log10_km", "log10 of 1 + kilometres from where the payer usually is", 4.4),
    flag("at_night", "1 from midnight to six o'clock where the payer is"),
    flag("new_payee", "1 if the payer never paid this payee before"),
    flag("new_device", "1 if the device was not seen with the payer before"),
    flag("country_differs", "1 if the network address is of another country than the payer"),
    flag("anonymous_network", "1 if the network address is that of an anonymising service"),
    flag("strongly_authenticated", "1 if the payer confirmed the payment with a second factor"),
]


def draw(random: np.random.RandomState, rows: int) -> dict[str, Hundredths]:
    """Hundredths of each feature; the order is that of the input."""

    def between(least: int, most: int) -> Hundredths:
        return random.randint(least, most + 1, size=rows)

    def mostly(percent: int, usual: Hundredths, else_: Hundredths) -> Hundredths:
        return np.where(random.randint(0, 100, size=rows) < percent, usual, else_)

    return {
        "amount_log10_usd": between(0, 500),
        "amount_to_usual": mostly(80, between(10, 300), between(300, 1000)),
        "payer_age_log10_days": between(0, 360),
        "payee_age_log10_days": between(0, 360),
        "payments_last_hour": 100 * mostly(75, between(0, 2), between(0, 10)),
        "failed_attempts_last_day": 100 * mostly(80, between(0, 0), between(1, 10)),
        "distance_log10_km": between(0, 430),
        "at_night": flags(random, rows, 20),
        "new_payee": flags(random, rows, 40),
        "new_device": flags(random, rows, 25),
        "country_differs": flags(random, rows, 20),
        "anonymous_network": flags(random, rows, 15),
        "strongly_authenticated": flags(random, rows, 60),
    }


def points(of: dict[str, Hundredths]) -> Hundredths:
    """Hundredths of points. The weights are ours and stand in the card; no payment was looked at."""
    return (
        6 * above(of["amount_log10_usd"], 250)
        + 4 * above(of["amount_to_usual"], 200)
        + 5 * below(of["payer_age_log10_days"], 150)
        + 7 * below(of["payee_age_log10_days"], 150)
        + 3 * above(of["payments_last_hour"], 200)
        + np.minimum(2000, 4 * of["failed_attempts_last_day"])
        + 4 * above(of["distance_log10_km"], 250)
        + 4 * of["at_night"]
        + 4 * of["new_payee"]
        + 6 * of["new_device"]
        + 15 * of["new_payee"] * of["new_device"] // 100
        + 6 * of["country_differs"]
        + 9 * of["anonymous_network"]
        - 15 * of["strongly_authenticated"]
    )


def build() -> Release:
    """Make the table and the model of it."""
    return build_from_rule(FACTS, Rule(20241104, FEATURES, draw, points, [4000]))
