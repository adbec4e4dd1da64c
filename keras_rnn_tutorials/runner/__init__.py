"""The course of every experiment: its command line, its training, its folder, its saved state."""

from keras_rnn_tutorials.runner.config import DataConfig, RunConfig, TrainConfig, takes
from keras_rnn_tutorials.runner.runs import Run, measure, train

__all__ = ["DataConfig", "Run", "RunConfig", "TrainConfig", "measure", "takes", "train"]
