"""The networks of the training benchmark, as descriptions (models/README.md).

    tools/bench/bench_networks.py CASE              prints one, for permloom train
    tools/bench/bench_networks.py --write FOLDER    writes each to FOLDER/CASE.yaml, for train_bench

As JSON, which is YAML.
"""
import json
import sys
from pathlib import Path

HE = {"values": "he_uniform", "bits": 0, "profile": "neuron"}
BYTES = {"bits": 8, "div": 255, "mean": 0, "scale": "1/255", "zero": 0}


def dense(outputs, *then, devices=HE, activation="relu", bias=None):
    layer = {"outputs": outputs, "rail": "single", "devices": devices, "activation": activation}
    return _completed(layer, bias, then)


def conv(filters, *then, kernel=3, stride=1, padding="same", activation="relu", bias=None, **keys):
    layer = {"conv": {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding},
             "rail": "single", "devices": HE, "activation": activation}
    return {**keys, **_completed(layer, bias, then)}


def _completed(layer, bias, then):
    if bias:
        layer["bias"] = bias
    if then:
        layer["then"] = list(then)
    return layer


def network(name, data, shape, layers, batch, algorithm="free", sync_every=None, l2=None):
    """The last layer gives logits."""
    layers[-1]["activation"] = "none"
    given = {"size": shape[0]} if len(shape) == 1 else {"shape": list(shape)}
    training = {"algorithm": algorithm, "epochs": 1, "batch": batch, "learning_rate": "1e-3"}
    if sync_every:
        training["sync_every"] = sync_every
    if l2:
        training["l2"] = l2
    return {"name": name, "about": "a case of the training benchmark", "expect": "-", "data": data,
            "input": {**given, **BYTES}, "layers": layers, "training": training}


def shared(value, keep):
    return {"values": "shared", "value": value, "profile": "neuron", "keep": keep,
            "pruning": "bernoulli"}


def f1(name):
    layers = [dense(10, devices=shared(0.08, "4/7"))]
    return network(name, "mnist", [784], layers, 128, "laperm", 250)


def f2(name):
    sizes = ((128, "1/15"), (64, "1/7"), (10, "1/3"))
    layers = [dense(outputs, devices=shared(0.03, keep)) for outputs, keep in sizes]
    return network(name, "mnist", [784], layers, 128, "laperm", 250, l2="1e-4")


def mlp(name, sync_every=None):
    layers = [dense(100), dense(100), dense(10)]
    return network(name, "mnist", [784], layers, 50, "laperm" if sync_every else "free", sync_every)


def conv7(name):
    bias = {"initial": "he_uniform", "permuted": True}
    layers = []
    for filters in (32, 64):
        layers += [conv(filters, padding="valid", bias=bias),
                   conv(filters, padding="valid", bias=bias),
                   conv(filters, {"dropout": 0.4}, kernel=5, stride=2, bias=bias)]
    layers += [conv(128, "flatten", {"dropout": 0.4}, kernel=4, padding="valid", bias=bias),
               dense(10, bias=bias)]
    return network(name, "mnist", [28, 28, 1], layers, 50, "laperm", 20)


def vgg(name, groups, head, head_dropout=None):
    """Groups of (filters, dropout after each convolution but the group's last): convolution, ReLU,
    batch norm, dropout; a pool after each group. `head`: hidden dense layers, each with what
    follows."""
    bias, layers = {"initial": "he_uniform"}, []
    for filters, dropouts in groups:
        layers += [conv(filters, "batch_norm", {"dropout": rate}, bias=bias) for rate in dropouts]
        layers.append(conv(filters, "batch_norm", {"max_pool": 2}, bias=bias))
    layers[-1]["then"] += ["flatten"] + ([{"dropout": head_dropout}] if head_dropout else [])
    layers += [dense(outputs, *then, bias=bias) for outputs, then in head]
    layers.append(dense(10, bias=bias))
    return network(name, "cifar10", [32, 32, 3], layers, 50, "laperm", 1000, l2="1e-4")


TWO_HIDDEN = [(256, [{"dropout": 0.5}, "batch_norm"]), (256, ["batch_norm", {"dropout": 0.5}])]


def conv2(name):
    return vgg(name, [(64, [0.3])], TWO_HIDDEN)


def conv4(name):
    return vgg(name, [(64, [0.3]), (128, [0.4])], TWO_HIDDEN)


def conv13(name):
    groups = [(64, [0.3]), (128, [0.4]), (256, [0.4] * 2), (512, [0.4] * 2), (512, [0.4] * 2)]
    return vgg(name, groups, [(512, ["batch_norm", {"dropout": 0.5}])], 0.5)


def resnet50(name):
    """ResNet v1 of 3 stages of 8 blocks; the projection of a stage's first block has no batch
    norm."""
    bias = {"initial": "zeros"}
    layers = [conv(16, "batch_norm", "relu", activation="none", bias=bias, name="stem")]
    before = "stem"
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(8):
            stride = 2 if stage and not block else 1
            name_of = f"s{stage}b{block}"
            shortcut = before
            if stride == 2:
                shortcut = name_of + "p"
                layers.append(conv(filters, kernel=1, stride=2, activation="none", bias=bias,
                                   name=shortcut, **{"from": before}))
            layers.append(conv(filters, "batch_norm", "relu", stride=stride, activation="none",
                               bias=bias, **{"from": before}))
            layers.append(conv(filters, "batch_norm", {"add": shortcut}, "relu", activation="none",
                               bias=bias, name=name_of))
            before = name_of
    layers[-1]["then"] += [{"average_pool": 8}, "flatten"]
    layers.append(dense(10, bias=bias))
    return network(name, "cifar10", [32, 32, 3], layers, 50, "laperm", 800, l2="1e-4")


def describe(case):
    """The description of a case of CASES."""
    return CASES[case](case)


# Names ending in -mnist train on MNIST, most of whose values are 0, the others on random values.
CASES = {
    "f1": f1,
    "f1-mnist": f1,
    "f2": f2,
    "f2-mnist": f2,
    "mlp": mlp,
    "mlp-mnist": mlp,
    "mlp-sync": lambda name: mlp(name, 20),
    "conv7": conv7,
    "conv2": conv2,
    "conv4": conv4,
    "conv13": conv13,
    "resnet50": resnet50,
}


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--write":
        for case in CASES:
            Path(sys.argv[2], case + ".yaml").write_text(json.dumps(describe(case), indent=1))
    elif len(sys.argv) == 2 and sys.argv[1] in CASES:
        print(json.dumps(describe(sys.argv[1]), indent=1))
    else:
        sys.exit(f"usage: bench_networks.py CASE | --write FOLDER, CASE one of {', '.join(CASES)}")
