"""A training goes on where it stopped, with the same bits: after SIGKILL, an error, Ctrl-C, a damaged checkpoint."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import interrupts
import killed
import numpy as np
import pytest
from helpers import ROOT, run
from stopped import At, Stop

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.optim import lr_scheduler
from autograd_lite.saving import atomic
from autograd_lite.train import Checkpoints, Trainer

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


def driven(folder: Path, kills: int, compile: Any) -> dict[str, int]:
    """Run `killed` in a process of its own, with one thread for products, which children of a fork have not."""
    text = f"""if True:
        import sys; sys.path.insert(0, {str(ROOT / "tests" / "train")!r})
        import json, pathlib, killed
        print(json.dumps(killed.main(pathlib.Path({str(folder)!r}), {kills}, 0, {compile!r})))
    """
    done = run(text, OPENBLAS_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@forks
@pytest.mark.parametrize("compile", [False, True])
def test_a_killed_training_ends_with_the_same_bits(compile: bool, tmp_path: Path) -> None:
    found = driven(tmp_path, 6, compile)
    assert found["kills"] >= 6
    assert found["trainings"] >= 1
    assert not found["different"]


@forks
@pytest.mark.slow
@pytest.mark.parametrize("compile", [False, True])
def test_of_200_kills_none_changes_a_bit(compile: bool, tmp_path: Path) -> None:
    found = driven(tmp_path, 200, compile)
    assert found["kills"] >= 200
    assert not found["different"]


# ----- stopped at each step, in the same process -----


class CtrlC:
    """Send Ctrl-C after a number of batches: a step and its callbacks are done first."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, trainer: Trainer) -> None:
        if trainer.step == self.step:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, str]:
    found = {}
    for compile in (False, True):
        folder = tmp_path_factory.mktemp("whole")
        found[compile] = killed.digest(killed.trained(folder, compile), folder)
    return found


@pytest.mark.parametrize(
    ("step", "compile"), [(1, False), (2, False), (8, False), (9, False), (10, False), (19, True), (22, True)]
)
def test_it_goes_on_after_any_step(step: int, compile: bool, whole: dict[bool, str], tmp_path: Path) -> None:
    """The ninth batch is the last of an epoch, and smaller; the first of two that are gathered is an odd one."""
    stopped = killed.trainer(tmp_path, compile)
    stopped.callbacks.all.insert(0, At(step))
    with pytest.raises(Stop):
        stopped.fit(killed.loaders()[0], killed.EPOCHS, killed.loaders()[1])
    assert stopped.step == step
    assert killed.digest(killed.trained(tmp_path, compile), tmp_path) == whole[compile]


def test_it_goes_on_where_a_thread_makes_the_batches(tmp_path: Path) -> None:
    whole, here = tmp_path / "whole", tmp_path / "here"
    for folder in (whole, here):
        folder.mkdir()
    expected = killed.trained(whole, workers=1)
    stopped, (data, held) = killed.trainer(here), killed.loaders(workers=1)
    stopped.callbacks.all.insert(0, At(13))
    with pytest.raises(Stop):
        stopped.fit(data, killed.EPOCHS, held)
    assert killed.digest(killed.trained(here, workers=1), here) == killed.digest(expected, whole)


