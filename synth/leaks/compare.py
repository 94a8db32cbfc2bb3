"""One look at the rows of one scenario against genuine ones: the test that all families of looks share."""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from synth.arrays import Int64, Mask
from synth.leaks.findings import FEWEST_CERTAIN, Effect, Finding, Tests
from synth.leaks.halves import learn
from synth.leaks.odds import Counts, log_bins, log_rank
from synth.leaks.scene import Look, Scene, Subject

#: A difference of shares that leaves no row in doubt.
_SEPARATES = 0.999

#: Differences that are more likely than this by chance are none.
_WORTH_LOOKING = math.log(0.01)

#: Differences that are less likely than this by chance are looked at more closely.
_WORTH_LEARNING = math.log(1e-4)


def compare_all(scene: Scene, tests: Tests, looks: Iterable[Look], stratum_n: Int64 | None = None) -> None:
    """Compares each look at each scenario.

    Args:
        stratum_n: (n,) a number from 0; rows are compared with those of the same one alone. None: with all.
    """
    for look in looks:
        for subject in scene.subjects:
            if look.bins > 1:
                tests.add(compare(scene, tests.family, subject, look, stratum_n))


def compare(
    scene: Scene, family: str, subject: Subject, look: Look, stratum_n: Int64 | None = None, *, partly: bool = False
) -> Finding | None:
    """The lesser of the differences of a look at all rows, and at those that are alike in what is declared.

    Args:
        partly: whether the look is of something undeclared, too, beside what may be declared.

    Returns:
        None where there is nothing to compare.
    """
    found = _compare(scene, family, subject, look, stratum_n)
    group_n = scene.alike_n[subject.scenario]
    if found is None or group_n is None or found.log_odds > _WORTH_LOOKING or (found.declared and not partly):
        return found
    if not look.columns:  # what nobody can declare follows from nothing that is
        return found
    likeness = _compare(scene, family, subject, look, group_n)
    persists = likeness is not None and likeness.way in ("", found.way or likeness.way)
    return replace(found, log_odds=max(found.log_odds, likeness.log_odds if likeness and persists else 0.0))


def _compare(scene: Scene, family: str, subject: Subject, look: Look, stratum_n: Int64 | None) -> Finding | None:
    """The difference that a look shows, whatever its size.

    Half of the chance goes to the order of the bins, where it means something, the rest to the bins one by one.
    """
    bin_n, fraud_n, chosen = scene.compared(subject, look)
    strata = None if stratum_n is None else stratum_n[chosen]
    counts = Counts.of(bin_n, fraud_n, look.bins, strata)
    if counts.fraud < FEWEST_CERTAIN or not counts.others:
        return None
    used = int(((counts.fraud_sb + counts.other_sb).sum(axis=0) > 0).sum())
    by_bin, worst = log_bins(counts)
    by_bin += math.log(used * (2 if look.ordered else 1))
    by_rank = log_rank(counts) + math.log(2) if look.ordered else 0.0
    in_bin, inside = int(counts.fraud_sb[:, worst].sum()), int(counts.other_sb[:, worst].sum())
    share = share_effect(in_bin, counts.fraud, inside, counts.others)
    auc = Effect("auc", *counts.auc())
    by_order = look.ordered and (by_rank <= by_bin or (auc.size >= share.size and by_rank < by_bin / 2))
    way = "more" if auc.value > 0.5 else "less"
    shares = percent(in_bin / counts.fraud), percent(inside / counts.others)
    told = f"{look.feature} is {look.label(worst)} in {shares[0]} of the fraud rows and in {shares[1]} of genuine ones"
    log_odds = min(by_bin, by_rank, 0.0)
    told_by = auc if by_order else share
    if not by_order and log_odds < _WORTH_LEARNING:
        told_by = _larger(share, learn(bin_n, fraud_n, look.bins, scene.streams, strata))
    alone = inside == 0 and in_bin >= max(FEWEST_CERTAIN, counts.fraud // 10) and not by_order
    certain = alone or (not by_order and abs(share.value) >= _SEPARATES)
    return Finding(
        family=family,
        scenario=subject.scenario,
        feature=look.feature,
        columns=look.columns,
        message=f"{look.feature} is {way} in fraud rows than in genuine ones" if by_order else told,
        effect=told_by,
        log_odds=log_odds,
        rows=counts.fraud if by_order else in_bin,
        episodes=counts.fraud if by_order else in_bin,
        genuine=counts.others if by_order else inside,
        certain=certain,
        declared=subject.explains(look.columns),
        group=look.group,
        way=way if by_order else "",
    )


def _larger(share: Effect, learnt: "tuple[float, Effect] | None") -> Effect:
    """What bins tell in any order, where that is more than one of them does."""
    return learnt[1] if learnt and learnt[1].size > share.size else share


def size_of(scene: Scene, subject: Subject, look: Look) -> float:
    """How large the difference is that a look shows, in units of what is strong: by order or in a bin."""
    bin_n, fraud_n, _ = scene.compared(subject, look)
    counts = Counts.of(bin_n, fraud_n, look.bins)
    if not counts.fraud or not counts.others:
        return 0.0
    shares = counts.fraud_sb[0] / counts.fraud - counts.other_sb[0] / counts.others
    by_bin = Effect("share", float(np.abs(shares).max()), 0.0, 0.0).size
    return max(by_bin, Effect("auc", *counts.auc()).size) if look.ordered else by_bin


def share_effect(k: int, n: int, other_k: int, other_n: int) -> Effect:
    """The difference of two shares, with the band of Newcombe (1998), method 10."""
    p, q = k / max(n, 1), other_k / max(other_n, 1)
    (p_low, p_high), (q_low, q_high) = _wilson(k, n), _wilson(other_k, other_n)
    low = p - q - math.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    return Effect("share", p - q, low, p - q + math.sqrt((p_high - p) ** 2 + (q - q_low) ** 2))


def _wilson(k: int, n: int) -> tuple[float, float]:
    n, z = max(n, 1), 1.96
    middle, half = (k + z * z / 2) / (n + z * z), z * math.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return middle - half, middle + half


def percent(share: float) -> str:
    """A share for people."""
    if 0 < share < 0.0995:
        return f"{100 * share:.2g} %"
    return f"{100 * share:.1f} %" if 0.999 > share > 0 else f"{100 * share:.4g} %"


def flag_look(scene: Scene, feature: str, columns: tuple[str, ...], flag_n: Mask, known_n: Mask | None = None) -> Look:
    """Whether something is so, of each compared row."""
    code_n = np.where(known_n, flag_n, -1) if known_n is not None else flag_n
    return scene.codes(feature, columns, code_n.astype(np.int64), 2, lambda b: ("no", "yes")[b])
