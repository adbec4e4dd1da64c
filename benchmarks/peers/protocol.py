"""A peer's side of the conversation: one line of JSON in, one line of JSON out.

    {"command": "load", "job": {...}, "data": "arrays.npz"}    -> {"versions": {...}}
    {"command": "check"}      -> {"before": loss, "after": loss}
    {"command": "epoch"}      -> {"seconds": ...}
    {"command": "predict"}    -> {"seconds": ...}

Every answer has "megabytes", the most memory that the process has held so far, and
"file_megabytes": of these, what shows a file's content, which is mostly the code of libraries. A
fault is answered by {"error": one line}. Between commands the process waits for a line and does
nothing.
"""

import json
import os
import platform
import re
import sys
import time
import traceback

import numpy as np


def serve(commands):
    """Answers commands until the input ends.

    Args:
        commands: the function of each command's name; it returns what is answered, a dict.
    """
    # Libraries print to file 1; the answers keep a channel of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        arguments = json.loads(line)
        try:
            answer = commands[arguments.pop("command")](**arguments)
        except Exception as error:
            traceback.print_exc()
            message = " ".join(str(error).split()) or "no message"
            answer = {"error": f"{type(error).__name__}: {message:.200}"}
        answer.update(_memory())
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def model_commands(make, versions):
    """The commands of a peer that trains models.

    Args:
        make: called with the job and its initial weights; returns an object with
            `fit(x, y, first)`, one epoch of training, over all examples in a new order or over the
            first so many as they are, and `predict(x, batch)`, probabilities.
        versions: of what the peer is made of, by name.

    Returns:
        The commands, for `serve`.
    """
    held = {}

    def load(job, data):
        with np.load(data) as arrays:
            weights = [arrays[f"weight_{i}"] for i in range(len(arrays.files) - 2)]
            held.update(job=job, x=arrays["x"], y=arrays["y"])
        held["model"] = make(job, weights)
        return {"versions": dict(versions, python=platform.python_version())}

    def check():
        job, model = held["job"], held["model"]
        if job["timed"] == "predict":
            predicted = model.predict(held["x"], job["predicted"])
            return {"before": cross_entropy(predicted, held["y"])}
        rows = min(job["checked_steps"] * job["batch"], len(held["x"]))
        x, y = held["x"][:rows], held["y"][:rows]
        before = cross_entropy(model.predict(x, job["batch"]), y)
        model.fit(held["x"], held["y"], first=rows)
        return {"before": before, "after": cross_entropy(model.predict(x, job["batch"]), y)}

    def epoch():
        start = time.perf_counter()
        held["model"].fit(held["x"], held["y"])
        return {"seconds": time.perf_counter() - start}

    def predict():
        start = time.perf_counter()
        held["model"].predict(held["x"], held["job"]["predicted"])
        return {"seconds": time.perf_counter() - start}

    return {"load": load, "check": check, "epoch": epoch, "predict": predict}


def _memory():
    # getrusage's ru_maxrss would count the parent, from which this process was forked.
    with open("/proc/self/status") as status:
        kilobytes = dict(re.findall(r"(\w+):\s*(\d+) kB", status.read()))
    return {
        "megabytes": int(kilobytes["VmHWM"]) / 1024,
        "file_megabytes": int(kilobytes["RssFile"]) / 1024,
    }


def cross_entropy(probabilities, labels):
    """The mean loss, in double precision.

    Args:
        probabilities: `(examples, classes)`; or `(examples, 1)`, that of the label 1.
        labels: `(examples,)`.

    Returns:
        A float.
    """
    p = np.asarray(probabilities, np.float64)
    if p.shape[1] > 1:
        right = p[np.arange(len(p)), labels]
    else:
        right = np.where(labels == 1, p[:, 0], 1 - p[:, 0])
    return float(-np.log(right).mean())
