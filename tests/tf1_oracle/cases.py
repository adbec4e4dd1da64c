"""The cases of every construct, as plain data: nothing here needs TensorFlow.

A case is a dictionary: name, spec (the JSON of the fixture, still without the weights' names),
shape, and lengths ("none", "mixed" or "short"). README.md explains the fixtures.
"""

import collections

Shape = collections.namedtuple("Shape", "batch time features units")

# The first shape gets more combinations of the functions' options than the others.
SHAPES = (Shape(4, 5, 3, 4), Shape(2, 1, 4, 3), Shape(1, 4, 7, 3))


def cell(name, units=None, **args):
    if units is not None:
        args["num_units"] = units
    return {"class": name, "args": args}


def rnn(units, **args):
    return cell("BasicRNNCell", units, **args)


def basic_lstm(units, **args):
    return cell("BasicLSTMCell", units, **args)


def lstm(units, **args):
    return cell("LSTMCell", units, **args)


def gru(units, **args):
    return cell("GRUCell", units, **args)


def multi(cells, **args):
    return {"class": "MultiRNNCell", "cells": cells, "args": args}


def residual(wrapped):
    return {"class": "ResidualWrapper", "cell": wrapped, "args": {}}


def dropout(wrapped, **args):
    return {"class": "DropoutWrapper", "cell": wrapped, "args": args}


def full_lstm(units, **args):
    """An LSTMCell with everything on."""
    return lstm(units, use_peepholes=True, cell_clip=0.8, num_proj=units - 1, proj_clip=0.2, **args)


def cells_of(shape):
    """The cells of each of the cell constructs, for one shape: {construct: {case name: spec}}."""
    n, features = shape.units, shape.features
    projected = n - 1
    return {
        "basic_rnn_cell": {
            "tanh": rnn(n),
            "relu": rnn(n, activation="relu"),
            "sigmoid": rnn(n, activation="sigmoid"),
        },
        "basic_lstm_cell": {
            "plain": basic_lstm(n),
            "forget-bias-0": basic_lstm(n, forget_bias=0.0),
            "forget-bias-2.5": basic_lstm(n, forget_bias=2.5),
            "relu": basic_lstm(n, activation="relu"),
            "flat-state": basic_lstm(n, state_is_tuple=False),
        },
        "lstm_cell": {
            "plain": lstm(n),
            "peepholes": lstm(n, use_peepholes=True),
            "cell-clip": lstm(n, cell_clip=0.8),
            "peepholes-cell-clip": lstm(n, use_peepholes=True, cell_clip=0.8),
            "proj": lstm(n, num_proj=projected),
            "proj-wider": lstm(n, num_proj=n + 2),
            "proj-clip": lstm(n, num_proj=projected, proj_clip=0.2),
            "proj-clip-without-proj": lstm(n, proj_clip=0.05),
            "full": full_lstm(n),
            "full-flat-state": full_lstm(n, state_is_tuple=False),
            "forget-bias-0": lstm(n, forget_bias=0.0),
            "forget-bias-2.5-peepholes": lstm(n, forget_bias=2.5, use_peepholes=True),
            "softsign": lstm(n, activation="softsign"),
            "relu-peepholes-proj": lstm(
                n, activation="relu", use_peepholes=True, num_proj=projected
            ),
            "flat-state": lstm(n, state_is_tuple=False),
        },
        "gru_cell": {
            "tanh": gru(n),
            "relu": gru(n, activation="relu"),
            "softsign": gru(n, activation="softsign"),
        },
        "multi_rnn_cell": {
            "one-layer": multi([basic_lstm(n)]),
            "two-layers": multi([basic_lstm(n), basic_lstm(n + 1)]),
            "three-layers": multi([lstm(n), lstm(n + 1, use_peepholes=True), full_lstm(n)]),
            "gru-lstm": multi([gru(n), full_lstm(n + 2)]),
            "rnn-lstm-gru": multi([rnn(n), basic_lstm(n), gru(n)]),
            "nested": multi([multi([gru(n), basic_lstm(n)]), lstm(n)]),
            "flat-state-lstm": multi(
                [basic_lstm(n, state_is_tuple=False), basic_lstm(n + 1, state_is_tuple=False)],
                state_is_tuple=False,
            ),
            "flat-state-gru-rnn": multi([gru(n), rnn(n + 1)], state_is_tuple=False),
            "flat-layers-in-a-tuple": multi([lstm(n, state_is_tuple=False), gru(n)]),
        },
        "dropout_wrapper": {
            "basic-lstm": dropout(basic_lstm(n)),
            "gru-keep-all": dropout(
                gru(n), input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0
            ),
            "variational-keep-all": dropout(
                full_lstm(n), variational_recurrent=True, dtype="float32"
            ),
            "inside-multi": multi([dropout(basic_lstm(n)), dropout(gru(n))]),
            "around-multi": dropout(multi([basic_lstm(n), gru(n)])),
        },
        "residual_wrapper": {
            "gru": residual(gru(features)),
            "basic-lstm": residual(basic_lstm(features)),
            "rnn-relu": residual(rnn(features, activation="relu")),
            "lstm-proj": residual(lstm(n, num_proj=features, use_peepholes=True)),
            "of-dropout": residual(dropout(basic_lstm(features))),
            "of-multi": residual(multi([basic_lstm(n), gru(features)])),
            "inside-multi": multi([gru(n), residual(lstm(n)), residual(gru(n))]),
        },
    }


