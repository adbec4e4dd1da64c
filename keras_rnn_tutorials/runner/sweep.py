"""Many runs of an experiment, in parallel: every combination of values and seeds.

Each run is the one that its own command would make, in its own folder. Runs that are already
recorded are skipped, and interrupted runs are resumed. So a killed sweep loses nothing: the same
call continues it.
"""

import collections
import concurrent.futures
import contextlib
import importlib
import itertools
import math
import multiprocessing
import os
import statistics
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import RunFailed, UserError, message
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import folder, tables
from keras_rnn_tutorials.runner.config import (
    ResumableConfig,
    RunConfig,
    options,
    own_values,
    run_name,
)
from keras_rnn_tutorials.storage import files


@dataclass(frozen=True)
class Task:
    """One run of a sweep.

    Attributes:
        experiment: the module's name under `experiments`.
        values: of the options that are given.
        path: the run's folder.
    """

    experiment: str
    values: dict
    path: Path

    @property
    def title(self) -> str:
        """What distinguishes the run from others of its experiment."""
        return ", ".join(f"{name}={value}" for name, value in self.values.items())

    def recorded(self) -> Record | None:
        """The run's record, if it exists and is complete."""
        with contextlib.suppress(UserError):
            (found,) = record.read(self.path / folder.RECORD)
            config = _config(self.experiment, self.values)
            is_own = (found.config, found.seed) == (own_values(config), config.seed)
            if is_own and found.status == "complete":
                return found
        return None


@dataclass(frozen=True)
class Outcome:
    """The result of a task: its record, or the error in one line."""

    task: Task
    failure: str = ""


Engine = Callable[[Sequence[Task]], Iterator[Outcome]]


def run(tasks: Sequence[Task], engine: Engine) -> list[Outcome]:
    """Runs the tasks that are not recorded yet, and shows the progress.

    Args:
        tasks: the runs.
        engine: runs tasks.

    Returns:
        The runs that failed.
    """
    left = [task for task in tasks if task.recorded() is None]
    if len(left) < len(tasks):
        print(f"{len(tasks) - len(left)} of {len(tasks)} runs are already recorded.")
    failed = []
    with _progress(len(left)) as show:
        for done, outcome in enumerate(engine(left), 1):
            if outcome.failure:
                failed.append(outcome)
            show(done, len(failed), outcome)
    for outcome in failed:
        print(f"failed: {outcome.task.title}: {outcome.failure}", file=sys.stderr)
    return failed


def combinations(
    experiment: str, settings: dict[str, list], seeds: Sequence[int], runs_dir: Path
) -> list[Task]:
    """Every combination of values with every seed; the seeds vary slowest.

    Args:
        experiment: the module's name under `experiments`.
        settings: by option, the values to combine.
        seeds: of each combination.
        runs_dir: the runs are in `RUNS_DIR/EXPERIMENT/`.

    Returns:
        The tasks.

    Raises:
        UserError: an option or a value is wrong.
    """
    tasks = []
    for seed in seeds:
        for chosen in itertools.product(*settings.values()):
            values = dict(zip(settings, chosen, strict=True)) | {"seed": seed}
            config = _config(experiment, values)
            path = runs_dir / experiment / f"{run_name(config, numbers=True)}-seed{seed}"
            tasks.append(Task(experiment, values, path))
    return tasks


