"""No code in a file is executed, and no path in it leads outside its directory."""

import ast
import dataclasses
import io
import json
import pickle
import shutil
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from experiments import plots
from keras_rnn_tutorials import models
from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials.data import source
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import state as state_module
from keras_rnn_tutorials.runner.state import State
from keras_rnn_tutorials.storage import printable, sealed

ROOT = Path(__file__).parent.parent


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_no_module_evaluates_text_or_unpickles():
    for path in [*ROOT.glob("keras_rnn_tutorials/**/*.py"), *ROOT.glob("experiments/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", None), *(alias.name for alias in node.names)}
                assert not names & {"pickle", "marshal", "shelve", "dill", "joblib"}, path
            if isinstance(node, ast.Call):
                evaluates = getattr(node.func, "id", "") in {"eval", "exec"}
                # A user's own script, which `keras-rnn-tutorials run` is asked to run.
                assert not evaluates or path.parent.name == "old_scripts", path
                for keyword in node.keywords:
                    unsafe = (keyword.arg, getattr(keyword.value, "value", None))
                    assert unsafe not in {("allow_pickle", True), ("safe_mode", False)}, path


def test_a_state_with_a_pickle_in_it_is_refused(tmp_path):
    content = io.BytesIO()
    np.savez(content, state=np.array([Touch(tmp_path / "run")], object))
    path = tmp_path / "state.npz"
    stored = content.getvalue()
    path.write_bytes(stored + sealed._digest(stored, state_module._KEY))
    with pytest.raises(UserError, match="state.npz is damaged or was saved by another version"):
        State.read(path)
    assert not (tmp_path / "run").exists()
    assert pickle.dumps(Touch(tmp_path / "run"))  # it would have been made


def test_a_model_that_holds_code_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(UserError, match="model.keras cannot be loaded"):
        models.load(tmp_path)


def test_a_model_that_names_a_function_of_the_system_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.save(tmp_path / "whole.keras")
    with zipfile.ZipFile(tmp_path / "whole.keras") as whole:
        contents = {name: whole.read(name) for name in whole.namelist()}
    config = json.loads(contents["config.json"])
    layer = config["config"]["layers"][-1]
    layer |= {"module": "os", "class_name": "system", "config": f"touch {tmp_path}/run"}
    contents["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    with pytest.raises(UserError, match="model.keras cannot be loaded"):
        models.load(tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_model_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserError, match="model.keras does not exist: give the folder of a com"):
        models.load(tmp_path)


@pytest.mark.real_data
def test_prepared_data_that_name_files_elsewhere_are_refused(real_data_dir, tmp_path):
    prepared = next((real_data_dir / "mnist").iterdir())
    version = tmp_path / "mnist" / prepared.name
    version.mkdir(parents=True)
    for path in prepared.glob("*.json"):
        shutil.copyfile(path, version / path.name)
    info = json.loads((version / "dataset_info.json").read_text())
    for split in info["splits"]:
        split["filepathTemplate"] = "../../{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
    (version / "dataset_info.json").write_text(json.dumps(info))
    with pytest.raises(UserError, match="dataset_info.json names .*, which is outside of it"):
        source.find("mnist", "tfds", str(tmp_path))


def test_control_characters_are_escaped_and_recorded_texts_have_none():
    assert printable.escaped("a\x1b[31m\n\x07é\u202e") == r"a\x1b[31m\n\x07é\u202e"
    for path in plots.PLOTS.rglob("*.json"):
        fields = json.loads(path.read_text())
        del fields["digest"]
        runs = [dataclasses.asdict(one) for one in record_module.read(path)]
        assert runs == [
            {name: fields[name] for name in ("experiment", "config", "dataset")} | run
            for run in fields["runs"]
        ]
