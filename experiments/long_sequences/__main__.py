"""`python -m experiments.long_sequences`."""

from experiments.long_sequences import Config, main
from keras_rnn_tutorials.runner import command

command.run(main, Config)
