"""The sweep command with generated samples of 1,000 examples, in its subprocesses too."""

from tests.faults import samples

samples.shorten()  # before the experiments are imported; a spawned process imports this file too

from experiments import sweep  # noqa: E402
from keras_rnn_tutorials.runner import command  # noqa: E402

if __name__ == "__main__":
    with command.user_errors():
        sweep.main()