def one_direction(shape):
    """The cells that static_rnn and dynamic_rnn are tried with, each alone in a list."""
    n, features = shape.units, shape.features
    return {
        "rnn": [rnn(n)],
        "basic-lstm": [basic_lstm(n)],
        "lstm-full": [full_lstm(n)],
        "gru": [gru(n)],
        "multi": [multi([basic_lstm(n), lstm(n + 1, use_peepholes=True)])],
        "multi-mixed": [multi([gru(n), residual(dropout(gru(n))), lstm(n, num_proj=n - 1)])],
        "basic-lstm-flat-state": [basic_lstm(n, state_is_tuple=False)],
        "residual-lstm": [residual(lstm(features))],
    }


def two_directions(shape):
    """The pairs of cells, forward and backward, of the bidirectional functions."""
    n = shape.units
    return {
        "basic-lstm": [basic_lstm(n), basic_lstm(n + 2)],
        "gru-rnn": [gru(n), rnn(n + 1)],
        "lstm-full-gru": [full_lstm(n), gru(n + 2)],
        "multi-lstm": [multi([gru(n), basic_lstm(n + 1)]), lstm(n, use_peepholes=True)],
    }


def stacks(shape):
    """The stacks of layers, each of two directions."""
    n = shape.units
    return {
        "one-layer": {"cells_fw": [gru(n)], "cells_bw": [basic_lstm(n + 1)]},
        "two-layers": {
            "cells_fw": [basic_lstm(n), gru(n + 1)],
            "cells_bw": [basic_lstm(n + 1), gru(n)],
        },
        "three-layers": {
            "cells_fw": [gru(n), full_lstm(n), rnn(n)],
            "cells_bw": [rnn(n + 1), gru(n), multi([gru(n), basic_lstm(n)])],
        },
    }


FUNCTIONS = {
    "static_rnn": one_direction,
    "dynamic_rnn": one_direction,
    "static_bidirectional_rnn": two_directions,
    "bidirectional_dynamic_rnn": two_directions,
    "stack_bidirectional_dynamic_rnn": stacks,
}


def _name(parts, shape):
    return "-".join([part for part in parts if part] + ["b{}t{}f{}u{}".format(*shape)])


def _cell_cases(construct, shapes):
    cases = []
    for shape in shapes:
        for name, spec in cells_of(shape)[construct].items():
            options = {"time_major": False, "has_sequence_length": False, "has_initial_state": True}
            cases.append(
                {
                    "name": _name([name], shape),
                    "spec": {"construct": "cell", "cells": [spec], "options": options},
                    "shape": shape,
                    "lengths": "none",
                }
            )
    return cases


# time_major, lengths, has_initial_state
DYNAMIC_FIRST = (
    (False, "none", False),
    (False, "mixed", True),
    (True, "mixed", False),
    (True, "none", True),
    (False, "short", True),
)
DYNAMIC_OTHERS = ((True, "mixed", True),)
STATIC_FIRST = (
    (False, "none", False),
    (False, "none", True),
    (False, "mixed", False),
    (False, "short", True),
)
STATIC_OTHERS = ((False, "mixed", True),)


def _function_cases(construct, shapes):
    if construct.startswith("static"):
        first, others = STATIC_FIRST, STATIC_OTHERS
    else:
        first, others = DYNAMIC_FIRST, DYNAMIC_OTHERS
    cases = []
    for shape in shapes:
        for name, cells in FUNCTIONS[construct](shape).items():
            for time_major, lengths, initial in first if shape == shapes[0] else others:
                options = {
                    "time_major": time_major,
                    "has_sequence_length": lengths != "none",
                    "has_initial_state": initial,
                }
                parts = [
                    name,
                    "time-major" if time_major else "",
                    {"none": "", "mixed": "lengths", "short": "short-lengths"}[lengths],
                    "initial" if initial else "",
                ]
                cases.append(
                    {
                        "name": _name(parts, shape),
                        "spec": {
                            "construct": construct,
                            "cells": cells,
                            "options": options,
                        },
                        "shape": shape,
                        "lengths": lengths,
                    }
                )
    return cases


def all_cases(shapes=SHAPES):
    """Returns {construct: [case, ...]}."""
    two = shapes[:2]  # are enough for a cell alone, which knows no time
    cases = {name: _cell_cases(name, two) for name in cells_of(shapes[0])}
    cases.update((name, _function_cases(name, shapes)) for name in FUNCTIONS)
    return cases
