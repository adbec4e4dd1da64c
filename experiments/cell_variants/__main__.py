"""`python -m experiments.cell_variants`."""

from experiments.cell_variants import Config, main
from keras_rnn_tutorials.runner import command

command.run(main, Config)
