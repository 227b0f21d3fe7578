"""torch: tensors, state dicts and modules come back equal, their weights as safetensors."""

from collections import OrderedDict

import pytest

from modelcp.artifacts.values import load_value, save_value
from modelcp.errors import ModelcpWarning, PickleRefused

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors")

TENSORS = {
    "floats": torch.arange(6.0).reshape(2, 3),
    "transposed": torch.arange(6).reshape(2, 3).T,
    "half": torch.ones(2, dtype=torch.bfloat16),
    "booleans": torch.tensor([True, False]),
    "no dimensions": torch.tensor(5),
    "empty": torch.zeros(0, 3),
    "gradient": torch.ones(2, requires_grad=True),
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "frozen": torch.nn.Parameter(torch.ones(2), requires_grad=False),
}
SAFE = "application/x-safetensors"
MODULE = "application/vnd.modelcp.torch-module+safetensors"


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one = torch.nn.Linear(4, 4)
        self.two = torch.nn.Linear(4, 4)
        self.two.weight = self.one.weight  # tied
        self.register_buffer("scale", torch.tensor(2.0), persistent=False)
        self.one.bias.requires_grad_(False)
        self.note = "größe"

    def forward(self, x):
        return self.two(self.one(x)) * self.scale


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_comes_back(trip, name):
    tensor = TENSORS[name]
    done = trip(tensor)
    assert torch.equal(done.back, tensor)
    assert (done.back.dtype, type(done.back)) == (tensor.dtype, type(tensor))
    assert done.back.requires_grad == tensor.requires_grad
    assert done.media_type == SAFE


@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_a_state_dict_comes_back_in_its_order(trip, kind):
    state = kind(Net().state_dict())
    done = trip(state)
    assert type(done.back) is kind
    assert list(done.back) == list(state)
    assert all(torch.equal(done.back[name], tensor) for name, tensor in state.items())
    assert done.fields["data_type"] == "torch.state_dict"
    assert done.fields["preview"]["parameters"] == sum(t.numel() for t in state.values())


def test_a_module_comes_back_whole(trip, store):
    net = Net().eval()
    x = torch.ones(1, 4)
    done = trip(net)
    assert type(done.back) is Net
    assert torch.equal(done.back(x), net(x))
    assert done.back.one.weight is done.back.two.weight
    assert not done.back.one.bias.requires_grad
    assert done.back.one.weight.requires_grad
    assert (done.back.training, done.back.note) == (False, "größe")
    assert done.media_type == MODULE
    with safetensors.safe_open(str(store.local_path(done.uri)), framework="pt") as file:
        assert {"one.weight", "one.bias", "two.bias"} <= set(file.keys())


def test_a_module_is_refused_where_pickles_are_and_tensors_are_not(store, monkeypatch):
    module, written = save_value(Net(), store)
    tensor, plain = save_value(torch.ones(2), store)
    monkeypatch.setenv("MODELCP_ALLOW_PICKLE", "0")
    with pytest.raises(PickleRefused):
        load_value(store, module, written.sha256, written.saved)
    assert load_value(store, tensor, plain.sha256, plain.saved).tolist() == [1, 1]


@pytest.mark.parametrize(
    "value",
    [torch.eye(2).to_sparse(), torch.nn.ReLU(), [torch.ones(1)]],
    ids=["sparse", "no weights", "a list"],
)
def test_what_safetensors_has_no_place_for_is_pickled_with_a_warning(trip, value):
    with pytest.warns(ModelcpWarning, match="is saved as a pickle"):
        done = trip(value)
    assert repr(done.back) == repr(value)


def test_tensors_that_share_memory_come_back_equal(trip):
    base = torch.arange(6.0)
    back = trip({"a": base, "b": base[2:], "c": base[::2]}).back
    assert back["b"].tolist() == [2, 3, 4, 5]
    assert back["c"].tolist() == [0, 2, 4]


def test_an_optimizers_state_comes_back(trip):
    net = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    with pytest.warns(ModelcpWarning):
        back = trip(optimizer.state_dict()).back
    assert torch.equal(back["state"][0]["exp_avg"], optimizer.state_dict()["state"][0]["exp_avg"])
