"""How an experiment is run: its command line, training, folder and saved state."""

import sys
from pathlib import PurePath

from keras_rnn_tutorials.storage import interrupts

if PurePath(*sys.argv[:1]).stem == "keras-rnn-tutorials":  # the script imports this module first
    interrupts.end_in_one_line()

from keras_rnn_tutorials.runner.config import (  # noqa: E402
    DataConfig,
    ResumableConfig,
    RunConfig,
    TrainConfig,
    question,
    questions,
    takes,
)
from keras_rnn_tutorials.runner.runs import Run, measure, train, train_several  # noqa: E402

__all__ = [
    "DataConfig",
    "ResumableConfig",
    "Run",
    "RunConfig",
    "TrainConfig",
    "measure",
    "question",
    "questions",
    "takes",
    "train",
    "train_several",
]
