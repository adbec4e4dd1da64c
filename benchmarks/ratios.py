"""Speed ratios: the median over rounds, with an interval, and in words."""

import dataclasses
import math
import statistics
from collections.abc import Sequence

CONFIDENCE = 0.95


def interval(values: Sequence[float]) -> tuple[float, float]:
    """A distribution-free confidence interval of the median, of at least 95 % if possible.

    Args:
        values: at least one; with fewer than six, the confidence of the whole range is below 95 %.

    Returns:
        The order statistics that are its ends: with seven values the smallest and the largest.

    The sign test's interval: Conover, "Practical Nonparametric Statistics" (1999), section 3.2.
    """
    ordered, count = sorted(values), len(values)
    left_out = 0
    while 2 * left_out + 2 < count and _missed(count, left_out + 1) <= 1 - CONFIDENCE:
        left_out += 1
    return ordered[left_out], ordered[count - 1 - left_out]


def _missed(count, left_out):
    """The probability that the median lies outside, if this many values are cut at each end."""
    return 2 * sum(math.comb(count, below) for below in range(left_out + 1)) / 2**count


def by_round(reference: Sequence[float], own: Sequence[float]) -> list[float]:
    """How many times as fast this package was in each round.

    Args:
        reference: seconds of the other, by round.
        own: seconds of this package, by round.
    """
    return [theirs / mine for theirs, mine in zip(reference, own, strict=True)]


@dataclasses.dataclass(frozen=True)
class Ratio:
    """How many times as fast this package was, computed from seconds of the same rounds.

    Attributes:
        median: over the rounds.
        low: of the median's interval.
        high: of the median's interval.
        words: "faster", "slower" or "within the noise".
    """

    median: float
    low: float
    high: float
    words: str

    def __str__(self):
        """For example "1.41× (1.35-1.48) faster"."""
        return f"{self.median:.2f}× ({self.low:.2f}-{self.high:.2f}) {self.words}"


def ratio(reference: Sequence[float], own: Sequence[float]) -> Ratio:
    """Compares seconds of the same rounds.

    Args:
        reference: seconds of the other, by round.
        own: seconds of this package, by round.
    """
    ratios = by_round(reference, own)
    low, high = interval(ratios)
    words = "faster" if low > 1 else "slower" if high < 1 else "within the noise"
    return Ratio(statistics.median(ratios), low, high, words)
