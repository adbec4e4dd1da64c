"""The mistakes of `python -m tests.mutations` still apply; the command itself takes hours."""

import collections
import re
from pathlib import Path

import pytest

from tests.mutations.__main__ import MUTATIONS
from tests.mutations.mutation import Mutation

TESTS = Path(__file__).parent


def test_the_old_text_of_every_mutation_stands_once_in_its_file():
    stale = []
    for mutation in MUTATIONS:
        try:
            assert mutation.applied() != mutation.path().read_text(), mutation.name
        except (OSError, ValueError) as error:
            stale.append(str(error))
    assert not stale, "\n".join(stale)


def test_every_mutation_has_a_name_of_its_own_and_tests_that_are_there():
    names = collections.Counter((mutation.file, mutation.name) for mutation in MUTATIONS)
    assert max(names.values()) == 1
    for mutation in MUTATIONS:
        assert mutation.tests, mutation.name
        for test in mutation.tests:
            file, _, function = test.partition("::")
            text = (TESTS / file).read_text()
            assert not function or re.search(rf"^def {function}\(", text, re.M), test


def test_an_old_text_that_is_not_there_once_is_an_error(tmp_path):
    (tmp_path / "keras_rnn_tutorials").mkdir()
    (tmp_path / "keras_rnn_tutorials" / "some.py").write_text("x = 1\nx = 1\n")
    for old, count in (("x = 1", 2), ("y", 0)):
        with pytest.raises(ValueError, match=f"its old text occurs {count} times in some.py"):
            Mutation("a slip", "some.py", old, "", ()).applied(tmp_path)
