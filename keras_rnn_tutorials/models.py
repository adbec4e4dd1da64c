"""Trained models back from their files."""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from keras_rnn_tutorials.errors import UserError

if TYPE_CHECKING:
    import keras


def load(path: str | Path) -> "keras.Model":
    """Loads the model of a run, in Keras' safe mode: nothing in the file is run.

    Args:
        path: of a `.keras` file, or of the directory of a run.

    Returns:
        The compiled model.

    Raises:
        UserError: the file cannot be read, is damaged, or asks for what safe mode refuses.
    """
    import keras

    from keras_rnn_tutorials import layers, losses, tf1  # noqa: F401  a model may be made of them

    path = Path(path)
    path = path / "model.keras" if path.is_dir() else path
    try:
        with zipfile.ZipFile(path) as archive:
            if (damaged := archive.testzip()) is not None:
                raise zipfile.BadZipFile(f"{damaged} is not what was written")
        return keras.saving.load_model(path, safe_mode=True)
    except FileNotFoundError as error:
        raise UserError(f"{path} is not there: give the directory of a complete run.") from error
    except Exception as error:  # whatever zipfile, h5py and Keras come up with
        first, *_ = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(f"{path} cannot be loaded ({first[:200]}): make the run again.") from error
