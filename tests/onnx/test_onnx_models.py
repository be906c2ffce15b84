"""What a model is called, holds and is written to; and what is refused, with what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from exported import check, ran, same
from onnx import load

import autograd_lite as ag
from autograd_lite import nn

X = np.linspace(-1.0, 1.0, 6).reshape(2, 3)


def test_names_of_parameters_inputs_and_outputs() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    model = ag.onnx.export(net, X)
    names = [x.name for x in model.graph.initializer]
    assert names[:6] == ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"]
    assert ([x.name for x in model.graph.input], [y.name for y in model.graph.output]) == (["input"], ["output"])
    model = ag.onnx.export(net, X, input_names=["features"], output_names=["scores"])
    assert ([x.name for x in model.graph.input], [y.name for y in model.graph.output]) == (["features"], ["scores"])


def test_a_function_with_parameters_of_a_module_and_a_tree_of_arguments() -> None:
    net, scale = nn.Linear(3, 2), ag.Tensor(2.0)

    def scores(data: Any, power: int, *, shift: Any) -> Any:
        return {"scores": net(data["x"]) ** power * scale + shift, "first": data["x"][0]}

    model = ag.onnx.export(scores, ({"x": X}, 2), kwargs={"shift": 3.0 * np.ones(2)})
    assert [x.name for x in model.graph.input] == ["data_x", "shift"]
    assert [y.name for y in model.graph.output] == ["scores", "first"]
    assert {"weight", "bias", "scale"} <= {x.name for x in model.graph.initializer}
    expected = scores({"x": X}, 2, shift=np.ones(2))
    same(ran(model, X, np.ones(2)), [np.asarray(expected["scores"].detach()), X[0]])


def test_a_compiled_function_and_results_that_are_inputs_or_the_same() -> None:
    compiled = ag.compile(lambda x: np.tanh(x) * 2)
    check(compiled, X)
    model = ag.onnx.export(lambda x, y: (x, x, y + 1, None), (X, X))
    same(ran(model, X, X), [X, X, X + 1])


def test_a_loop_in_a_loop_reads_what_is_around_both() -> None:
    def function(x: Any) -> Any:
        z = x * 2 + 1
        return ag.scan(lambda c, row: (ag.scan(lambda d, n: (d + n * z.sum(), d), c, row)[0], c), 0.0, x)

    check(function, np.arange(6.0).reshape(3, 2))


def test_a_module_is_left_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout())
    before = [dict(vars(part)) for part in model.modules()]
    ag.onnx.export(model, np.ones((4, 2)))
    assert [vars(part).keys() for part in model.modules()] == [part.keys() for part in before]
    assert model.training


def test_the_file_is_the_model(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = ag.onnx.export(nn.Linear(3, 2), X, path)
    assert load(path) == model
    before = path.read_bytes()
    with pytest.raises(ag.errors.ExportError):
        ag.onnx.export(lambda x: np.fft.fft(x).real, X, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("opset", [18, 19, 20, 21])
def test_versions_of_operators(opset: int) -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2), nn.Softmax(-1))
    model = check(net.to(np.float32), np.ones((2, 1, 6, 6), np.float32), opset=opset)
    assert model.opset_import[0].version == opset


def test_nodes_say_their_line() -> None:
    model = ag.onnx.export(lambda x: np.tanh(x), X)
    assert "test_onnx_models.py" in model.graph.node[0].doc_string


def test_a_generator_of_numbers_in_a_batch_norm_is_left_alone() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Dropout(), nn.BatchNorm1d(2))
    net.train()
    before = {name: np.array(x) for name, x in net.state_dict().items()}
    ag.onnx.export(net, X, dynamic_axes={"input": [0]})
    assert net.training
    assert net[1].training
    for name, x in net.state_dict().items():
        np.testing.assert_array_equal(x, before[name])


@ag.custom_op(vjp=lambda g, x: 2 * g)
def doubled(x: Any) -> Any:
    return 2 * x


CALLS: dict[str, tuple[Any, str]] = {
    "complex": (lambda x: np.fft.fft(x), "dtype|no operator"),
    "no operator": (lambda x: np.linalg.svd(x)[1], "svd"),
    "random": (lambda x: nn.functional.dropout(x, 0.5, training=True), "random"),
    "a mask": (lambda x: x[x > 0], "Write np.where"),
    "code of others": (lambda x: doubled(x), "custom_op"),
    "a branch": (lambda x: x if x.sum() > 0 else -x, "Write"),
    "a text": (lambda x: "yes", "returns"),
    "nothing": (lambda x: None, "returns"),
}
SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "opset": ({"opset": 9}, "from 18 to"),
    "names": ({"input_names": ["a", "b"]}, "input_names="),
    "axes": ({"dynamic_axes": {"y": [0]}}, "Write one of x"),
    "axis": ({"dynamic_axes": {"x": [5]}}, "Write an axis"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_refused_at_its_line(name: str) -> None:
    function, said = CALLS[name]
    with pytest.raises(ag.AutogradError, match=said) as caught:
        ag.onnx.export(function, X)
    assert "Write" in str(caught.value)
    if name in ("no operator", "random", "code of others"):
        assert "test_onnx_models.py" in str(caught.value)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_refused(name: str) -> None:
    settings, said = SETTINGS[name]
    with pytest.raises(ag.errors.ExportError, match=said):
        ag.onnx.export(lambda x: x + 1, X, **settings)


def test_what_is_no_model_and_no_input() -> None:
    with pytest.raises(ag.errors.ExportError, match=r"Write ag\.onnx\.export\(model, x\)"):
        ag.onnx.export(3, X)  # type: ignore[arg-type]
    with pytest.raises(ag.errors.ExportError, match="dtype"):
        ag.onnx.export(lambda x: x, X + 1j)
    with pytest.raises(ag.errors.ExportError, match="of type object"):
        ag.onnx.export(lambda x, y: x, (X, object()))


def test_the_package_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ag.errors.MissingExtraError, match=r"pip install 'autograd-lite\[onnx\]'"):
        ag.onnx.export(nn.Linear(3, 2), X)
