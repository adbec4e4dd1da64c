"""Reads JSON from untrusted files, within limits."""

import json
from typing import Any

DEPTH, TEXT, WHOLE = 50, 100_000, 2**63


class Unreasonable(ValueError):
    """JSON that cannot have been written by this package."""


def loads(content: bytes | str) -> Any:
    """Reads JSON.

    Args:
        content: of a file.

    Raises:
        Unreasonable: it repeats a key, is nested more than 50 deep, or contains an integer of more
            than 64 bits or a text of more than 100,000 characters.
        ValueError: it is not JSON.
    """
    try:
        whole = json.loads(content, object_pairs_hook=_without_repetition)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    unchecked = [(whole, 1)]
    while unchecked:  # not recursive: a deep value would exceed the recursion limit
        value, depth = unchecked.pop()
        if depth > DEPTH:
            raise Unreasonable(f"it is nested more than {DEPTH} deep")
        if type(value) is int and not -WHOLE <= value < WHOLE:
            raise Unreasonable("a whole number in it has more than 64 bits")
        if isinstance(value, str) and len(value) > TEXT:
            raise Unreasonable(f"a text in it has more than {TEXT:,} characters")
        if isinstance(value, dict):
            unchecked += ((item, depth + 1) for pair in value.items() for item in pair)
        elif isinstance(value, list):
            unchecked += ((item, depth + 1) for item in value)
    return whole


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Unreasonable("a name in it occurs twice")
    return fields
