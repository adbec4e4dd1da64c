"""The course of every experiment: its command line, its training, its folder, its saved state."""

from keras_rnn_tutorials.runner.config import (
    DataConfig,
    ResumableConfig,
    RunConfig,
    TrainConfig,
    takes,
)
from keras_rnn_tutorials.runner.runs import Run, measure, train, train_several

__all__ = [
    "DataConfig",
    "ResumableConfig",
    "Run",
    "RunConfig",
    "TrainConfig",
    "measure",
    "takes",
    "train",
    "train_several",
]
