"""A fingerprint of this machine's arithmetic.

NumPy chooses the code of exp, log and power by the vector units of the processor, and the C library that of what the
samplers call: their last bits may differ between machines, and with them a row in some hundred millions.
"""

import hashlib
from functools import cache

import numpy as np

#: Inputs for each function: enough to fill vectors and to leave a remainder.
_MANY = 4_099


@cache
def fingerprint_arithmetic() -> str:
    """Hex digest of what the functions that decide rows make of fixed inputs; the same where they round alike."""
    x = np.linspace(1e-3, 30.0, _MANY)
    draw = np.random.Generator(np.random.Philox(key=31))
    made = [np.exp(x), np.expm1(x), np.log(x), np.log1p(x), np.power(x, 1.7), np.sqrt(x), np.sin(x), np.cos(x)]
    made += [np.arctan2(x, x[::-1]), draw.standard_normal(_MANY), draw.lognormal(1.0, 0.7, _MANY)]
    made += [draw.gamma(0.4, 2.0, _MANY), draw.gamma(3.3, 2.0, _MANY), draw.pareto(1.3, _MANY), draw.beta(2, 5, _MANY)]
    made += [draw.exponential(2.0, _MANY), draw.poisson(40.0, _MANY), draw.binomial(90, 0.3, _MANY)]
    state = hashlib.sha256()
    for values in made:
        state.update(np.ascontiguousarray(values).data)
    return state.hexdigest()[:16]
