"""Draws docs/chain.svg, the README's picture, from a run: python docs/picture.py [--check]

One victim's card: above, its amounts over four weeks; below, the minutes of the fraud chain.
"""

import math

import pandas as pd
from page import publish

import synth

WIDTH, LEFT, RIGHT = 880, 64, 24
GENUINE, FRAUD, INK, FAINT = "#7a8aa0", "#d1383d", "#27313f", "#dfe4ea"


def main() -> int:
    """Picks a chain of eight or more events, and draws it, or says whether the picture is up to date."""
    rows = synth.generate("scenario=card_chain", "columns=full")
    sizes = rows.groupby("episode_id").size()
    long = sizes[sizes >= 8].index
    chain = rows[rows.episode_id == long[len(long) // 2]]
    card = rows[rows.card_id == chain.card_id.iloc[0]]
    weeks = card[(card.time - chain.time.iloc[0]).abs() < pd.Timedelta(days=14)]
    minutes, seconds = divmod(int((chain.time.iloc[-1] - chain.time.iloc[0]).total_seconds()), 60)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} 420" font-family="sans-serif" fill="{INK}">',
        f'<rect width="{WIDTH}" height="420" fill="#ffffff"/>',
        title(24, f"Card {chain.card_number.iloc[0]}: amounts over four weeks"),
        *legend(24),
        *panel(weeks, 40, 150, "%d %b", pd.Timedelta(days=4)),
        title(244, f"Its fraud chain: {len(chain)} purchases in {minutes} min {seconds} s"),
        *panel(chain, 260, 130, "%H:%M", pd.Timedelta(minutes=2)),
        "</svg>",
    ]
    return publish("chain.svg", "\n".join(parts) + "\n")


def title(y: int, text: str) -> str:
    """A line above a panel."""
    return f'<text x="{LEFT}" y="{y}" font-size="15">{text}</text>'


def label(x: float, y: float, anchor: str, text: str) -> str:
    """A number at an axis."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="11">{text}</text>'


def legend(y: int) -> list[str]:
    """What the colours mean."""
    parts = []
    for x, colour, word in ((WIDTH - 190, GENUINE, "genuine"), (WIDTH - 100, FRAUD, "fraud")):
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="4.5" fill="{colour}"/>')
        parts.append(f'<text x="{x + 10}" y="{y}" font-size="13">{word}</text>')
    return parts


def panel(events: pd.DataFrame, top: int, height: int, tick: str, step: pd.Timedelta) -> list[str]:
    """Amounts over time, on a logarithmic scale from 1 cent to 10,000."""
    first, last = events.time.iloc[0].floor(step), events.time.iloc[-1].ceil(step)

    def x(time: pd.Timestamp) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * ((time - first) / (last - first))

    def y(amount: float) -> float:
        return top + height - height * (math.log10(amount) + 2) / 6

    parts = []
    for amount in (0.01, 1, 100, 10_000):
        parts.append(f'<path d="M{LEFT} {y(amount):.1f}H{WIDTH - RIGHT}" stroke="{FAINT}"/>')
        parts.append(label(LEFT - 8, y(amount) + 4, "end", f"{amount:,.10g}"))
    ticks = pd.date_range(first, last, freq=step)
    parts += [label(x(time), top + height + 16, "middle", time.strftime(tick)) for time in ticks]
    for time, amount, fraud in zip(events.time, events.amount, events.fraud_label, strict=True):
        look = f'r="4.5" fill="{FRAUD}"' if fraud else f'r="3" fill="{GENUINE}"'
        parts.append(f'<circle cx="{x(time):.1f}" cy="{y(amount):.1f}" {look} fill-opacity="0.8"/>')
    return parts


if __name__ == "__main__":
    raise SystemExit(main())
