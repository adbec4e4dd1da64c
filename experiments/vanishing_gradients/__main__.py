"""`python -m experiments.vanishing_gradients`."""

from experiments.vanishing_gradients import Config, main
from keras_rnn_tutorials.runner import command

command.run(main, Config)
