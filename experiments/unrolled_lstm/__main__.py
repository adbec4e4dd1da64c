"""`python -m experiments.unrolled_lstm`."""

from experiments.unrolled_lstm import Config, main
from keras_rnn_tutorials.runner import command

command.run(main, Config)
