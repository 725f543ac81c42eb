"""The values that a run starts from."""

import math
from dataclasses import dataclass

import numpy as np

from . import TwinError
from .devices import draw_weights


@dataclass
class Start:
    """NumPy float32: weights[i] (outputs x lines), biases[i] (outputs, or None) and
    norms[i, position] (4 x channels: gamma, beta, running mean, running variance)."""

    weights: list
    biases: list
    norms: dict


def norm_places(network):
    """(layer, position in `then`, channels) of every batch norm."""
    for i, layer in enumerate(network.layers):
        channels = layer.outputs
        for position, (op, _) in enumerate(layer.then):
            if op == "flatten":
                channels = layer.shape[2]
            if op == "batch_norm":
                yield i, position, channels


def from_checkpoint(network, checkpoint):
    """As saved before the first step."""
    if checkpoint.step != 0:
        raise TwinError(checkpoint.path, f"was saved after step {checkpoint.step}, not before the "
                        "first", "give one of permloom train --steps 0 and the same seed")
    layers = range(len(network.layers))
    return Start([checkpoint.weights(i) for i in layers],
                 [None if network.layers[i].bias is None else checkpoint.bias(i).copy()
                  for i in layers],
                 {(i, k): checkpoint.batch_norm(i, k) for i, k, _ in norm_places(network)})


def from_seed(network, seed):
    """The weights that permloom draws for the seed; biases are of NumPy's generator."""
    random = np.random.default_rng(seed)
    biases = []
    for layer in network.layers:
        if layer.bias is None:
            biases.append(None)
        elif layer.bias.get("initial", "zeros") == "zeros":
            biases.append(np.zeros(layer.outputs, np.float32))
        else:
            bound = math.sqrt(6.0 / layer.outputs)
            biases.append(random.uniform(-bound, bound, layer.outputs).astype(np.float32))
    norms = {(i, k): np.repeat(np.float32([[1], [0], [0], [1]]), channels, axis=1)
             for i, k, channels in norm_places(network)}
    return Start([draw_weights(layer, i, seed) for i, layer in enumerate(network.layers)],
                 biases, norms)


def of_run(network, checkpoint):
    """What the run behind a checkpoint of any step started from: redrawn, and checked against the
    devices in the checkpoint, where it is not the checkpoint itself."""
    if checkpoint.step == 0:
        return from_checkpoint(network, checkpoint)
    if any(layer.bias and layer.bias.get("initial", "zeros") != "zeros"
           for layer in network.layers):
        raise TwinError(checkpoint.path, "does not say what its biases started from",
                        "add --start RUN0, of permloom train --steps 0 and the same seed")
    start = from_seed(network, checkpoint.seed)
    if network.algorithm in ("free", "adam"):
        return start
    for i, weights in enumerate(start.weights):
        if not np.array_equal(np.sort(weights, axis=1),
                              np.broadcast_to(checkpoint.profile(i), weights.shape)):
            raise TwinError(checkpoint.path, f"has other devices in layer {i} than its seed draws "
                            "here", "add --start RUN0, of permloom train --steps 0 and that seed")
    return start
