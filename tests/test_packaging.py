"""The files around the code: versions, constraints, and the checks before the tests."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import keras_rnn_tutorials

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONSTRAINTS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)
CHECKS = re.findall(
    r"^\.venv/bin/(?!pip)(.*)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.M
)


@pytest.mark.parametrize(
    "text", [*PROJECT["dependencies"], *EXTRAS["test"], *EXTRAS["lint"], *EXTRAS["docs"]]
)
def test_a_constraint_fits_each_requirement(text):
    """Where one is missing: write the version in use, as pip freeze shows it, and what it needs."""
    requirement = Requirement(text)
    assert requirement.name in CONSTRAINTS
    assert requirement.specifier.contains(CONSTRAINTS[requirement.name])


def test_the_constraints_are_what_the_records_were_made_with():
    """After a rerecord with other versions: write those into constraints.txt."""
    records = sorted((ROOT / "plots").rglob("*.json"))
    assert records
    for path in records:
        for environment in _environments(json.loads(path.read_text(encoding="utf-8"))):
            known = {name: CONSTRAINTS[name] for name in environment if name in CONSTRAINTS}
            assert {"tensorflow", "keras", "numpy"} <= set(known)
            assert known == {name: environment[name] for name in known}, path


def _environments(value):
    if isinstance(value, list):
        for part in value:
            yield from _environments(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name == "environment":
                yield part
            else:
                yield from _environments(part)


def test_a_citation_names_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {keras_rnn_tutorials.__version__}\n" in citation


def test_the_hooks_are_the_checks_of_ci_run():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert len(CHECKS) == 5
    assert re.findall(r"entry: \.venv/bin/(.*)", hooks) == CHECKS


def test_the_workflow_runs_the_oldest_and_the_newest_python():
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert 'python-version: ["3.11", "3.13"]' in workflow
    assert "- run: .ci/run" in workflow
