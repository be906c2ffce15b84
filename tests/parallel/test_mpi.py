"""Gradients averaged over ranks of MPI: as in one process, and an end with a message where one fails."""

from __future__ import annotations

import json
import pickle
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engines import has_mpi, ranks

import autograd_lite as ag
from autograd_lite import errors, optim

MPI: Any = pytest.importorskip("mpi4py.MPI", exc_type=ImportError)
pytestmark = pytest.mark.skipif(not has_mpi(), reason="no mpiexec: pip install 'autograd-lite[mpi]'")

BY_NUMBER = sorted(set(optim.__all__) - {"LBFGS", "Optimizer", "lr_scheduler", "swa_utils"})


def works(*arguments: str, count: int = 2) -> None:
    done = ranks(*arguments, count=count)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("has done it") == count


def test_every_optimiser_gives_what_one_process_does_with_the_whole_batch() -> None:
    assert len(BY_NUMBER) >= 14
    works("optimisers", *BY_NUMBER)


def test_compiled_steps_too() -> None:
    works("compiled", "numpy", "auto")


def test_dtypes_weights_and_gradients_that_are_missing() -> None:
    works("ends_in_peace")


def test_more_ranks_than_two() -> None:
    works("optimisers", "Adam", count=3)


FAILURES: dict[str, tuple[list[str], str]] = {
    "a rank fails": (["fails"], "ValueError: the data of rank 1 are broken"),
    "a rank is interrupted": (["is_interrupted"], "KeyboardInterrupt"),
    "a rank leaves": (["exits"], "1 of 2 ranks left the training after 3 steps"),
    "a rank has fewer batches": (["has_fewer_batches"], "1 of 2 ranks left the training after 5 steps"),
    "a rank has none": (["has_none"], "1 of 2 ranks left the training after 0 steps"),
    "of one of two models": (["has_fewer_of_two"], "1 of 2 ranks left the training after 10 steps"),
    "a rank ends before the mean": (["exits_before_the_mean"], "1 of 2 ranks left the training after 0 steps"),
    "a rank finalizes": (["finalizes"], "1 of 2 ranks left the training after 3 steps"),
    "other shapes": (["has_other_shapes"], "number 0 is float64 of (3,) on rank 0 and float64 of (4,) on rank 1"),
    "other values": (["has_other_values"], "Write ag.parallel.broadcast(model, comm)"),
    "other values, compiled": (["has_other_values", "compiled"], "Write ag.parallel.broadcast(model, comm)"),
    "more parameters": (["has_more_parameters"], "Error: some of the ranks have other parameters to average"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_rank_that_fails_ends_the_job_with_its_message(name: str) -> None:
    arguments, message = FAILURES[name]
    done = ranks(*arguments)
    assert done.returncode != 0
    assert message in done.stderr


@pytest.mark.parametrize("name", ["fails", "fails_before_the_mean", "is_interrupted", "has_fewer_batches"])
def test_also_where_python_was_not_told_of_mpi4py(name: str) -> None:
    done = ranks(name, module=None)
    assert done.returncode != 0
    assert "Error: " in done.stderr or "KeyboardInterrupt" in done.stderr


def test_ranks_that_drift_apart_notice_it(tmp_path: Path) -> None:
    path = tmp_path / "found"
    assert ranks("drift_apart", str(path)).returncode != 0
    found = json.loads(path.read_text(encoding="utf-8"))
    steps = {"has_another_rate": 1, "schedules_by_its_own_loss": 7, "has_another_state": 3, "sets_a_parameter": 63}
    assert [tuple(one[:2]) for one in found] == [item for item in steps.items() for _ in range(2)]
    assert all("Write broadcast(model, comm) and the same optimiser on every rank" in text for *_, text in found)


def test_a_rank_that_is_killed_ends_the_job_and_leaves_the_checkpoint_whole(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    done = ranks("is_killed", str(path))
    assert done.returncode != 0
    assert "KILLED" in (done.stdout + done.stderr).upper()
    saved = ag.load(path)
    assert np.array_equal(saved["values"], np.full(1000, saved["k"]))
    assert 0 < saved["k"] <= 20


# ----- in this process, which is one rank -----


def test_one_rank_has_its_own_gradients() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    opt = optim.SGD([w], lr=0.5, average=ag.parallel.mean(MPI.COMM_SELF))
    (w * w).sum().backward()
    opt.step()
    assert w.tolist() == [0.0, 0.0]


def test_without_parameters_there_is_nothing_to_average() -> None:
    """As on a rank whose parameters are all frozen."""
    assert list(ag.parallel.mean(MPI.COMM_SELF)([])) == []


def test_an_optimiser_with_a_mean_is_copied_and_pickled() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    opt = optim.SGD([w], lr=0.5, average=ag.parallel.mean(MPI.COMM_WORLD, weight=2))
    assert deepcopy(opt).average is opt.average
    again = pickle.loads(pickle.dumps(opt)).average
    assert again.comm == MPI.COMM_WORLD
    assert again.weight == 2
    assert "average" not in opt.state_dict()["param_groups"][0]


@pytest.mark.parametrize("given", [[("w", ag.Tensor([1.0]))], np.ones(2), {"w": ag.Tensor([1.0])}, 3, None])
def test_what_are_no_parameters_is_refused(given: Any) -> None:
    with pytest.raises(errors.DataError, match=r"Write average\(model.parameters\(\)\), or average\(\[w\]\)"):
        ag.parallel.mean(MPI.COMM_SELF)(given)


def test_communicators_of_other_kinds_are_refused() -> None:
    for call in (ag.parallel.mean, lambda x: ag.parallel.broadcast([], x), lambda x: ag.parallel.shard([1], x)):
        with pytest.raises(errors.ArgumentError, match=r"is given MPI.COMM_NULL for a communicator"):
            call(MPI.COMM_NULL)


@pytest.mark.parametrize("weight", [-1, np.nan, "2", np.inf])
def test_a_weight_that_says_nothing_is_refused(weight: Any) -> None:
    with pytest.raises(errors.ArgumentError, match=r"Write average.weight = len\(batch\)"):
        ag.parallel.mean(MPI.COMM_SELF, weight)


def test_weights_that_are_all_zero_are_refused() -> None:
    w = ag.Tensor([1.0], requires_grad=True)
    w.sum().backward()
    with pytest.raises(errors.ArgumentError, match="the weights of all ranks are 0"):
        ag.parallel.mean(MPI.COMM_SELF.Dup(), 0)([w])


def test_what_is_no_communicator_is_refused() -> None:
    for call in (ag.parallel.mean, ag.parallel.seed, lambda x: ag.parallel.broadcast([], x)):
        with pytest.raises(errors.ArgumentError, match=r"comm = MPI.COMM_WORLD"):
            call(3)


def test_what_is_no_mean_is_refused() -> None:
    w = ag.Tensor([1.0], requires_grad=True)
    with pytest.raises(errors.ArgumentError, match=r"average=ag.parallel.mean\(comm\)"):
        optim.SGD([w], average=MPI.COMM_WORLD)


def test_masks_are_not_broadcast() -> None:
    with pytest.raises(errors.DataError, match="Write "):
        ag.parallel.broadcast([np.ma.array([1.0, 2.0], mask=[True, False])], MPI.COMM_SELF)


def test_what_is_no_array_is_not_broadcast() -> None:
    with pytest.raises(errors.DataError, match="broadcast\\(\\) is given a str"):
        ag.parallel.broadcast(["x"], MPI.COMM_SELF)
