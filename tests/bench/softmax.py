"""Maximum likelihood for a choice among candidates and "none of them", by Newton's method. Standard library only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Against weights that grow without end where the data can be told apart perfectly.
RIDGE = 0.001
_STEPS = 60
_SHORTEST = 1e-6
_ENOUGH = 1e-9
# What is so improbable moves nothing.
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Choice:
    """One request: its candidates' measures, which of them are right (none: the right answer is none).

    ``none`` are the measures of the request that make "none" more probable; ``weight`` how much it counts.
    """

    candidates: tuple[tuple[float, ...], ...]
    right: tuple[bool, ...]
    none: tuple[float, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Weights:
    """The strength of a candidate is ``candidate`` times its measures; that of none, ``none`` times (1, its own)."""

    candidate: tuple[float, ...]
    none: tuple[float, ...]

    def probabilities(self, choice: Choice) -> list[float]:
        """Of each candidate, in order."""
        strengths = [_dot(self.candidate, measures) for measures in choice.candidates]
        none = _dot(self.none, (1.0, *choice.none))
        top = max([none, *strengths])
        parts = [math.exp(strength - top) for strength in strengths]
        whole = math.fsum(parts) + math.exp(none - top)
        return [part / whole for part in parts]

    def aim(self, choice: Choice) -> float:
        """Of what is right: a right candidate, or none where no candidate is."""
        probabilities = self.probabilities(choice)
        if any(choice.right):
            return math.fsum(p for p, right in zip(probabilities, choice.right, strict=True) if right)
        return 1 - math.fsum(probabilities)


def fit(choices: Sequence[Choice], start: Weights | None = None) -> Weights:
    """The weights under which the right answers are most probable."""
    width, extra = len(choices[0].candidates[0]), len(choices[0].none) + 1
    theta = [*start.candidate, *start.none] if start else [0.0] * (width + extra)
    loss = _loss(choices, theta, width)
    for _ in range(_STEPS):
        gradient, hessian = _derivatives(choices, theta, width)
        step = _solve(hessian, gradient)
        length, before = 1.0, loss
        while True:
            tried = [value - length * change for value, change in zip(theta, step, strict=True)]
            loss = _loss(choices, tried, width)
            if loss <= before or length < _SHORTEST:
                break
            length /= 2
        theta = tried
        if before - loss < _ENOUGH:
            break
    return Weights(tuple(theta[:width]), tuple(theta[width:]))


def _loss(choices: Sequence[Choice], theta: list[float], width: int) -> float:
    weights = Weights(tuple(theta[:width]), tuple(theta[width:]))
    loss = 0.0
    for choice in choices:
        loss -= choice.weight * math.log(max(weights.aim(choice), 1e-12))
    total = math.fsum(choice.weight for choice in choices)
    return loss / total + RIDGE * sum(value * value for value in weights.candidate)


def _derivatives(choices: Sequence[Choice], theta: list[float], width: int) -> tuple[list[float], list[list[float]]]:
    """Gradient, and the Gauss-Newton part of the Hessian, which is never indefinite."""
    size = len(theta)
    total = math.fsum(choice.weight for choice in choices)
    gradient = [2 * RIDGE * value if n < width else 0.0 for n, value in enumerate(theta)]
    hessian = [[2 * RIDGE if a == b and a < width else 0.0 for b in range(size)] for a in range(size)]
    weights = Weights(tuple(theta[:width]), tuple(theta[width:]))
    inner, outer = range(width), range(width, size)
    for choice in choices:
        share = choice.weight / total
        probabilities = weights.probabilities(choice)
        answered = any(choice.right)
        hit = math.fsum(p for p, right in zip(probabilities, choice.right, strict=True) if right)
        none = max(0.0, 1 - math.fsum(probabilities))
        mean = [0.0] * width
        for p, z, right in zip(probabilities, choice.candidates, choice.right, strict=True):
            if p < _NOTHING and not right:
                continue
            slope = share * (p - p / hit if right and hit else p)
            for a in inner:
                part = p * z[a]
                mean[a] += part
                gradient[a] += slope * z[a]
                row, part = hessian[a], share * part
                for b in range(a + 1):
                    row[b] += part * z[b]
        alone = (1.0, *choice.none)
        for a in outer:
            gradient[a] += share * (none - (not answered)) * alone[a - width]
            moment = share * none * alone[a - width]
            for b in inner:
                hessian[a][b] -= moment * mean[b]
            for b in range(width, a + 1):
                hessian[a][b] += moment * alone[b - width] * (1 - none)
        for a in inner:
            for b in range(a + 1):
                hessian[a][b] -= share * mean[a] * mean[b]
    for a in range(size):
        for b in range(a):
            hessian[b][a] = hessian[a][b]
    return gradient, hessian


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda n: abs(rows[n][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for below in range(column + 1, size):
            factor = rows[below][column] / rows[column][column]
            if factor:
                rows[below] = [a - factor * b for a, b in zip(rows[below], rows[column], strict=True)]
    found = [0.0] * size
    for row in range(size - 1, -1, -1):
        rest = math.fsum(rows[row][column] * found[column] for column in range(row + 1, size))
        found[row] = (rows[row][size] - rest) / rows[row][row]
    return found


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))
