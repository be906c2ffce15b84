"""What the tests of MPI run on each rank: ``mpiexec -n 2 python -m mpi4py ranks.py NAME``; a function for each name."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpi4py import MPI

import autograd_lite as ag
from autograd_lite import nn, optim

COMM = MPI.COMM_WORLD
RANK, SIZE, STEPS = COMM.rank, COMM.size, 50
RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(STEPS, 12, 5)), RNG.normal(size=(STEPS, 12, 3))
MINE = (slice(None), slice(RANK, None, SIZE))


def network(dtype: Any = np.float64) -> nn.Sequential:
    ag.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).to(dtype)


def step_of(model: Any, opt: Any) -> Any:
    def closure(x: Any, y: Any) -> Any:
        opt.zero_grad()
        loss = ag.mean_squared_error(model(x), y)
        loss.backward()
        return loss

    def step(x: Any, y: Any) -> Any:
        if isinstance(opt, optim.LBFGS):
            return opt.step(lambda: closure(x, y))
        loss = closure(x, y)
        opt.step()
        return loss

    return step


def trained(name: str, xs: Any, ys: Any, average: Any = None, backend: str | None = None, **settings: Any) -> list[Any]:
    model = network(xs.dtype)
    params = [p for p in model.parameters() if name != "Muon" or p.ndim == 2]
    step = step_of(model, getattr(optim, name)(params, lr=0.01, average=average, **settings))
    if backend:
        step = ag.compile(step, backend=backend)
    for x, y in zip(xs, ys, strict=True):
        step(x, y)
    return [p.numpy() for p in model.parameters()]


def difference(some: list[Any], others: list[Any]) -> float:
    return max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(some, others, strict=True))


def equal_on_all(arrays: list[Any]) -> bool:
    return len(set(COMM.allgather(b"".join(a.tobytes() for a in arrays)))) == 1


def compared(name: str, backend: str | None = None, tolerance: float = 1e-15, **settings: Any) -> None:
    x, y = (X[:1], Y[:1]) if name == "LBFGS" else (X, Y)
    whole = trained(name, x, y, None, backend, **settings)
    ours = trained(name, x[MINE], y[MINE], ag.parallel.mean(COMM), backend, **settings)
    assert equal_on_all(ours), name
    off = difference(whole, ours)
    assert off <= tolerance, (name, backend, off)


# ----- what works -----


def optimisers() -> None:
    """The parameters are those of one process that has the whole batch."""
    for name in sorted(set(optim.__all__) & set(sys.argv[2:])):
        compared(name)
    compared("SGD", momentum=0.9, nesterov=True)
    for search in (None, "strong_wolfe"):  # by its nature it magnifies rounding from step to step
        compared("LBFGS", max_iter=5, line_search_fn=search, tolerance=1e-10)


def compiled() -> None:
    for backend in sys.argv[2:]:
        compared("Adam", backend)
    compared("SGD", sys.argv[2], momentum=0.9)


def dtypes() -> None:
    """One buffer for each dtype; halves and complex numbers too."""
    kinds = [np.float64, np.float32, np.float16, np.complex64, np.complex128, np.longdouble, np.clongdouble]
    params = [ag.Tensor(np.ones((2, 3), kind), requires_grad=True) for kind in kinds]
    for i, p in enumerate(params):
        p.grad = np.full((2, 3), (RANK + 1) * (i + 1) * (1 + 2j if p.dtype.kind == "c" else 1)).astype(p.dtype)
    given = [p.grad.numpy() for p in params]
    ag.parallel.mean(COMM)(params)
    for p, g in zip(params, given, strict=True):
        assert p.grad.dtype == p.dtype == g.dtype
        assert np.array_equal(p.grad.numpy() * (2 * (RANK + 1)), g * (1 + 2)), p.dtype


def weights() -> None:
    """Shards of 8 and 4 rows, by their weights."""
    mine = slice(0, 8) if RANK == 0 else slice(8, None)
    xs, ys = X[:, mine], Y[:, mine]
    whole = trained("Adam", X, Y)
    for weight in (xs.shape[1], lambda: xs.shape[1]):
        assert difference(whole, trained("Adam", xs, ys, ag.parallel.mean(COMM, weight))) <= 1e-15
    average = ag.parallel.mean(COMM)
    average.weight = xs.shape[1]
    assert difference(whole, trained("Adam", xs, ys, average, "numpy")) <= 1e-15


def batches_that_differ() -> None:
    """The weight is read at each step, in compiled ones too; a rank without examples counts nothing."""
    w, average = ag.Tensor(np.zeros(2), requires_grad=True), ag.parallel.mean(COMM)
    opt = optim.SGD([w], lr=1.0, average=average)

    @ag.compile
    def step(x: Any) -> None:
        opt.zero_grad()
        (w * x).sum().backward()
        opt.step()

    for n in range(3):
        average.weight = n if RANK else 1
        step(np.array([1.0, 2.0]) * (1 + RANK))
    total = sum((1 + 2 * n) / (1 + n) for n in range(3))
    assert np.allclose(w.numpy(), [-total, -2 * total], rtol=1e-15)


def gradients_that_are_missing() -> None:
    """A parameter that one rank has not used gets the gradient of the others; one that nobody has used gets none."""
    a, b, c = (ag.Tensor(np.ones(2), requires_grad=True) for _ in range(3))
    opt = optim.SGD([a, b, c], lr=1.0, average=ag.parallel.mean(COMM))
    (a.sum() + (b * 3).sum() if RANK else a.sum()).backward()
    opt.step()
    assert a.tolist() == [0.0, 0.0]
    assert b.tolist() == [1 - 3 / SIZE] * 2
    assert c.grad is None


def clipped() -> None:
    """What is done to the mean is done after it."""
    model = network()
    average, opt = ag.parallel.mean(COMM), optim.SGD(model.parameters(), lr=0.1)
    ag.mean_squared_error(model(X[0][MINE[1]]), Y[0][MINE[1]]).backward()
    (loss,) = average(model.parameters(), RANK)
    nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
    opt.step()
    assert loss == (SIZE - 1) / 2
    other = network()
    ag.mean_squared_error(other(X[0]), Y[0]).backward()
    nn.utils.clip_grad_norm_(other.parameters(), 1e-3)
    optim.SGD(other.parameters(), lr=0.1).step()
    assert difference([p.numpy() for p in other.parameters()], [p.numpy() for p in model.parameters()]) <= 1e-15


def several_optimisers() -> None:
    """Two models in turn, with one mean or with two."""
    for averages in ([ag.parallel.mean(COMM)] * 2, [ag.parallel.mean(COMM) for _ in range(2)]):
        steps = []
        for average, width in zip(averages, (5, 4), strict=True):
            w = ag.Tensor(np.zeros(width), requires_grad=True)
            steps.append((w, optim.SGD([w], lr=1.0, average=average)))
        for k in range(6):
            w, opt = steps[k % 2]
            opt.zero_grad()
            (w * (RANK + 1)).sum().backward()
            opt.step()
        assert all(np.allclose(w.numpy(), -4.5) for w, _ in steps)


def parameters_that_come_later() -> None:
    a, b = (ag.Tensor(np.zeros(3), requires_grad=True) for _ in range(2))
    opt = optim.SGD([a], lr=1.0, average=ag.parallel.mean(COMM))
    for k in range(4):
        if k == 2:
            opt.add_param_group({"params": [b]})
        opt.zero_grad()
        ((a + b) * RANK).sum().backward()
        opt.step()
    assert np.allclose(a.numpy(), -4 * 0.5)
    assert np.allclose(b.numpy(), -2 * 0.5)


def what_each_has() -> None:
    """Values of rank 0 for all; shards and orders that have nothing in common; streams of their own."""
    ag.manual_seed(RANK)
    model, array = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8)), np.full(3, RANK)
    model[1].running_mean[...] = RANK
    assert not equal_on_all([p.numpy() for p in model.parameters()])
    ag.parallel.broadcast(model, COMM)
    ag.parallel.broadcast({"a": array}, COMM, root=SIZE - 1)
    assert equal_on_all([x.numpy() for x in (*model.parameters(), *model.buffers())])
    assert array.tolist() == [SIZE - 1] * 3
    parts = COMM.allgather(ag.parallel.shard(np.arange(10), COMM))
    assert sorted(np.concatenate(parts).tolist()) == list(range(10))
    sampler = ag.parallel.DistributedSampler(range(10), COMM)
    for epoch in range(2):
        sampler.set_epoch(epoch)
        assert sorted(np.concatenate(COMM.allgather(list(sampler)))) == list(range(10))
    ag.parallel.seed(COMM, 7)
    drawn = COMM.allgather(ag.rand(3).tolist())
    assert len({tuple(d) for d in drawn}) == SIZE
    assert drawn[0] == np.random.default_rng(np.random.SeedSequence(7).spawn(SIZE)[0]).random(3).tolist()


def halves_that_are_weighted() -> None:
    """A gradient times its weight is no half."""
    w = ag.Tensor(np.ones(2, np.float16), requires_grad=True)
    w.grad = np.array([1500, 3], np.float16)
    ag.parallel.mean(COMM, 64)([w])
    assert w.grad.tolist() == [1500, 3]


def communicators_that_are_freed() -> None:
    """The handle of one that was freed is that of the next one, of other ranks."""
    w = ag.Tensor(np.zeros(1), requires_grad=True)
    for colour, expected in ((0, (SIZE - 1) / 2), (RANK, RANK), (0, (SIZE - 1) / 2)):
        comm = COMM.Split(colour, RANK)
        for _ in range(2):
            w.grad = np.array([float(RANK)])
            ag.parallel.mean(comm)([w])
            assert w.grad.tolist() == [expected]
        comm.Free()


def parameters_of_each_form() -> None:
    model = network()
    for given, changed in ((model, [*model.parameters()]), (model[0].weight, [model[0].weight])):
        for p in changed:
            p.grad = np.full(p.shape, float(RANK))
        assert ag.parallel.mean(COMM)(given, RANK) == [(SIZE - 1) / 2]
        assert all(np.all(p.grad.numpy() == (SIZE - 1) / 2) for p in changed)


def groups_that_face_are_refused() -> None:
    between = COMM.Split(RANK).Create_intercomm(0, COMM, 1 - RANK)
    with pytest.raises(ag.errors.ArgumentError, match="is given an intercommunicator for a communicator"):
        ag.parallel.mean(between)


def a_schedule_by_the_loss_of_all() -> None:
    w, average = ag.Tensor(np.ones(1), requires_grad=True), ag.parallel.mean(COMM)
    opt = optim.SGD([w], lr=0.1, average=average)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(opt, patience=0)
    for k in range(10):
        stepped(w, opt)
        schedule.step(*average([], k if RANK else -k / 2))
    assert opt.param_groups[0]["lr"] < 1e-6


def ends_in_peace() -> None:
    """All that works, in one job."""
    for do in (dtypes, weights, batches_that_differ, gradients_that_are_missing, clipped, several_optimisers,
               parameters_that_come_later, what_each_has, halves_that_are_weighted, communicators_that_are_freed,
               parameters_of_each_form, groups_that_face_are_refused, a_schedule_by_the_loss_of_all):  # fmt: skip
        do()
    MPI.Finalize()


# ----- what fails -----


def stepped(w: Any, opt: Any) -> None:
    opt.zero_grad()
    (w * w).sum().backward()
    opt.step()


def has_another_rate(w: Any, opt: Any, k: int) -> None:
    opt.param_groups[0]["lr"] = 0.01 * (1 + RANK)


def schedules_by_its_own_loss(w: Any, opt: Any, k: int) -> None:
    if RANK and k == 3:
        opt.param_groups[0]["lr"] /= 10


def has_another_state(w: Any, opt: Any, k: int) -> None:
    if RANK and k == 2:
        opt.load_state_dict(optim.Adam([w], lr=0.01).state_dict())


def sets_a_parameter(w: Any, opt: Any, k: int) -> None:
    if RANK and k == 50:
        w.data = np.array([5.0])


def drift_apart() -> None:
    """Each is noticed by all ranks, at one of the next steps, which rank 0 writes down: no rank ends in peace then."""
    found = []
    for differs in (has_another_rate, schedules_by_its_own_loss, has_another_state, sets_a_parameter):
        w = ag.Tensor(np.ones(1), requires_grad=True)
        opt = optim.Adam([w], lr=0.01, average=ag.parallel.mean(COMM.Dup()))
        try:
            for k in range(70):
                differs(w, opt, k)
                stepped(w, opt)
        except ag.errors.ParallelError as error:
            found += COMM.allgather((differs.__name__, k, str(error)))
    if RANK == 0:
        Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")
    COMM.Barrier()


def fails_before_the_mean() -> None:
    ag.parallel.seed(COMM)
    if RANK:
        raise ValueError("the data of rank 1 are broken")
    training(3)


def exits_before_the_mean() -> None:
    ag.parallel.broadcast(network(), COMM)
    if RANK == 0:
        training(3)


def finalizes() -> None:
    training(3 if RANK else 5)
    MPI.Finalize()


def training(steps: int = 10**9, before: Any = None) -> None:
    model = network()
    opt = optim.Adam(model.parameters(), average=ag.parallel.mean(COMM))
    step = step_of(model, opt)
    for k in range(steps):
        if before is not None:
            before(k)
        step(X[k % STEPS], Y[k % STEPS])


def raises_at(error: BaseException) -> Any:
    def before(k: int) -> None:
        if RANK and k == 3:
            raise error

    return before


def fails() -> None:
    training(before=raises_at(ValueError("the data of rank 1 are broken")))


def is_interrupted() -> None:
    training(before=raises_at(KeyboardInterrupt()))


def exits() -> None:
    training(before=raises_at(SystemExit(3)))


def has_fewer_batches() -> None:
    training(5 if RANK else 7)


def has_none() -> None:
    training(0 if RANK else 3)


def has_fewer_of_two() -> None:
    """One of two models gets no step on rank 1, and then the other one."""
    average = ag.parallel.mean(COMM)
    first, second = (ag.Tensor(np.zeros(n), requires_grad=True) for n in (3, 30_000))
    for k in range(6):
        for w in (first, second):
            if not (RANK and k == 4):
                w.grad = np.ones(w.shape)
                average([w])


def has_other_shapes() -> None:
    w = ag.Tensor(np.zeros(3 + RANK), requires_grad=True)
    opt = optim.SGD([w], average=ag.parallel.mean(COMM))
    w.sum().backward()
    opt.step()


def has_other_values() -> None:
    ag.manual_seed(RANK)
    model = nn.Linear(2, 2)
    opt = optim.SGD(model.parameters(), average=ag.parallel.mean(COMM))
    step = step_of(model, opt)
    (ag.compile(step) if sys.argv[2:] == ["compiled"] else step)(np.ones((1, 2)), np.ones((1, 2)))


def has_more_parameters() -> None:
    a, b = (ag.Tensor(np.zeros(3), requires_grad=True) for _ in range(2))
    opt = optim.SGD([a], average=ag.parallel.mean(COMM))
    for k in range(3):
        if RANK and k == 1:
            opt.add_param_group({"params": [b]})
        opt.zero_grad()
        (a + b).sum().backward()
        opt.step()


def is_killed() -> None:
    """Rank 1 is killed; what rank 0 has saved is whole."""
    path = Path(sys.argv[2])

    def before(k: int) -> None:
        if RANK == 0 and k:
            ag.save({"k": k, "values": np.full(1000, k)}, path)
        if RANK and k == 20:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.001)

    training(before=before)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print(f"rank {RANK} has done it", flush=True)
