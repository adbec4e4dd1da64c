"""Student's t, computed from its density, as a reference for the tests of the statistics."""

import math

from scipy import integrate


def upper_tail(t: float, df: float) -> float:
    """The probability of a value above t."""

    def density(x):  # up to a constant factor
        return (1 + x * x / df) ** (-(df + 1) / 2)

    whole, _ = integrate.quad(density, -math.inf, math.inf)
    return integrate.quad(density, t, math.inf)[0] / whole
