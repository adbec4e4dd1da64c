"""Uses of TensorFlow 1's recurrent API in scripts and notebooks: `migrate scan`.

Sources are parsed, never run, and neither TensorFlow nor Keras is imported. Names are followed
through imports, assignments, conditionals, partials and tables of classes; a name that can be
several things is reported as one of them.
"""

import ast
import dataclasses
import difflib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import vocabulary

# Python 2's statements, in which the same columns hold something that Python 3 can parse.
_PYTHON_2 = (
    (re.compile(r"^(\s*(?:.*[:;]\s+)?)print[ \t]+>>"), r"\1 0,    "),
    (re.compile(r"^(\s*(?:[^'\"#]*[:;]\s+)?)print(?=[ \t]*[^\s(=.,)\]:])"), r"\1 0,  "),
    (re.compile(r"^(\s*)exec(?=[ \t]+['\"\w])"), r"\1 0, "),
    (re.compile(r"except\s+([\w.]+|\([^)]*\))\s*,\s*(\w+)\s*:"), r"except \1 as \2:"),
    (re.compile(r"(raise\s+[\w.]+)\s*,"), r"\1;"),
    (re.compile(r"\b0(\d+)\b(?!\.)"), r"0o\1"),
    (re.compile(r"\b(\d+)[lL]\b"), r"\1 "),
    (re.compile(r"\b[uU][rR](?=['\"])"), r" r"),
    (re.compile(r"<>"), r"!="),
)
_PRINTED_TUPLE = re.compile(r"^(\s*)print(?=[ \t]+\()")


@dataclasses.dataclass(frozen=True)
class Use:
    """A place in a source.

    Attributes:
        file: of the source; of a notebook with the number of the cell.
        line: from 1.
        column: from 1.
        use: TensorFlow 1's name, or what a pitfall is about.
        replacement: what to write instead.
        end: of the name, in the same line, from 1; 0 if it is not to be replaced.
        tf1: the name in `keras_rnn_tutorials.tf1`, or None.
    """

    file: str
    line: int
    column: int
    use: str
    replacement: str
    end: int = 0
    tf1: str | None = None

    def __str__(self) -> str:
        """As a compiler would print it."""
        return f"{self.file}:{self.line}:{self.column}: {self.use} → {self.replacement}"

    def as_dict(self) -> dict:
        """For `--json`."""
        names = ("file", "line", "column", "use", "replacement")
        return {name: getattr(self, name) for name in names}


def files(paths: Iterable[Path]) -> list[Path]:
    """The scripts and notebooks among paths and in directories.

    Raises:
        UserError: a path does not exist.
    """
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = [*path.rglob("*.py"), *path.rglob("*.ipynb")]
            found += sorted(p for p in inside if ".ipynb_checkpoints" not in p.parts)
        elif path.is_file():
            found.append(path)
        else:
            raise UserError(f"{path}: no such file or directory.")
    return found


def scan(path: Path) -> list[Use]:
    """The uses in a file, in the order of its lines.

    Args:
        path: of a script, or of a notebook, whose name ends in `.ipynb`.

    Raises:
        UserError: the file cannot be read.
    """
    source = _text(path)
    if path.suffix != ".ipynb":
        return scan_source(source, str(path))
    try:
        cells = json.loads(source)["cells"]
        codes = ["".join(cell["source"]) if cell["cell_type"] == "code" else "" for cell in cells]
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path}: not a notebook of Jupyter's format 4.") from None
    codes = list(map(_without_magic, codes))
    # Names that one cell makes are used in the next.
    joined, starts = "", []
    for code in codes:
        starts.append(joined.count("\n"))
        joined += code + "\n"
    return [_in_cell(use, path, starts) for use in scan_source(joined, str(path))]


# Of notebooks: a cell in another language, a timed statement, other commands, and questions.
_OTHER_LANGUAGE = re.compile(r"\s*%%(?!time|timeit|capture|prun|python|writefile)\w")
_TIMED = re.compile(r"^([ \t]*)%(?:time|timeit)[ \t]+(?=[\w(])", re.MULTILINE)
_COMMAND = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?+[ \t]*)$", re.MULTILINE)
_ASSIGNED_COMMAND = re.compile(r"^([ \t]*[\w, ]+=[ \t]*)[%!].*$", re.MULTILINE)


