"""More scripts in the manner of 2016 to 2018, run as they are; each small one shows a habit."""

import re
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "old_scripts"
ENDS = {
    "attention_by_hand.py": r"\(3, 4, 5\) sums to 1: True\n11\n",
    "block_and_layer_norm.py": (
        r"block \(2, 3, 5\) 2\ngru \(2, 3, 5\) 4\nnorm \(2, 3, 5\) 11\ncudnn \(2, 3, 5\) 2\n"
    ),
    "decoder_with_feedback.py": r"perplexity below 1.5: True\nsaid: \[1, 2, 3, 4, 5\]\n",
    "deep_bidirectional.py": r"\(2, 6, 8\) zero past the length: True\n1\n",
    "dropout_stack.py": r"zeros when dropped: True\nthe same when kept: True 2\n",
    "projected_peepholes.py": (
        r"\(2, 6\) \(2, 3\) \(3, 2, 3\)\nunrolled/lstm_cell/kernel:0 \[7, 24\]\n(.*\n)*"
        r"unrolled/lstm_cell/projection/kernel:0 \[6, 3\]\n"
    ),
    "residual_stack.py": r"loss fell: True 12\n",
    "save_and_restore.py": r"model-5 5\nthe same loss: True\n",
    "sequence_classifier.py": r"accuracy above 0.8: True\n",
    "stateful_stream.py": r"the same in pieces: True\n",
    "static_bidirectional.py": (
        r"\(3, 4, 2\) \(3, 5\) 4\nbidirectional_rnn/fw/lstm_cell/kernel .* weights\n"
    ),
    "word_average.py": r"cost fell: True\n\['net/table:0', 'net/rnn/basic_rnn_cell/kernel:0', ",
}
ARGUMENTS = ("deep_bidirectional.py", "save_and_restore.py")


@pytest.mark.parametrize("name", ENDS)
def test_a_script_runs_to_its_end(run_command, tmp_path, name):
    arguments = [str(tmp_path)] if name in ARGUMENTS else []
    ended = run_command(
        "keras_rnn_tutorials.migrate", "run", "--data=sample", str(SCRIPTS / name), *arguments
    )
    assert ended.returncode == 0, ended.stderr
    assert re.search(ENDS[name], ended.stdout), ended.stdout
