"""Computes medians, ratios and tables from seconds."""

from statistics import median

from benchmarks import ratios
from benchmarks.jobs import JOBS
from benchmarks.roster import OURS, PEERS

TOLERANCE = 1e-4  # relative, of the checked losses


def disagreement(answer: dict, reference: dict, reference_title: str) -> str | None:
    """Compares the losses of a peer with those of the reference.

    Args:
        answer: losses "before" and "after" the checked steps, or only "before".
        reference: the same of the reference.
        reference_title: its title.

    Returns:
        A line that describes the difference, or None if both did the same work.
    """
    for when, loss in answer.items():
        right = reference[when]
        if not abs(loss - right) <= TOLERANCE * abs(right):  # a NaN counts as a disagreement
            return (
                f"not the same work: the loss {when} the checked steps is {loss:.6f}, "
                f"{reference_title}'s {right:.6f}"
            )
    return None


def ratio(row: dict, peer: str) -> float | None:
    """How many times as fast as a peer this package is, from the medians of their seconds.

    None if this package was not measured.
    """
    if OURS not in row["seconds"]:
        return None
    return median(row["seconds"][peer]) / median(row["seconds"][OURS])


def own_megabytes(row: dict, peer: str) -> float:
    """The peak memory of a peer without the content of files, in megabytes.

    The system may drop pages that only map a file, such as a library's code, and may share them
    between processes.
    """
    return row["megabytes"][peer] - row["file_megabytes"][peer]


def table(row: dict) -> str:
    """Formats a job's results as text.

    Args:
        row: "job", and by peer "seconds" (a list, one per round), "megabytes", "file_megabytes"
            and "skipped".

    Returns:
        A heading, and a line for each peer.
    """
    job = JOBS[row["job"]]
    heads = f"{'seconds':>8}{'MB':>6}{'own MB':>8}  this package's speed"
    lines = [f"{row['job']}: {job.title}", f"  {'':32}{heads}"]
    for peer in [peer for peer in PEERS if peer in row["seconds"]]:
        seconds = row["seconds"][peer]
        memory = f"{row['megabytes'][peer]:6.0f}{own_megabytes(row, peer):8.0f}"
        line = f"  {PEERS[peer].title:32}{median(seconds):8.3f}{memory}"
        own = row["seconds"].get(OURS)
        compared = own and peer != OURS
        lines.append(f"{line}  {ratios.ratio(seconds, own)}" if compared else line)
    if floor := row.get("floor"):
        lines.append(f"  {'the matrix products alone':32}{floor['seconds']:8.3f}")
    lines += [f"  {PEERS[peer].title}: {why}" for peer, why in row["skipped"].items()]
    return "\n".join(lines)