def _without_magic(code: str) -> str:
    """A notebook's code in which each line is Python, and stands in its column."""
    if _OTHER_LANGUAGE.match(code):
        return "\n" * code.count("\n")
    code = _TIMED.sub(lambda match: match[1] + "0;".ljust(len(match[0]) - len(match[1])), code)
    code = _COMMAND.sub(r"\1pass", code)
    return _ASSIGNED_COMMAND.sub(r"\1None", code)


def _in_cell(use: Use, path: Path, starts: list[int]) -> Use:
    number = max(i for i, start in enumerate(starts) if start < use.line)
    return dataclasses.replace(
        use, file=f"{path}:cell {number + 1}", line=use.line - starts[number], end=0
    )


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def scan_source(source: str, file: str) -> list[Use]:
    """The uses in a source; one that even Python 2 would not take is searched line by line."""
    source = source.replace("\r\n", "\n").expandtabs()
    tree = _parsed(source) or _parsed(_without_python_2(source))
    if tree is None:
        return list(_by_line(source, file))
    names = _Names(tree)
    found = [*_uses(tree, names, file), *_pitfalls(tree, names, file)]
    return sorted(found, key=lambda use: (use.line, use.column))


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _without_python_2(source: str) -> str:
    lines = []
    for line in source.split("\n"):
        line = _PRINTED_TUPLE.sub(r"\1 0,  ", line)
        for pattern, replacement in _PYTHON_2:
            line = pattern.sub(replacement, line)
        lines.append(line)
    # Blocks keep their indentation: what was put before a statement is taken off its middle.
    return "\n".join(re.sub(r"^(\s*) 0,", r"\g<1>0, ", line) for line in lines)


