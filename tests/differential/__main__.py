"""Random examples, ours and Keras': `python -m tests.differential --examples=2000 --seed=0`.

It prints a line for every example that differs, simplified by resetting everything that does not
matter to its default, and at the end how many examples differ in the same way. The exit status is 1
if any example differs. `--seed=0 --only=17` repeats one example.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import collections
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHUNK = 40  # examples a process: XLA keeps what it has compiled


def main():
    """Runs what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=2000, help="how many [2000]")
    parser.add_argument("--seed", type=int, default=0, help="of the examples [0]")
    parser.add_argument("--first", type=int, default=0, help="the number of the first [0]")
    parser.add_argument("--only", type=int, help="the number of the only example")
    parser.add_argument("--simplify", type=int, default=25, help="attempts to simplify one [25]")
    parser.add_argument("--results", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only is not None:
        given.first, given.examples = given.only, 1
    if given.results is not None or given.only is not None:
        return _run(given)
    return _run_in_processes(given)


def _run(given):
    from tests.differential.compare import clear, compare
    from tests.differential.examples import draw

    differ = False
    for number in range(given.first, given.first + given.examples):
        example = draw(given.seed, number)
        if given.results:
            _append(given.results, {"number": number, "started": str(example)})
        start = time.perf_counter()
        found = compare(example)
        seconds = time.perf_counter() - start
        outcome = {"number": number, "seconds": seconds, "mode": example.mode}
        outcome["refused"] = found.refused
        if found.difference is not None:
            differ = True
            simple, difference = _simplified(example, found.difference, given.simplify)
            outcome.update(kind=difference.kind, what=difference.what, simple=str(simple))
            print(f"--seed={given.seed} --only={number}: {difference.kind}: {simple}", flush=True)
            print(f"    {difference.what}", flush=True)
            if given.results is None:
                print(f"    the whole example: {example}: {found.difference.what}")
        elif given.results is None:
            print(f"{example}\nno difference; Keras raises: {found.refused}")
        if given.results:
            _append(given.results, outcome)
        clear()
    return int(differ)


def _append(path, outcome):
    with open(path, "a") as file:
        file.write(json.dumps(outcome) + "\n")


def _simplified(example, difference, attempts):
    """The simplest example found that differs in the same way, and how it differs."""
    from tests.differential.compare import compare
    from tests.differential.examples import simpler

    tried, size = {example}, 8
    while size:
        for candidate in simpler(example, size):
            if attempts == 0 or candidate in tried:
                continue
            tried.add(candidate)
            attempts -= 1
            found = compare(candidate).difference
            if found is not None and found.kind == difference.kind:
                example, difference = candidate, found
                break
        else:
            size //= 2
    return example, difference


def _run_in_processes(given):
    outcomes, end, number = [], given.first + given.examples, given.first
    start = time.perf_counter()
    while number < end:
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder, "results")
            results.touch()
            count = min(CHUNK, end - number)
            flags = [f"--seed={given.seed}", f"--first={number}", f"--examples={count}"]
            flags += [f"--simplify={given.simplify}", f"--results={results}"]
            command = [sys.executable, "-m", "tests.differential", *flags]
            code = subprocess.run(command, stderr=subprocess.DEVNULL).returncode
            lines = [json.loads(line) for line in results.read_text().splitlines()]
        done = [line for line in lines if "started" not in line]
        outcomes += done
        number += count
        if code not in (0, 1) and len(done) < count:
            lost = lines[-1] if lines else {"number": number - count, "started": ""}
            what = f"the process ended with status {code}"
            print(
                f"--seed={given.seed} --only={lost['number']}: crash: {lost.get('started')}: {what}"
            )
            outcomes.append({**lost, "kind": "crash", "simple": what, "refused": None})
            number = lost["number"] + 1
    _summary(outcomes, time.perf_counter() - start)
    return int(any("kind" in outcome for outcome in outcomes))


def _summary(outcomes, seconds):
    refused = [outcome for outcome in outcomes if outcome["refused"]]
    differ = [outcome for outcome in outcomes if "kind" in outcome]
    print(
        f"{len(outcomes)} examples in {seconds:.0f} s; {len(refused)} that Keras refuses too; ",
        end="",
    )
    print(f"{len(differ)} that differ:")
    groups = collections.defaultdict(list)
    for outcome in differ:
        groups[outcome["kind"], outcome["simple"]].append(outcome["number"])
    for (kind, simple), numbers in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"{len(numbers):5d}  {kind}: {simple}  (the first: --only={numbers[0]})")


if __name__ == "__main__":
    sys.exit(main())
