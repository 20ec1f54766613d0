"""A user's weights: by name, by order, wrapped, of another network, damaged, hostile."""

from __future__ import annotations

import pickle
import sys
import warnings

import pytest
import torch
from safetensors.torch import save_file

from core.errors import UserError
from core.references.create import create, module_of
from core.references.reference import load_references
from core.references.weights import load_weights

REFERENCE = load_references().get("mobilenet_v2")
PARAMS = REFERENCE.params(width=0.25, resolution=32, classes=3)


@pytest.fixture
def other():
    return module_of(REFERENCE, PARAMS, seed=7)


def loaded(path):
    module = module_of(REFERENCE, PARAMS, seed=0)
    load_weights(module, path)
    return module.state_dict()


def same(given, module):
    wanted = module.state_dict()
    return all(torch.equal(given[n], t) for n, t in wanted.items() if not n.endswith("num_batches_tracked"))


def test_state_dict(tmp_path, other):
    torch.save(other.state_dict(), tmp_path / "w.pth")
    assert same(loaded(tmp_path / "w.pth"), other)


def test_safetensors(tmp_path, other):
    save_file({k: v.contiguous() for k, v in other.state_dict().items()}, tmp_path / "w.safetensors")
    assert same(loaded(tmp_path / "w.safetensors"), other)


def test_wrapped_and_prefixed(tmp_path, other):
    state = {f"module.{k}": v for k, v in other.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "w.pt")
    assert same(loaded(tmp_path / "w.pt"), other)


def test_other_names_in_the_same_order(tmp_path, other):
    state = {f"layer{k}.{n.rsplit('.')[-1]}": v for k, (n, v) in enumerate(other.state_dict().items())}
    torch.save(state, tmp_path / "w.pt")
    assert same(loaded(tmp_path / "w.pt"), other)


def test_weights_reach_the_graph(tmp_path, other):
    torch.save(other.state_dict(), tmp_path / "w.pth")
    model = create(REFERENCE, PARAMS, weights=tmp_path / "w.pth")
    stored = model.graph.graph.initializers["features.0.0.weight"].const_value.numpy()
    assert (stored == other.state_dict()["features.0.0.weight"].numpy()).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: s.pop("features.0.0.weight"), "'features.0.0.weight' is missing"),
        (lambda s: s.update({"extra.weight": torch.ones(1)}), "the network has no 'extra.weight'"),
        (lambda s: s.update({"classifier.1.weight": torch.ones(9, 1280)}), "'classifier.1.weight' has the size 9x1280"),
        (lambda s: s.update({"classifier.1.bias": torch.ones(3, dtype=torch.int32)}), "holds int32 numbers"),
    ],
)
def test_another_network(tmp_path, other, change, sentence):
    state = dict(other.state_dict())
    change(state)
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(UserError, match=sentence):
        loaded(tmp_path / "w.pth")


class Hostile:
    """Unpickling it would run a command."""

    def __reduce__(self):
        import os

        return os.system, ("touch /tmp/thimble_was_here",)


def test_pickle_is_never_run(tmp_path):
    torch.save({"weight": Hostile()}, tmp_path / "w.pth")
    with pytest.raises(UserError, match="could run code"):
        loaded(tmp_path / "w.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(UserError, match="could run code"):
        loaded(tmp_path / "old.pth")


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_damaged(tmp_path, other, name):
    path = tmp_path / name
    if name.endswith("pth"):
        torch.save(other.state_dict(), path)
    else:
        save_file({k: v.contiguous() for k, v in other.state_dict().items()}, path)
    whole = path.read_bytes()
    for cut in (0, 3, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(UserError):
            loaded(path)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (torch.full((3,), float("nan")), "'classifier.1.bias' holds numbers that are not finite"),
        (torch.full((3,), float("inf")), "'classifier.1.bias' holds numbers that are not finite"),
        (torch.ones(3).to_sparse(), "'classifier.1.bias' is stored as sparse_coo"),
    ],
)
def test_tensors_that_are_no_weights(tmp_path, other, value, sentence):
    torch.save({**other.state_dict(), "classifier.1.bias": value}, tmp_path / "w.pth")
    with pytest.raises(UserError, match=rf"The weights in 'w.pth' cannot be used: {sentence}"):
        loaded(tmp_path / "w.pth")


def test_torchscript_is_named(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, but such files are about
        torch.jit.script(torch.nn.Linear(3, 3)).save(tmp_path / "w.pt")
    with pytest.raises(UserError, match="TorchScript program"):
        loaded(tmp_path / "w.pt")


def test_a_download_that_was_cut_short_says_so(tmp_path, other):
    torch.save(other.state_dict(), tmp_path / "w.pth")
    whole = (tmp_path / "w.pth").read_bytes()
    (tmp_path / "w.pth").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="its end is missing"):
        loaded(tmp_path / "w.pth")


def test_not_weights_at_all(tmp_path):
    (tmp_path / "w.pth").write_text("import os")
    with pytest.raises(UserError, match="neither a torch state dict"):
        loaded(tmp_path / "w.pth")
    with pytest.raises(UserError, match="no file"):
        loaded(tmp_path / "missing.pth")


def test_without_timm_a_kind_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match="come from timm") as refused:
        create(REFERENCE, PARAMS, fetch=True)
    assert "--weights" in refused.value.hint


def test_unreachable_hub_is_a_kind_sentence(monkeypatch):
    class Timm:
        @staticmethod
        def create_model(name, pretrained):
            raise ConnectionError("no route to host")

    monkeypatch.setitem(sys.modules, "timm", Timm)
    with pytest.raises(UserError, match=r"could not be fetched: no route to host\."):
        create(REFERENCE, PARAMS, fetch=True)
