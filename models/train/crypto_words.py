"""Words of crypto markets that the list for financial news lacks or means otherwise.

A word stands here with its valence from -5 to 5, which takes the place of the one in the published list. The
valences are one judgement and were measured on nothing.
"""

BY_VALENCE = {
    4: """
        all-time-high ath bullish mooning moons parabolic skyrocket skyrocketed skyrocketing
        skyrockets
    """,
    3: """
        breakout breakouts bull bulls inflow inflows lambo moon outperform outperformed
        outperforming outperforms rallied rallies rally rallying rebounded rebounds soar soared
        soaring soars surge surged surges surging upside uptrend
    """,
    2: """
        accumulate accumulated accumulates accumulating accumulation adopt adopted adopting adoption
        adopts advance advances approval approvals approve approved approves bottomed bounce bounced
        bounces bouncing buyback buybacks climb climbed climbing climbs dovish easing gain gained
        gaining gains golden green halving hodl integrate integrated integrates integration jump
        jumped jumping jumps legalise legalises legalize legalizes milestone oversold overtakes
        partnership partnerships recover recovered recovering recovers recovery rise rises rising
        rose scalable scarcity stimulus undervalued upgrade upgraded upgrades
    """,
    1: """
        airdrop airdrops backing buy buying buys demand etf etfs institutional invest invests launch
        launches listing listings
    """,
    -1: """
        congested congestion correction corrections dip dips fee fees fud hawkish hike hikes
        overbought overvalued profit-taking pullback resistance retrace retraces selling sells
        tariff tariffs tightening uncertainty unlock unlocks volatile volatility
    """,
    -2: """
        breakdown bubble capitulate capitulates capitulation crackdown crackdowns death decline
        declined declines declining delay delays delist delisted delisting delists downgrade
        downgraded downgrades downside downtrend drop dropped dropping drops dump dumped dumping
        dumps fall fallen falling falls fell freeze freezes frozen halt halted halts liquidate
        liquidated liquidates liquidation liquidations outage outages outflow outflows overhang
        pause paused pauses red reject rejected rejection rejects seize seized seizes sell-off
        sell-offs selloff selloffs shutdown sink slide slides sliding slump slumped slumping slumps
        subpoena sue sued sues suspend suspended suspends tumble tumbled tumbles tumbling
        underperform underperforms unsafe vulnerabilities vulnerability worries
    """,
    -3: """
        ban banned banning bans bear bears breach breached breaches contagion crash crashed crashes
        crashing default defaults depeg depegged depegging depegs drain drained drainer drainers
        drains exploit exploited exploits heist indicted indictment insolvency lawsuit lawsuits
        phishing plummet plummeted plummeting plummets plunge plunged plunges plunging theft
    """,
    -4: """
        bankrupt bankruptcy bearish collapse collapsed collapses collapsing hack hacked hackers
        hacks honeypot insolvent ponzi rekt rug rug-pull rugged rugpull scam scammed scammer
        scammers scams stolen worthless
    """,
}

# Entries of the published list that say nothing of a market where this vocabulary is used.
WITHOUT_VALENCE = frozenset(
    """
    block blocks cool cut cuts dead fire free god hard hot interest like matter matters pay reward rewarded rewards
    share want
    """.split()
)

# The valence of a word is halved and turned round when one of these is among the two tokens before it. The last are
# what a typographic apostrophe leaves of a word; "haven" and "won" are words of their own.
NEGATORS = frozenset(
    """
    ain't aren't can't cannot couldn't didn't doesn't don't hadn't hasn't haven't isn't neither never no nor not
    shouldn't wasn't weren't without won't wouldn't aren couldn didn doesn hadn hasn isn shouldn wasn weren wouldn
    """.split()
)


def crypto_words() -> dict[str, int]:
    """Valences by word; a word that stands twice is a mistake."""
    words: dict[str, int] = {}
    for valence, listed in BY_VALENCE.items():
        for word in listed.split():
            if word in words or word in NEGATORS or word in WITHOUT_VALENCE:
                raise ValueError(f"{word} stands twice in the words of crypto markets")
            words[word] = valence
    return words
