"""Makes text from files and data safe to show on a terminal or in a figure."""


def escaped(text: str) -> str:
    r"""Writes control characters as `\x1b` or `\n`, so that text cannot control a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def all_escaped(value):
    """Escapes every text in a value of JSON's types, including the keys of objects."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list):
        return [all_escaped(item) for item in value]
    if isinstance(value, dict):
        return {escaped(key): all_escaped(item) for key, item in value.items()}
    return value