def test_it_goes_on_in_the_same_process(whole: dict[bool, str], tmp_path: Path) -> None:
    made, (data, held) = killed.trainer(tmp_path), killed.loaders()
    made.callbacks.all.insert(0, At(13, KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        made.fit(data, killed.EPOCHS, held)
    ag.manual_seed(77)  # what is drawn between does no harm
    made.fit(data, killed.EPOCHS, held)
    assert killed.digest(made, tmp_path) == whole[False]


def test_means_of_half_an_epoch_are_of_the_same_metrics(tmp_path: Path) -> None:
    measured = {"train_metrics": {"share": lambda output, target: 1.0}}
    small(tmp_path).fit(BATCHES, 1)
    assert small(tmp_path, **measured).fit(BATCHES, 2, resume=True)["share"][-1] == 1.0
    with pytest.raises(KeyboardInterrupt):
        small(tmp_path, callbacks=[CtrlC(7)]).fit(BATCHES, 4, resume=True)
    again = small(tmp_path, **measured)
    with pytest.raises(errors.StateDictError, match=r"with train_metrics \[\], and this trainer has \['share'\]"):
        again.fit(BATCHES, 4, resume=True)
    assert again.epoch == 0


# ----- Ctrl-C -----


class Signal:
    """Send Ctrl-C where the n-th call of the block begins or ends."""

    def __init__(self, n: int, times: int = 1) -> None:
        self.left, self.times = n, times

    def __enter__(self) -> None:
        sys.setprofile(self.profile)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        sys.setprofile(None)
        return kind is KeyboardInterrupt

    def profile(self, frame: Any, event: str, _: Any) -> None:
        if event in ("call", "c_return") and "train" in frame.f_code.co_filename:
            self.left -= 1
            if not self.left:
                sys.setprofile(None)
                for _ in range(self.times):
                    signal.raise_signal(signal.SIGINT)


def places(slow: bool) -> list[int]:
    """Return some of the places of a training of two epochs, other ones for each."""
    return [*range(1, 6000, 37 if slow else 397)]


def quick(folder: Path, *more: Any) -> Trainer:
    made = killed.trainer(folder)
    made.callbacks.all[:0] = more
    made.callbacks.all[-1].every = None  # the ends of epochs, for a disk is slow
    return made


def test_ctrl_c_at_many_places_leaves_a_checkpoint_of_where_it_stands(
    slow: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = quick(tmp_path / "whole")
    (tmp_path / "whole").mkdir()
    expected.fit(killed.loaders()[0], 2, killed.loaders()[1])
    interrupted = 0
    for n in places(slow):
        folder = tmp_path / str(n)
        folder.mkdir()
        made, (data, held) = quick(folder), killed.loaders()
        block = Signal(n)
        with block:
            made.fit(data, 2, held)
            assert block.left > 0  # no Ctrl-C is swallowed
        if block.left > 0:
            break
        interrupted += 1
        newest = Checkpoints(folder / "checkpoints").newest()
        if newest is not None:  # else it came before there was anything
            assert newest["step"] == made.step
        again, (data, held) = quick(folder), killed.loaders()
        again.fit(data, 2, held, resume=True)
        assert killed.digest(again, folder) == killed.digest(expected, tmp_path / "whole"), n
    assert interrupted > 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_is_raised_at_any_place_leaves_whole_steps_and_a_whole_checkpoint(
    slow: bool, tmp_path: Path
) -> None:
    """As by a second Ctrl-C: parameters are those after some step, and what is resumed ends with the same bits."""
    steps: list[bytes] = []

    class Steps:
        def on_step_end(self, trainer: Trainer) -> None:
            steps.append(bits(trainer.model))

    (tmp_path / "whole").mkdir()
    expected = quick(tmp_path / "whole", Steps())
    steps.append(bits(expected.model))
    expected.fit(killed.loaders()[0], 2, killed.loaders()[1])
    steps.append(bits(expected.model))
    interrupted = 0
    for n in range(200, 60_000, 997 if slow else 5987):
        folder = tmp_path / str(n)
        folder.mkdir()
        made, (data, held) = quick(folder), killed.loaders()
        block = interrupts.AtCall(n)
        with block:
            made.fit(data, 2, held)
        if block.left > 0:
            break
        interrupted += 1
        assert bits(made.model) in steps
        again, (data, held) = quick(folder), killed.loaders()
        again.fit(data, 2, held, resume=True)
        assert killed.digest(again, folder) == killed.digest(expected, tmp_path / "whole"), n
    assert interrupted > 3


def bits(model: Any) -> bytes:
    return b"".join(p.numpy().tobytes() for p in model.parameters())


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    calls: list[int] = []

    def slow_loss(output: Any, target: Any) -> Any:
        calls.append(1)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached")

    made = killed.trainer(tmp_path)
    made = Trainer(made.model, slow_loss, made.optimizer, progress=False)
    with pytest.raises(KeyboardInterrupt):
        made.fit(killed.loaders()[0], 2)
    assert (made.step, len(calls)) == (0, 1)


def test_another_thread_is_no_place_for_signals(tmp_path: Path) -> None:
    made, (data, held) = killed.trainer(tmp_path), killed.loaders()
    thread = threading.Thread(target=made.fit, args=(data, 1, held))
    thread.start()
    thread.join()
    assert made.epoch == 1


def test_an_interrupt_in_a_validation_leaves_the_numbers_that_were_to_come(
    whole: dict[bool, str], tmp_path: Path
) -> None:
    made, (data, held) = killed.trainer(tmp_path), killed.loaders()
    judge, calls = made._judge, []

    def interrupted(batch: Any) -> Any:
        calls.append(1)
        if len(calls) == 5:  # the second batch of the second epoch, in an order that was drawn
            raise KeyboardInterrupt
        return judge(batch)

    made._judge = interrupted
    with pytest.raises(KeyboardInterrupt):
        made.fit(data, killed.EPOCHS, held)
    assert (made.epoch, made.batch) == (1, 9)
    assert killed.digest(killed.trained(tmp_path), tmp_path) == whole[False]


# ----- damage, and folders -----


def test_a_damaged_checkpoint_is_passed_over_and_nothing_is_lost(whole: dict[bool, str], tmp_path: Path) -> None:
    made, (data, held) = killed.trainer(tmp_path), killed.loaders()
    made.callbacks.all.insert(0, At(17))
    with pytest.raises(Stop):
        made.fit(data, killed.EPOCHS, held)
    *_, before, newest = Checkpoints(tmp_path / "checkpoints").files()
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    with pytest.warns(errors.AutogradWarning, match=f"{newest.name} is damaged"):
        again = killed.trained(tmp_path)
    assert before.name < newest.name
    assert killed.digest(again, tmp_path) == whole[False]


def small(folder: Path, **settings: Any) -> Trainer:
    model = nn.Linear(3, 2, rng=0)
    given = {"checkpoint": folder, "progress": False, **settings}
    return Trainer(model, nn.CrossEntropyLoss(), ag.optim.SGD(model.parameters(), lr=0.1), **given)


BATCHES = [(np.ones((4, 3)), np.array([0, 1, 0, 1]))] * 3


def test_where_all_are_damaged_nothing_begins_anew(tmp_path: Path) -> None:
    small(tmp_path).fit(BATCHES, 2)
    for path in Checkpoints(tmp_path).files():
        path.write_bytes(path.read_bytes()[:100])
    with pytest.warns(errors.AutogradWarning), pytest.raises(errors.FileError, match="none that is whole"):
        small(tmp_path).fit(BATCHES, 3, resume=True)


def test_the_folder_of_another_training_is_left_alone(tmp_path: Path) -> None:
    small(tmp_path).fit(BATCHES, 2)
    before = {path: path.read_bytes() for path in Checkpoints(tmp_path).files()}
    with pytest.raises(errors.ArgumentError, match="resume=True"):
        small(tmp_path).fit(BATCHES, 2)
    assert {path: path.read_bytes() for path in Checkpoints(tmp_path).files()} == before
    older = small(tmp_path, checkpoint=None)
    older.load_state_dict(ag.load(min(before)))
    older.callbacks.all.append(Checkpoints(tmp_path))
    with pytest.raises(errors.ArgumentError, match="the newest of step 6"):
        older.fit(BATCHES, 5)


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_so_many_are_kept(kind: str, tmp_path: Path) -> None:
    if kind == "safetensors":
        pytest.importorskip("safetensors")
    small(tmp_path, checkpoint=Checkpoints(tmp_path, every=1, keep=3, kind=kind)).fit(BATCHES, 3)
    assert [path.name for path in tmp_path.iterdir()] != []
    assert [path.name for path in Checkpoints(tmp_path).files()] == [f"step-00000000{n}.{kind}" for n in (7, 8, 9)]
    small(tmp_path / "all", checkpoint=Checkpoints(tmp_path / "all", keep=None)).fit(BATCHES, 3)
    assert len(Checkpoints(tmp_path / "all").files()) == 4


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    small(tmp_path).fit(BATCHES, 1)
    begin = f".step-000000009.npz.{atomic._machine()}"
    (tmp_path / f"{begin}.{os.getpid()}.earlier.abc.tmp").write_bytes(b"half")  # its number is another program's now
    (tmp_path / f"{begin}.{os.getppid()}.another.abc.tmp").write_bytes(b"half")  # of one that runs
    small(tmp_path).fit(BATCHES, 2, resume=True)
    assert [path.name for path in tmp_path.glob(".*.tmp")] == [f"{begin}.{os.getppid()}.another.abc.tmp"]


def test_a_training_that_is_done_stays_so(tmp_path: Path) -> None:
    first = small(tmp_path)
    first.fit(BATCHES, 2)
    again = small(tmp_path)
    assert again.fit(BATCHES, 2, resume=True).rows == first.history.rows
    np.testing.assert_array_equal(again.model.weight.numpy(), first.model.weight.numpy())


# ----- other loaders -----


class Plain:
    """A loader that says not where it stands."""

    def __iter__(self) -> Any:
        return iter(BATCHES)


def test_a_loader_that_says_nothing_goes_on_at_ends_of_epochs(tmp_path: Path) -> None:
    with pytest.raises(errors.ArgumentError, match=r"Plain has no state_dict\(\)"):
        small(tmp_path, checkpoint=Checkpoints(tmp_path, every=2)).fit(Plain(), 3)
    expected = small(tmp_path / "whole")
    expected.fit(Plain(), 3)
    stopped = small(tmp_path / "here", callbacks=[At(5, KeyboardInterrupt)])
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(Plain(), 3)
    kept = ag.load(Checkpoints(tmp_path / "here").files()[-1])
    assert kept["step"] == 3
    stopped.callbacks.all[0].step = 0
    stopped.fit(Plain(), 3)  # the second epoch is begun anew
    assert (stopped.epoch, stopped.step) == (3, 11)
    again = small(tmp_path / "here")
    for path in Checkpoints(tmp_path / "here").files():
        path.unlink(missing_ok=True)
    ag.save(kept, tmp_path / "here" / "step-000000003.npz")
    again.fit(Plain(), 3, resume=True)
    np.testing.assert_array_equal(again.model.weight.numpy(), expected.model.weight.numpy())
    assert again.history.rows == expected.history.rows


def test_a_state_from_within_an_epoch_wants_a_loader_that_goes_there(tmp_path: Path) -> None:
    stopped = small(tmp_path, callbacks=[CtrlC(5)])
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(BATCHES, 3)
    with pytest.raises(errors.StateDictError, match="the loader that there was"):
        small(tmp_path).fit(Plain(), 3, resume=True)


# ----- all there is to save -----


OPTIMISERS = {
    name: getattr(ag.optim, name)
    for name in ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "Adadelta", "RMSprop", "Rprop", "ASGD",
                 "Adafactor", "Lion")
}  # fmt: skip
OPTIMISERS["LBFGS"] = lambda p: ag.optim.LBFGS(p, max_iter=3, line_search_fn="strong_wolfe")
SCHEDULES = {
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda n: 1 / (n + 1)),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [1, 2]),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o), lr_scheduler.ExponentialLR(o, 0.9)], [2]
    ),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=1.0),
    "SWALR": lambda o: ag.optim.swa_utils.SWALR(o, 0.02),
}