def _by_line(source: str, file: str) -> Iterator[Use]:
    pattern = re.compile(r"\b(?:tf|tensorflow)((?:\.\w+)+)")
    for number, line in enumerate(source.split("\n"), 1):
        for match in pattern.finditer(line.split("#")[0]):
            name = vocabulary.canonical("tensorflow" + match[1])
            if (entry := vocabulary.entry(name)) is not None:
                advice = f"{entry.advice} (the file cannot be parsed: only this line was read)"
                yield Use(file, number, match.start() + 1, vocabulary.shown(name), advice)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Names:
    """What each name in a source can stand for: names in full, such as `tensorflow.nn.rnn_cell`.

    A name that a function binds is that function's own, as in Python: what it stands for outside
    does not count there. A function or class of the script's own hides what it is named after.
    """

    def __init__(self, tree: ast.Module):
        # The innermost function, lambda or comprehension around each node; the tree outside.
        self._place: dict[ast.AST, ast.AST] = {}
        # The place around each place.
        self._around: dict[ast.AST, ast.AST] = {tree: tree}
        # By an assignment in a class: the class's name.
        self._class_of: dict[ast.AST, str] = {}
        # By place and name: what the name can stand for there; an empty set for anything else.
        self._meaning: dict[tuple[ast.AST, str], set[str]] = {}
        # By name: the line from which on a function or class of the module has it.
        self._own: dict[str, int] = {}
        self._tree = tree
        self._visit(tree, tree)
        for node in ast.walk(tree):
            self._imports(node)
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._own[node.name] = node.end_lineno or node.lineno
        for _ in range(3):  # an alias of an alias of an alias
            for node in ast.walk(tree):
                self._given(node)

    def _visit(self, node, place):
        self._place[node] = place
        if isinstance(node, ast.ClassDef):
            self._class_of |= dict.fromkeys(node.body, node.name)
        outer: list[ast.expr] = []  # what is evaluated around the new place
        if isinstance(node, _FUNCTIONS):
            outer = [*getattr(node, "decorator_list", []), *node.args.defaults]
        elif isinstance(node, _COMPREHENSIONS):
            outer = [node.generators[0].iter]
        for child in outer:
            self._visit(child, place)
        if isinstance(node, (*_FUNCTIONS, *_COMPREHENSIONS)):
            self._around[node] = place
            self._meaning |= {(node, name): set() for name in _bound(node)}
            place = node
        for child in ast.iter_child_nodes(node):
            if child not in self._place:
                self._visit(child, place)

    def _imports(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    self._add(node, alias.asname, {alias.name})
                else:
                    name = alias.name.split(".")[0]
                    self._add(node, name, {name})
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if alias.name == "*":
                    for name in vocabulary.names_in(vocabulary.canonical(node.module)):
                        self._add(node, name, {f"{node.module}.{name}"})
                else:
                    self._add(node, alias.asname or alias.name, {f"{node.module}.{alias.name}"})

    def _given(self, node):
        """What names are given: by assignments, loops over lists, and defaults of arguments."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assignment(node, target, node.value)
        elif isinstance(node, (ast.For, ast.comprehension)):
            self._assignment(node, node.target, node.iter)
        elif isinstance(node, _FUNCTIONS):
            given = [*node.args.posonlyargs, *node.args.args]
            defaults = node.args.defaults
            for argument, value in zip(given[len(given) - len(defaults) :], defaults, strict=True):
                self._meaning[node, argument.arg] |= self.meanings(value)

    def _assignment(self, node, target, value):
        if isinstance(target, (ast.Name, ast.Attribute)):
            name, found = _dotted(target), self.meanings(value)
            self._add(node, name, found)
            if name and node in self._class_of:
                for prefix in ("self", "cls", self._class_of[node]):
                    self._add(node, f"{prefix}.{name}", found)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            if len(target.elts) == len(value.elts):
                for one, of in zip(target.elts, value.elts, strict=True):
                    self._assignment(node, one, of)

    def _add(self, node, name, meanings):
        if name and meanings:
            place = self._scope(self._place[node], name.split(".")[0])
            if name.startswith(("self.", "cls.")):
                place = self._tree
            self._meaning.setdefault((place, name), set()).update(meanings)

    def _scope(self, place, name: str) -> ast.AST:
        """Where a name is bound that is used in a place: attributes, in the module."""
        while place is not self._tree and (place, name) not in self._meaning:
            place = self._around[place]
        return place

    def meanings(self, node) -> set[str]:
        """The names in full that an expression can stand for; an empty set for anything else."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._of_name(node)
        if isinstance(node, ast.IfExp):
            return self.meanings(node.body) | self.meanings(node.orelse)
        if isinstance(node, ast.Dict):
            return set().union(*map(self.meanings, node.values))
        if isinstance(node, (ast.List, ast.Tuple)):
            return set().union(*map(self.meanings, node.elts))
        if isinstance(node, ast.Subscript):
            return self.meanings(node.value)
        if isinstance(node, ast.Call):
            called = _dotted(node.func) or ""
            if called == "getattr":
                return self._of_getattr(node)
            if called.split(".")[-1] == "partial" and node.args:
                return self.meanings(node.args[0])
            if called.endswith(".get") and isinstance(node.func, ast.Attribute):
                return self.meanings(node.func.value)
        return set()

    def _of_getattr(self, node: ast.Call) -> set[str]:
        wanted = node.args[1] if len(node.args) > 1 else None
        if not isinstance(wanted, ast.Constant) or not isinstance(wanted.value, str):
            return set()
        found = {f"{name}.{wanted.value}" for name in self.meanings(node.args[0])}
        return {vocabulary.canonical(name) for name in found}

    def _of_name(self, node) -> set[str]:
        dotted = _dotted(node)
        if dotted is None:
            return set()
        parts = dotted.split(".")
        place = self._place.get(node, self._tree)
        place = self._scope(place, parts[0])
        if place is self._tree and node.lineno > self._own.get(parts[0], node.lineno):
            if len(parts) == 1 or (place, ".".join(parts[:2])) not in self._meaning:
                return set()
        if parts[0] in ("self", "cls"):  # whose attributes other methods read too
            place = self._tree
        for length in range(len(parts), 0, -1):
            head = ".".join(parts[:length])
            if found := self._meaning.get((place, head)):
                rest = parts[length:]
                return {vocabulary.canonical(".".join([name, *rest])) for name in found}
        return set()


def _bound(function) -> set[str]:
    """The names that a function, lambda or comprehension binds itself."""
    names: set[str] = set()
    if isinstance(function, _FUNCTIONS):
        arguments = function.args
        all_of = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        all_of += [one for one in (arguments.vararg, arguments.kwarg) if one]
        names |= {argument.arg for argument in all_of}
    waiting = list(ast.iter_child_nodes(function))
    outer: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            outer.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        if isinstance(node, (*_FUNCTIONS[:2], ast.ClassDef)):
            names.add(node.name)
        elif not isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
            waiting += ast.iter_child_nodes(node)
    return names - outer


def _dotted(node) -> str | None:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _uses(tree, names: _Names, file: str) -> Iterator[Use]:
    inside = set()  # parts of a longer chain
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            inside.add(node.value)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Name, ast.Attribute, ast.Call)) or node in inside:
            continue
        if isinstance(node, ast.Call):
            if _dotted(node.func) != "getattr":
                continue
        elif not isinstance(node.ctx, ast.Load):
            continue
        found = sorted(n for n in names.meanings(node) if vocabulary.entry(n) is not None)
        if not found:
            continue
        entries = [vocabulary.entry(name) for name in found]
        use = " or ".join(map(vocabulary.shown, found))
        advice = "; ".join(dict.fromkeys(entry.advice for entry in entries if entry))
        one = entries[0] if len(found) == 1 else None
        yield Use(
            file,
            node.lineno,
            node.col_offset + 1,
            use if len(found) == 1 else f"one of {use}",
            advice,
            (node.end_col_offset or -1) + 1 if node.end_lineno == node.lineno else 0,
            one.tf1 if one and _writes_out(node, found[0]) else None,
        )


