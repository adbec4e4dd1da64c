"""Modules with TensorFlow 1's names; for a missing one they say what to use instead."""

import importlib
import types

from keras_rnn_tutorials.migrate.old_scripts.replacements import replacement


class MissingName(Exception):
    """A name of TensorFlow 1 that is not here; see its two kinds below.

    Attributes:
        name: in full, as in `tf.contrib.crf`.
        advice: what to use instead.
    """

    def __init__(self, name: str):
        """Takes the name in full."""
        self.missing = name.replace("tensorflow", "tf", 1)
        self.advice = replacement(self.missing)
        super().__init__(f"{self.missing} is not available here: {self.advice}")


class MissingAttribute(MissingName, AttributeError):
    """The name stands in an expression; `hasattr` sees an AttributeError."""


class MissingModule(MissingName, ImportError):
    """The name stands in an import; `try: import` sees an ImportError."""


class OldModule(types.ModuleType):
    """A module of TensorFlow 1.

    A name is looked for among the module's own, then in what stands behind it: a module of today's
    TensorFlow. Modules found there are wrapped in the same way.
    """

    def __init__(
        self, name: str, names: dict | None = None, behind: types.ModuleType | None = None
    ):
        """Takes the module's contents.

        Args:
            name: in full, as in `tensorflow.nn`.
            names: what the module has of its own, by name.
            behind: where every other name is looked for; None for nowhere.
        """
        super().__init__(name)
        self.__path__: list[str] = []
        self.__dict__.update(names or {})
        self.__dict__["_behind"] = behind

    def __getattr__(self, name):
        """The attribute, or a MissingAttribute."""
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._found(name)
        if isinstance(found, types.ModuleType) and _is_tensorflows(found):
            found = OldModule(f"{self.__name__}.{name}", behind=found)
        self.__dict__[name] = found
        return found

    def _found(self, name):
        behind = self.__dict__["_behind"]
        if behind is not None:
            try:
                return getattr(behind, name)
            except AttributeError:
                if hasattr(behind, "__path__") and behind.__name__.startswith("tensorflow.python"):
                    try:
                        return importlib.import_module(f"{behind.__name__}.{name}")
                    except ModuleNotFoundError:
                        pass
        raise MissingAttribute(f"{self.__name__}.{name}")


def _is_tensorflows(module) -> bool:
    """Whether a module lists public names of TensorFlow, or holds its internal modules."""
    return module.__name__.startswith("tensorflow._api") or (
        module.__name__.startswith("tensorflow.python") and hasattr(module, "__path__")
    )
