"""Risk of a token by sixteen features of its contract and market; the rule and all rows are made here."""

import numpy as np

from features import Feature, flag
from generated_table import Hundredths, Rule, above, below, build_from_rule, flags
from release import Facts, Release

FACTS = Facts(
    id="token-risk",
    name="Token risk",
    version="1.0.0",
    description="Grades a token as low, medium or high risk by 16 features. "
    "Learnt from generated data: a technical sample, not for decisions.",
    licence="Apache-2.0",
    task="classification",
    price_atomic="2000000",
    input_range={"minimum": 0, "maximum": 13},
    labels={"probabilities": ["low", "medium", "high"]},
)

FEATURES = [
    Feature("age_log10_days", "log10 of the days since the contract was deployed, 0 within the first day", 4),
    Feature("liquidity_log10_usd", "log10 of the US dollars in all pools, 0 for less than one", 13),
    Feature("market_value_log10_usd", "log10 of supply times price in US dollars, 0 for less than one", 13),
    Feature("volume_log10_usd", "log10 of the US dollars traded in the last 24 hours, 0 for less than one", 13),
    Feature("holders_log10", "log10 of the number of holders", 8),
    Feature("top10_share", "share of the supply that the ten largest holders have", 1),
    Feature("creator_share", "share of the supply that the creator has", 1),
    Feature("liquidity_locked_share", "share of the liquidity that is locked or burnt", 1),
    Feature("buy_tax", "share that a purchase loses to the contract", 1),
    Feature("sell_tax", "share that a sale loses to the contract", 1),
    flag("source_verified", "1 if the published source compiles to the contract"),
    flag("ownership_renounced", "1 if nobody owns the contract"),
    flag("can_mint", "1 if the owner can make more of the token"),
    flag("can_pause", "1 if the owner can stop transfers or exclude addresses"),
    flag("upgradeable", "1 if the owner can exchange the code"),
    flag("audited", "1 if a report of an audit is published"),
]


def draw(random: np.random.RandomState, rows: int) -> dict[str, Hundredths]:
    """Hundredths of each feature; the order is that of the input."""

    def between(least: int, most: int) -> Hundredths:
        return random.randint(least, most + 1, size=rows)

    age = between(0, 340)
    liquidity = between(200, 800)
    value = liquidity + between(0, 300)
    volume = np.maximum(0, liquidity + between(-250, 150))
    holders = between(50, 550)
    top10 = between(5, 100)
    creator = top10 * between(0, 100) // 100
    locked = between(0, 100) * flags(random, rows, 60) // 100
    buy_tax = between(1, 30) * flags(random, rows, 40) // 100
    sell_tax = buy_tax + between(0, 70) * flags(random, rows, 20) // 100
    return {
        "age_log10_days": age,
        "liquidity_log10_usd": liquidity,
        "market_value_log10_usd": value,
        "volume_log10_usd": volume,
        "holders_log10": holders,
        "top10_share": top10,
        "creator_share": creator,
        "liquidity_locked_share": locked,
        "buy_tax": buy_tax,
        "sell_tax": sell_tax,
        "source_verified": flags(random, rows, 70),
        "ownership_renounced": flags(random, rows, 50),
        "can_mint": flags(random, rows, 35),
        "can_pause": flags(random, rows, 30),
        "upgradeable": flags(random, rows, 30),
        "audited": flags(random, rows, 30),
    }


def points(of: dict[str, Hundredths]) -> Hundredths:
    """Hundredths of points. The weights are ours and stand in the card; no token was looked at."""
    in_control = 100 - of["ownership_renounced"]
    control = 12 * of["can_mint"] + 12 * of["can_pause"] + 6 * of["upgradeable"]
    return (
        8 * below(of["age_log10_days"], 200)
        + 10 * below(of["liquidity_log10_usd"], 500)
        + 8 * above(of["market_value_log10_usd"] - of["liquidity_log10_usd"], 150)
        + 8 * above(of["volume_log10_usd"] - of["liquidity_log10_usd"], 50)
        + 6 * below(of["holders_log10"], 300)
        + 25 * above(of["top10_share"], 40)
        + 20 * of["creator_share"]
        + 12 * (100 - of["liquidity_locked_share"])
        + 30 * above(of["buy_tax"], 5)
        + np.minimum(4000, 80 * above(of["sell_tax"], 5))
        + 15 * (100 - of["source_verified"])
        + in_control * control // 100
        - 8 * of["audited"]
    )


def build() -> Release:
    """Make the table and the model of it."""
    return build_from_rule(FACTS, Rule(20241103, FEATURES, draw, points, [4500, 6500]))
