"""`python -m experiments.tf1_parity`."""

from experiments.tf1_parity import Config, main
from keras_rnn_tutorials.runner import command

command.run(main, Config)
