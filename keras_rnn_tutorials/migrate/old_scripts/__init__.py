"""TensorFlow 1 scripts, run as they are: `keras-rnn-tutorials run old_script.py [arguments]`.

In the script, and in the modules beside it, `import tensorflow as tf` gives TensorFlow 1's names on
TensorFlow 2, and graphs with Sessions; every other module gets the TensorFlow that is installed.
The script's own errors end it with Python's traceback, as ever. A name that is not here ends it
with one line that has the name, the script's line and what to use instead.
"""

import builtins
import importlib
import os
import sys
import sysconfig
import traceback
import types
from pathlib import Path

from keras_rnn_tutorials.errors import UserError

_PACKAGE = Path(__file__).parents[2]
# What NumPy 1.20 called by Python's own names, and NumPy 2 no longer does.
_NUMPY_NAMES = {
    "bool": bool,
    "complex": complex,
    "float": float,
    "int": int,
    "long": int,
    "object": object,
    "str": str,
    "unicode": str,
    "Inf": float("inf"),
    "NaN": float("nan"),
    "infty": float("inf"),
}
# What it had two names for, by the one that is gone.
_NUMPY_SYNONYMS = {
    "alltrue": "all",
    "complex_": "complex128",
    "cumproduct": "cumprod",
    "float_": "float64",
    "product": "prod",
    "row_stack": "vstack",
    "sometrue": "any",
    "string_": "bytes_",
    "unicode_": "str_",
}


def read_script(path: Path) -> bytes:
    """The source of a script.

    Raises:
        UserError: there is no such file, or it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}. Give the path of a Python script.") from None


def run_script(path: Path, source: bytes, arguments: list[str], data: str = "auto"):
    """Runs a script as `__main__`, and ends the process as the script ends.

    Args:
        path: of the script.
        source: what `read_script` returned.
        arguments: its command line, without its name.
        data: where its MNIST is from: "auto", "tfds" or "sample".
    """
    importer = _prepare(data)
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    main = types.ModuleType("__main__")
    vars(main).update(__file__=str(path), __builtins__=builtins)
    sys.modules["__main__"] = main
    builtins.__import__ = importer
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), vars(main))
    except SystemExit:
        raise
    except BaseException as error:
        sys.exit(_report(error))


def _prepare(data: str):
    """Has TensorFlow 2 behave as TensorFlow 1.

    Returns:
        What is to stand in the place of `builtins.__import__`.
    """
    import numpy as np
    import tensorflow as tf

    import keras_rnn_tutorials.migrate.old_scripts.tensorflow1 as tensorflow1

    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")  # it warns of what is asked for here
    tf.compat.v1.disable_v2_behavior()
    logger.setLevel(level)
    synonyms = {name: getattr(np, today) for name, today in _NUMPY_SYNONYMS.items()}
    for name, value in (_NUMPY_NAMES | synonyms).items():
        if name not in vars(np):
            setattr(np, name, value)
    print(
        f"TensorFlow {tf.__version__} with the names of TensorFlow {tensorflow1.VERSION}",
        file=sys.stderr,
    )
    return Importer(tensorflow1.module(data))


class Importer:
    """`import`, in which the old script's `tensorflow` is another than everybody else's."""

    def __init__(self, tensorflow):
        """Takes the module that old code gets."""
        self._tensorflow = tensorflow
        self._import = builtins.__import__

    def __call__(self, name, globals=None, locals=None, fromlist=(), level=0):
        """Does what `builtins.__import__` does."""
        if level or name.partition(".")[0] != "tensorflow" or not is_old(globals or {}):
            return self._import(name, globals, locals, fromlist, level)
        module = self._found(name)
        for wanted in fromlist or ():
            if wanted != "*":
                self._attribute(module, wanted)
        return module if fromlist else self._tensorflow

    def _found(self, name):
        from keras_rnn_tutorials.migrate.old_scripts.modules import MissingModule

        module = self._tensorflow
        for part in name.split(".")[1:]:
            try:
                module = self._attribute(module, part)
            except MissingModule:  # which knows the name up to here only
                raise MissingModule(name) from None
        return module

    @staticmethod
    def _attribute(module, name):
        from keras_rnn_tutorials.migrate.old_scripts.modules import MissingModule, MissingName

        try:
            return getattr(module, name)
        except AttributeError as error:
            if isinstance(error, MissingName):
                raise MissingModule(error.missing) from None
        return importlib.import_module(f"{module.__name__}.{name}")


def is_old(module_globals: dict) -> bool:
    """Whether code is the script's: neither of this package, nor of Python, nor installed."""
    if module_globals.get("__name__") == "__main__":
        return True
    file = module_globals.get("__file__")
    return file is not None and _is_scripts(file)


def _is_scripts(file: str) -> bool:
    path = Path(os.path.abspath(file))
    places = ("stdlib", "platstdlib", "purelib", "platlib")
    installed = {sysconfig.get_paths()[place] for place in places}
    return (
        not file.startswith("<")
        and "site-packages" not in path.parts
        and not any(path.is_relative_to(place) for place in (*installed, str(_PACKAGE)))
    )


def _report(error: BaseException) -> int:
    """Prints an error that ended the script; returns the exit status."""
    from keras_rnn_tutorials.migrate.old_scripts.modules import MissingName

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_scripts(frame.filename)]
    if isinstance(error, MissingName) and own:
        print(f"error: {own[-1].filename}:{own[-1].lineno}: {error}.", file=sys.stderr)
        return 2
    begin = error.__traceback__
    while begin is not None and not _is_scripts(begin.tb_frame.f_code.co_filename):
        begin = begin.tb_next
    sys.excepthook(type(error), error.with_traceback(begin or error.__traceback__), begin)
    return 130 if isinstance(error, KeyboardInterrupt) else 1