def _writes_out(node, name: str) -> bool:
    """Whether a node is spelled by the name itself, and not by an alias of it."""
    return (_dotted(node) or "").split(".")[-1] == name.split(".")[-1]


def _pitfalls(tree, names: _Names, file: str) -> Iterator[Use]:
    values = _Values(tree)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.expr, ast.Assign)):
            continue
        for use, advice in (
            *_softmax_twice(node, names, values),
            *_last_of_both(node, names, values),
            *_one_cell_times(node, names, values),
            *_cell_state_as_output(node, names, values),
        ):
            yield Use(file, node.lineno, node.col_offset + 1, use, advice)


class _Values:
    """What names are given in a source, by function and line."""

    def __init__(self, tree: ast.Module):
        # By function and name: the line, the value, and the path in it where it is unpacked.
        self._given: dict[tuple, list[tuple[int, ast.expr, tuple[int, ...]]]] = {}
        self._function: dict[ast.AST, ast.AST | None] = {}
        self._functions: dict[str, ast.FunctionDef] = {}
        self._visit(tree, None)

    def _visit(self, node, function):
        self._function[node] = function
        if isinstance(node, ast.FunctionDef):
            self._functions[node.name] = node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            function = node
        if isinstance(node, ast.Assign):
            for target in node.targets:
                for name, path in _unpacked(target, ()):
                    # An attribute is read in other methods too.
                    for where in {function, None} if "." in name else {function}:
                        given = self._given.setdefault((where, name), [])
                        given.append((node.lineno, node.value, path))
        for child in ast.iter_child_nodes(node):
            self._visit(child, function)

    def given(self, node) -> tuple[ast.expr, tuple[int, ...]] | None:
        """What a name was last given above its line, in its function or outside.

        Returns:
            The value, and the path in it: `(1,)` of the second part of what is unpacked, and `()`
            if it is not.
        """
        name = _dotted(node)
        for where in dict.fromkeys((self._function.get(node), None)):
            given = self._given.get((where, name), [])
            anywhere = where is None and name and "." in name
            above = [entry for entry in given if anywhere or entry[0] < node.lineno]
            if above:
                _, value, path = max(above, key=lambda entry: entry[0])
                return value, path
        return None

    def returned(self, node) -> ast.expr | None:
        """What the function of the source that a call calls returns first."""
        called = (_dotted(node.func) or "").split(".")[-1]
        inside = ast.walk(self._functions[called]) if called in self._functions else ()
        values = [part.value for part in inside if isinstance(part, ast.Return) and part.value]
        return values[0] if values else None