def seeds(text: str) -> list[int]:
    """Reads seeds: "0:10" means 0 to 9, "0,3,7" means these three.

    Raises:
        UserError: the text has neither form, or names no seed.
    """
    first, colon, end = text.partition(":")
    try:
        found = [*range(int(first), int(end))] if colon else [int(one) for one in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 0 or len({*found}) < len(found):
        raise UserError(f"--seeds={text}: give FIRST:END, such as 0:10, or a list, such as 0,3,7.")
    return found


def on_this_machine(processes: int = 0) -> Engine:
    """Returns an engine that runs tasks in processes that share the cores.

    Args:
        processes: how many; 0 for one per core. Each gets the same number of cores.

    Returns:
        The engine. If a process dies, only its task fails.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    count = processes or len(cores) or os.cpu_count() or 1
    shares = [cores[i::count] or cores for i in range(count)]

    def start(own: list[int]) -> concurrent.futures.ProcessPoolExecutor:
        # One process per pool: a process that dies breaks only its own pool.
        context = multiprocessing.get_context("spawn")
        return concurrent.futures.ProcessPoolExecutor(1, context, _prepare, (own,))

    def engine(tasks: Sequence[Task]) -> Iterator[Outcome]:
        waiting = collections.deque(tasks)
        pools = [start(own) for own in shares[: len(tasks)]]
        running = {pool.submit(perform, waiting.popleft()): i for i, pool in enumerate(pools)}
        under_way = dict(zip(running, tasks, strict=False))
        try:
            while running:
                done, _ = concurrent.futures.wait(running, return_when="FIRST_COMPLETED")
                for future in done:
                    number, task = running.pop(future), under_way.pop(future)
                    try:
                        failure = future.result()
                    except concurrent.futures.BrokenExecutor:
                        failure = "its process ended before the run did"
                        pools[number] = start(shares[number])
                    if waiting:
                        another = pools[number].submit(perform, waiting[0])
                        running[another], under_way[another] = number, waiting.popleft()
                    yield Outcome(task, failure)
        finally:
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)

    return engine


def on_ray(address: str | None = None) -> Engine:
    """Runs tasks on the machines of a Ray cluster; each has this clone at the same path.

    Args:
        address: of the cluster; None starts one on this machine.

    Returns:
        The engine. If a machine dies, its task is run on another one.

    Raises:
        UserError: Ray is not installed.
    """
    try:
        import ray
    except ImportError:
        raise UserError("--engine=ray needs Ray: pip install -e '.[ray]'.") from None

    def engine(tasks: Sequence[Task]) -> Iterator[Outcome]:
        root = str(Path(__file__).parents[2])
        surroundings = {"env_vars": {"PYTHONPATH": root, "TF_CPP_MIN_LOG_LEVEL": "2"}}
        ray.init(address=address, runtime_env=surroundings, log_to_driver=False)
        try:
            far = ray.remote(num_cpus=1, max_retries=3)(_perform_far)
            pending = {far.remote(task, os.getcwd()): task for task in tasks}
            while pending:
                (done, *_), _ = ray.wait(list(pending))
                task = pending.pop(done)
                try:
                    failure, text = ray.get(done)
                except ray.exceptions.RayError as error:
                    failure, text = str(error).splitlines()[0], None
                if text is not None and task.recorded() is None:
                    task.path.mkdir(parents=True, exist_ok=True)
                    files.write_whole(task.path / folder.RECORD, text)
                yield Outcome(task, failure)
        finally:
            ray.shutdown()

    return engine


def _perform_far(task: Task, directory: str) -> tuple[str, bytes | None]:
    """Runs a task on some machine; returns the error and the record."""
    Path(directory).mkdir(parents=True, exist_ok=True)
    os.chdir(directory)
    failure = perform(task)
    return failure, None if failure else (task.path / folder.RECORD).read_bytes()


def perform(task: Task) -> str:
    """Runs a task, with its output in a file beside its folder.

    Args:
        task: the run.

    Returns:
        The error in one line, or an empty string; in that case the file is removed.
    """
    import keras

    log = task.path.with_name(f"{task.path.name}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    module = importlib.import_module(f"experiments.{task.experiment}")
    values = {**task.values, "out_dir": str(task.path)}
    if issubclass(module.Config, ResumableConfig):
        values["resume"] = "yes"
    keras.backend.clear_session()
    with open(log, "w", encoding="utf-8") as file:
        with contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
            try:
                module.main(**values)
            except (UserError, RunFailed) as error:
                return message(error)
            except KeyboardInterrupt:
                return "interrupted"
            except Exception as error:
                traceback.print_exc()
                return f"{type(error).__name__}, see {log}"
    log.unlink()
    return ""


def print_results(tasks: Sequence[Task]):
    """Prints the mean, spread and number of runs for every configuration and metric."""
    common = dict(set.intersection(*({*_settings(task).items()} for task in tasks)))
    groups: dict[str, list[Record]] = collections.defaultdict(list)
    for task in tasks:
        if found := task.recorded():
            groups[_listed(_settings(task).items() - common.items())].append(found)
    rows = [
        ("" if number else title, metric, str(len(values)), *_spread(values))
        for title, records in groups.items()
        for number, (metric, values) in enumerate(_metrics(records).items())
    ]
    title = f"{tasks[0].experiment} {_listed(common.items())}".strip()
    if rows:
        headings = ["configuration", "metric", "runs", "mean ± sd", "least", "most"]
        tables.print_table(title, headings, rows)


def _settings(task: Task) -> dict:
    return {name: value for name, value in task.values.items() if name != "seed"}


def _listed(settings: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(settings))


def _metrics(records: list[Record]) -> dict[str, list[float]]:
    """The values of each metric in the runs."""
    named: dict[str, list[float]] = collections.defaultdict(list)
    for one in records:
        for name, value in one.test.items():
            named[f"test {name}"].append(value)
        if accuracies := one.history.get("val_accuracy"):
            named["best validation accuracy"].append(max(accuracies))
        if not one.history:
            named["seconds"].append(one.seconds.measure)
    return named


def _spread(values: list[float]) -> tuple[str, str, str]:
    deviation = statistics.stdev(values) if len(values) > 1 else math.nan
    return (
        f"{statistics.mean(values):.4f} ± {deviation:.4f}",
        f"{min(values):.4f}",
        f"{max(values):.4f}",
    )


def _prepare(cores: list[int]):
    """Assigns a process its cores, and makes it end with the sweep."""
    from keras_rnn_tutorials.runner import surroundings

    if cores:
        os.sched_setaffinity(0, cores)
    parent = multiprocessing.parent_process()

    def follow():
        parent.join()
        os._exit(1)  # the next sweep resumes what the run has saved

    if parent is not None:
        threading.Thread(target=follow, daemon=True).start()
    surroundings.import_tensorflow_quietly()


def _config(experiment: str, values: dict) -> RunConfig:
    config_class = importlib.import_module(f"experiments.{experiment}").Config
    known = [option.name for option in options(config_class) if not option.question]
    for name in values:
        if name not in known:
            raise UserError(f"{experiment} has no option {name!r}: choose from {', '.join(known)}.")
    return config_class(**values)


@contextlib.contextmanager
def _progress(total: int):
    """A progress line on a terminal, otherwise a line for each run that ends."""
    if not sys.stdout.isatty():

        def show(done, failed, outcome):
            state = f"failed: {outcome.failure}" if outcome.failure else "done"
            print(f"{done}/{total} {outcome.task.title}: {state}", flush=True)

        yield show
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as TimeLeftColumn

    columns = (
        TextColumn("{task.completed:.0f} of {task.total:.0f} runs done{task.fields[failed]}"),
        BarColumn(20),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeLeftColumn(),
    )
    with Progress(*columns) as progress:
        line = progress.add_task("", total=total, failed="")

        def show(done, failed, outcome):
            progress.update(line, completed=done, failed=f", {failed} failed" if failed else "")

        yield show
