"""The tiny runs whose digests are kept: each amount law, mode, view and kind of population at least once.

The names of people, merchants and cities come from Faker, so that those runs depend on its version, too.
"""

SMALL = ("population.cards=40", "generator.transactions=1200", "timeline.end=2022-01-04", "block_rows=250")
FRAUD = ("scenario=card_chain", "scenario.card_chain.ratio=0.05")

SHOP = (*SMALL, "generator.transactions=6000", "block_rows=1500", "amount=price_list")

RUNS: dict[str, tuple[str, ...]] = {
    "control world": SMALL,
    "replace, notebook view": (*SMALL, *FRAUD),
    "add, full view": (*SMALL, *FRAUD, "scenario.card_chain.mode=add", "columns=full"),
    "add, crowded": (
        *SMALL,
        *FRAUD,
        "scenario.card_chain.mode=add",
        "columns=full",
        "population.cards=1",
        "timeline.end=2022-01-01T06:00:00",
    ),
    "two scenarios": (
        *SMALL,
        *FRAUD,
        "+scenario@scenario.night=card_chain",
        "scenario.night.ratio=0.02",
        "scenario.night.mode=add",
        "scenario.night.follower_amount=run",
    ),
    "mixed population": (*SMALL, *FRAUD, "population=mixed"),
    "notebook spans": (*SMALL, *FRAUD, "amount=notebook_spans"),
    "lognormal": (*SMALL, *FRAUD, "amount=lognormal"),
    "gamma": (*SMALL, *FRAUD, "amount=gamma"),
    "pareto": (*SMALL, *FRAUD, "amount=pareto"),
    "mixture": (*SMALL, *FRAUD, "amount=mixture"),
    "one block, another seed": (*SMALL, *FRAUD, "block_rows=100000", "seed=7"),
    "people on a square": (
        *SMALL,
        "population=handbook",
        "population.customers.number=40",
        "population.merchants.number=30",
        "population.merchants.terminals=30",
    ),
    "people in cities, with a profile": (
        *SMALL,
        *FRAUD,
        "population=tiny",
        "population.profile=faker",
        "population.cards=130",
    ),
    "people who shop": ("experiment=tiny", "block_rows=2000"),
    "people who shop, their clicks, and accounts taken over": (
        "experiment=tiny",
        "block_rows=2000",
        "clicks=shop",
        "scenario=[account_takeover,card_chain]",
        "scenario.account_takeover.ratio=0.02",
    ),
    "visitors of a web shop, with bots and attacks": (
        *SHOP,
        "generator=clickstream",
        "columns=clickstream_full",
        "scenario=[bot_checkout,credential_stuffing]",
        "scenario.bot_checkout.ratio=0.03",
        "scenario.credential_stuffing.ratio=0.03",
        "scenario.credential_stuffing.success=0.2",
        "scenario.credential_stuffing.mode=replace",
    ),
    "independent events of a web shop": (*SHOP, "generator=clickstream_independent", "columns=clickstream"),
    "people who travel and change": (
        "experiment=retail_eu",
        "population.cards=130",
        "population.customers.number=100",
        "population.merchants.number=400",
        "population.merchants.terminals=600",
        "population.cities.number=12",
        "generator.drift={day: '2022-02-10', rate: 1.1, online: 2, amount: 1.1, mix: {travel: 0.5}}",
        "timeline.end=2022-03-01",
        "block_rows=2000",
    ),
    "people in words": (
        "experiment=tiny",
        "block_rows=2000",
        "columns=sparkov",
        "population.profile=faker",
        "population.tables=[]",
    ),
    "the handbook's customers": (
        "population=handbook",
        "population.cards=100",
        "population.customers.number=100",
        "population.merchants.number=300",
        "population.merchants.terminals=300",
        "generator=handbook",
        "columns=spending",
        "timeline.end=2022-01-08",
    ),
    "the handbook's preset, with its reports": (
        "experiment=handbook",
        "population.cards=100",
        "population.customers.number=100",
        "population.merchants.number=300",
        "population.merchants.terminals=300",
        "timeline.end=2018-04-21",
    ),
}