def _unpacked(target, path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names in a target of an assignment, each with its path."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for i, part in enumerate(target.elts):
            yield from _unpacked(part, (*path, i))
    elif name := _dotted(target):
        yield name, path


def _called(node, names, values: _Values, path=()) -> set[str]:
    """What was called to make a value, directly or through a name."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        value, at = values.given(node) or (None, ())
        node = value if at in ((), path) else None
    return names.meanings(node.func) if isinstance(node, ast.Call) else set()


def _softmax_twice(node, names, values):
    if not isinstance(node, ast.Call):
        return
    if not any(name.endswith("_with_logits") for name in names.meanings(node.func)):
        return
    logits = [keyword.value for keyword in node.keywords if keyword.arg == "logits"]
    for value in logits or node.args[:1]:
        if "tensorflow.nn.softmax" in _called(value, names, values):
            yield (
                "softmax before a loss that applies it",
                "give the loss the logits: with softmax twice it cannot fall far",
            )


def _last_of_both(node, names, values):
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.UnaryOp):
        return
    if ast.unparse(node.slice) == "-1" and any(
        "bidirectional" in name for name in _called(node.value, names, values, (0,))
    ):
        yield (
            "outputs[-1] of a bidirectional network",
            "its backward half has read one step only: join both final states instead",
        )


def _one_cell_times(node, names, values):
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return
    for side in (node.left, node.right):
        if isinstance(side, ast.List) and len(side.elts) == 1:
            made = _called(side.elts[0], names, values)
            if any(vocabulary.entry(n) and n.endswith(("Cell", "Wrapper")) for n in made):
                yield (
                    "[cell] * n",
                    "one cell n times, whose layers share weights: make a cell for each layer",
                )


_STATE_ORDER = (
    "h taken from state[0]",
    "an LSTM's state is (c, h) here: h is state[1] or state.h; Keras returns h first, then c",
)
_LSTM_CELLS = re.compile(r"\.(Basic|Block|LayerNormBasic)?LSTM(Block)?Cell$")
_READS_OUTPUTS = ("dense", "dropout", "fully_connected", "matmul", "xw_plus_b")
_HIDDEN = {"encoding", "h", "hidden", "last", "out", "output", "outputs"}
_CELL = {"c", "cell", "memory"}


def _cell_state_as_output(node, names, values: _Values):
    """An LSTM's state unpacked as `h, c`, or its first part taken for the output."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if _takes_cell_state(target, node.value, names, values):
                yield _STATE_ORDER
    if isinstance(node, ast.Call) and node.args:
        called = (_dotted(node.func) or "").split(".")[-1]
        if called in _READS_OUTPUTS and _is_cell_state(node.args[0], names, values):
            yield _STATE_ORDER


def _takes_cell_state(target, value, names, values: _Values) -> bool:
    if _is_cell_state(value, names, values):
        words = _words(target)
        return bool(words & _HIDDEN) and not words & _CELL
    for pair, path in _pairs(target, ()):
        first, second = map(_words, pair)
        if first & _HIDDEN and second & _CELL and _is_lstm_state(value, path, names, values):
            return True
    return False


def _pairs(target, path) -> Iterator[tuple[list[ast.expr], tuple[int, ...]]]:
    """The pairs of names in a target of an assignment, each with its path."""
    if isinstance(target, ast.Tuple):
        if len(target.elts) == 2:
            yield target.elts, path
        for i, part in enumerate(target.elts):
            yield from _pairs(part, (*path, i))


def _words(node) -> set[str]:
    """The words of a name: `final_h` and `self.finalH` have an "h"."""
    last = (_dotted(node) or "").split(".")[-1]
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last).lower().split("_"))


def _is_cell_state(node, names, values: _Values) -> bool:
    """Whether an expression is `state[0]` of an LSTM."""
    return _index(node) == 0 and _is_lstm_state(node.value, (), names, values)


def _index(node) -> int | None:
    """The constant that an expression is subscripted with."""
    if not isinstance(node, ast.Subscript):
        return None
    try:
        value = ast.literal_eval(node.slice)
    except (ValueError, TypeError, SyntaxError):
        return None
    return value if isinstance(value, int) else None