class Counted(nn.Module):
    """A loss with a parameter, and a model's buffer that no state dict has."""

    def __init__(self) -> None:
        self.scale = nn.Parameter(1.0)
        self.register_buffer("mean", ag.Tensor(0.0), persistent=False)

    def forward(self, output: Any, target: Any) -> Any:
        with ag.no_grad():
            self.mean = 0.9 * self.mean + 0.1 * output.mean()
        return ((output - target) ** 2).mean() * (1 + self.scale**2) + self.mean


@pytest.mark.parametrize("name", [*OPTIMISERS, *SCHEDULES])
def test_every_optimiser_and_schedule_goes_on(name: str, tmp_path: Path) -> None:
    def made(folder: Path, *callbacks: Any) -> Trainer:
        model, loss = nn.Sequential(nn.Linear(3, 4, rng=1), nn.Tanh(), nn.Linear(4, 2, rng=2)), Counted()
        params = [*model.parameters(), *loss.parameters()]
        optimizer = OPTIMISERS[name](params) if name in OPTIMISERS else ag.optim.SGD(params, lr=0.05, momentum=0.9)
        schedule = SCHEDULES[name](optimizer) if name in SCHEDULES else None
        given = {"schedule": schedule, "checkpoint": folder, "callbacks": callbacks, "progress": False}
        return Trainer(model, loss, optimizer, **given)

    numbers = np.random.default_rng(0)
    batches = [(numbers.standard_normal((4, 3)), numbers.standard_normal((4, 2))) for _ in range(3)]
    expected = made(tmp_path / "whole")
    expected.fit(batches, 4)
    with pytest.raises(Stop):
        made(tmp_path / "here", At(8)).fit(batches, 4)
    again = made(tmp_path / "here")
    again.fit(batches, 4, resume=True)
    assert again.history.rows == expected.history.rows
    for part in (again.model, again._by.loss):
        assert bits(part) in (bits(expected.model), bits(expected._by.loss))


