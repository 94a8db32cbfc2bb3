"""The genuine world of the Fraud Detection Handbook by its published rules, customer by customer and day by day.

An implementation of its own, as plain as it can be: it shares nothing with synth.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Handbook:
    """Purchases: customer, terminal, second from the start, amount."""

    customer: list[int]
    terminal: list[int]
    second: list[int]
    amount: list[float]


def simulate(*, customers: int, terminals: int, days: int, side: float, radius: float, seed: int) -> Handbook:
    """A random rate and mean amount for each customer; Poisson counts a day; normal times, dropped outside of the day;
    normal amounts, drawn again uniformly when negative; any terminal in reach.
    """
    rng = np.random.default_rng(seed)
    homes, places = rng.uniform(0, side, (customers, 2)), rng.uniform(0, side, (terminals, 2))
    made = Handbook([], [], [], [])
    for customer in range(customers):
        rate, mean = rng.uniform(0, 4), rng.uniform(5, 100)
        near = np.flatnonzero(np.hypot(*(places - homes[customer]).T) < radius)
        for day in range(days):
            for _ in range(rng.poisson(rate)):
                time = int(rng.normal(43_200, 20_000))
                if not 0 < time < 86_400 or not len(near):
                    continue
                amount = rng.normal(mean, mean / 2)
                if amount < 0:
                    amount = rng.uniform(0, 2 * mean)
                made.customer.append(customer)
                made.terminal.append(int(rng.choice(near)))
                made.second.append(day * 86_400 + time)
                made.amount.append(round(amount, 2))
    return made


def defraud(made: Handbook, *, customers: int, terminals: int, days: int, seed: int) -> tuple[list[int], list[float]]:
    """The three fraud scenarios by the published rules, in their order, a later one over an earlier one.

    Returns:
        The scenario of each purchase, 0 for none, and its amount.
    """
    rng = np.random.default_rng(seed)
    scenario = [1 if amount > 220 else 0 for amount in made.amount]
    amount = list(made.amount)
    day_of = [second // 86_400 for second in made.second]
    for day in range(days - 1):
        tampered = set(rng.choice(terminals, 2, replace=False).tolist())
        for i, terminal in enumerate(made.terminal):
            if terminal in tampered and day <= day_of[i] < day + 28:
                scenario[i] = 2
    for day in range(days - 1):
        leaked = set(rng.choice(customers, 3, replace=False).tolist())
        theirs = [i for i, customer in enumerate(made.customer) if customer in leaked and day <= day_of[i] < day + 14]
        for i in rng.choice(theirs, len(theirs) // 3, replace=False).tolist():
            scenario[i] = 3
            amount[i] = round(amount[i] * 5, 2)
    return scenario, amount
