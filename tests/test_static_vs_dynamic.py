import pytest

from experiments import static_vs_dynamic


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return static_vs_dynamic.main(
        units=8, batch_size=4, longest=28, out_dir=str(tmp_path_factory.mktemp("run"))
    )


@pytest.mark.long
def test_static_and_dynamic_agree_at_every_length(run):
    timed = run.record.measured["timed"]
    assert [row["steps"] for row in timed] == [7, 14, 28]
    assert all(row["difference"] < 1e-6 for row in timed)
    assert all(row["static_call"] > 0 and row["dynamic_call"] > 0 for row in timed)


def test_building_the_static_graph_grows_with_the_steps_and_the_loop_does_not(run):
    shortest, *_, longest = run.record.measured["timed"]
    assert longest["static_build"] > 2 * longest["dynamic_build"]


def test_lengths_end_the_outputs_and_time_may_come_first(run):
    lengths = run.record.measured["lengths"]
    assert lengths["steps_with_output"] == lengths["sequence_length"] == [9, 4, 1, 0]
    assert lengths["time_major_gap"] < 1e-6


def test_the_state_is_a_tuple_of_c_and_h_for_each_layer(run):
    structures = run.record.measured["structures"]
    assert structures[1]["state"] == "(c=(4, 8), h=(4, 8)), (c=(4, 8), h=(4, 8))"
    assert [row["layers"] for row in structures] == [1, 2, 3]
    assert all(row["last_output_is_last_h"] for row in structures)


def test_the_figure_shows_both_costs(run):
    build, call = run.figure().axes
    assert build.get_ylabel() == "time to build the graph, once (s)"
    assert call.get_ylabel() == "time of a training step (s)"
    assert [line.get_label() for line in build.get_lines()] == ["static", "dynamic"]