def _is_lstm_state(node, path, names, values: _Values, depth: int = 0) -> bool:
    """Whether the part of an expression at a path is the state of one LSTM cell."""
    if depth > 8:
        return False
    if (index := _index(node)) is not None:
        return _is_lstm_state(node.value, (index, *path), names, values, depth + 1)
    if isinstance(node, (ast.Name, ast.Attribute)):
        value, at = values.given(node) or (None, ())
        return value is not None and _is_lstm_state(value, at + path, names, values, depth + 1)
    if not isinstance(node, ast.Call) or not path:
        return False
    called = {name.rpartition(".")[2] for name in names.meanings(node.func)}
    cells = [
        *node.args,
        *(key.value for key in node.keywords if (key.arg or "").startswith("cell")),
    ]
    layers = _layers_of_lstm(cells[0], names, values) if cells else None
    if layers is None:
        return False
    (first, *rest) = path
    if called & {"dynamic_rnn", "static_rnn", "rnn"} and first == 1:
        pass
    elif called & {"static_bidirectional_rnn", "bidirectional_rnn"} and first in (1, 2):
        pass
    elif "bidirectional_dynamic_rnn" in called and first == 1 and rest:
        rest = rest[1:]
    else:
        return False
    return len(rest) == layers


def _layers_of_lstm(node, names, values: _Values, depth: int = 0) -> int | None:
    """0 for one LSTM cell, 1 for a stack of them, None for anything else."""
    if depth > 8:
        return None
    if isinstance(node, (ast.Name, ast.Attribute)):
        value, path = values.given(node) or (None, (0,))
        return _layers_of_lstm(value, names, values, depth + 1) if path == () else None
    if not isinstance(node, ast.Call):
        return None
    called = names.meanings(node.func)
    tuples = [key.value for key in node.keywords if key.arg == "state_is_tuple"]
    if any(isinstance(value, ast.Constant) and value.value is False for value in tuples):
        return None
    if called and all(_LSTM_CELLS.search(name) for name in called):
        return 0
    arguments = [*node.args, *(key.value for key in node.keywords if key.arg in ("cell", "cells"))]
    if called and all(name.endswith(("DropoutWrapper", "ResidualWrapper")) for name in called):
        return _layers_of_lstm(arguments[0], names, values, depth + 1) if arguments else None
    if called and all(name.endswith("MultiRNNCell") for name in called) and arguments:
        inside = _element(arguments[0], values)
        one = _layers_of_lstm(inside, names, values, depth + 1)
        return 1 if one == 0 else None
    if not called and (returned := values.returned(node)) is not None:
        return _layers_of_lstm(returned, names, values, depth + 1)
    return None


def _element(node, values: _Values):
    """One element of a list that is written out, repeated, or comprehended."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        node = (values.given(node) or (None, ()))[0]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        node = node.left if isinstance(node.left, ast.List) else node.right
    if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
        return node.elts[0]
    return node.elt if isinstance(node, ast.ListComp) else None


def fix(path: Path) -> str:
    """The change of a script to `keras_rnn_tutorials.tf1`, as a diff; empty if there is none.

    Only names are replaced for which `tf1` has one, where the script spells them out.
    """
    if path.suffix == ".ipynb":
        return ""
    source = _text(path)
    if _parsed(source) is None or "\t" in source:
        return ""
    lines = source.splitlines(keepends=True)
    for use in reversed([use for use in scan(path) if use.tf1 and use.end]):
        line = lines[use.line - 1].encode()
        changed = line[: use.column - 1] + f"tf1.{use.tf1}".encode() + line[use.end - 1 :]
        lines[use.line - 1] = changed.decode()
    if lines == source.splitlines(keepends=True):
        return ""
    imports = [i for i, line in enumerate(lines) if re.match(r"(import|from) tensorflow\b", line)]
    lines.insert((imports[0] if imports else 0) + 1, "from keras_rnn_tutorials import tf1\n")
    return "".join(
        difflib.unified_diff(source.splitlines(keepends=True), lines, str(path), str(path))
    )