def test_a_state_of_something_else_changes_nothing(tmp_path: Path) -> None:
    made = small(tmp_path / "a")
    made.fit(BATCHES, 1)
    before, state = killed.digest(made), made.state_dict()
    odd = {
        "no state": {}, "another version": {**state, "trainer": 9}, "a part is missing": {**state, "optimizer": {}},
        "another model": {**state, "model": {"weight": np.ones(2)}}, "schedules": {**state, "schedules": [{}]},
        "callbacks": {**state, "callbacks": {"CSVLog": {}}}, "history": {**state, "history": 3},
    }  # fmt: skip
    for given in odd.values():
        with pytest.raises(errors.StateDictError):
            made.load_state_dict(given)
        assert killed.digest(made) == before


def test_generators_that_were_saved_have_to_be_there(tmp_path: Path) -> None:
    small(tmp_path, generators=[np.random.default_rng(0)]).fit(BATCHES, 1)
    with pytest.raises(errors.StateDictError, match=r"generators\.0"):
        small(tmp_path).fit(BATCHES, 2, resume=True)
    other = np.random.Generator(np.random.MT19937(0))
    with pytest.raises(errors.StateDictError, match=r"generators\.0"):
        small(tmp_path, generators=[other]).fit(BATCHES, 2, resume=True)
