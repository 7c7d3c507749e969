"""Which models no other beats on both axes."""

from collections.abc import Sequence


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Places of the Pareto-optimal (cost, distance) points, less of both being better, by rising cost.

    A point is left out where another is at most equal on both axes and less on one; of equal points the first stays.
    """
    found: list[int] = []
    for place in sorted(range(len(points)), key=lambda i: points[i]):
        if not found or points[place][1] < points[found[-1]][1]:
            found.append(place)
    return found
