"""One module for each piece of the tutorials; `python -m experiments` lists them."""

import sys

from keras_rnn_tutorials.storage import interrupts

# While `python -m` imports a package on its way to a module, that is what it is called.
if sys.argv[:1] == ["-m"] and "-m" in sys.orig_argv:
    _started = sys.orig_argv[sys.orig_argv.index("-m") + 1]
    if _started.partition(".")[0] == __name__:
        interrupts.end_in_one_line()
