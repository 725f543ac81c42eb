"""Initial weights as permloom draws them for a seed (compiler/train/devices.cpp): uniform values,
quantised or not, and one shared value."""

import math

import numpy as np

from . import TwinError
from .rng import ARRANGEMENT, DEVICES, stream
from .spec import number

FIRST_LAYER_KEEP = 0.8


def draw_weights(layer, index, seed):
    """Initial weights of a layer, outputs x lines, float32."""
    devices = layer.devices
    random = stream(seed, DEVICES, index)
    one_bank = devices.get("profile", "neuron") == "layer"
    count = 1 if one_bank else layer.outputs
    banks = np.array([_vector(layer, index, random) for _ in range(count)])
    bits = int(number(devices.get("bits", 0)))
    if bits:
        top = 2 ** (bits - 1) - 1
        scale = _limit(layer) / top
        banks = np.clip(np.rint(banks / scale), -top, top) * scale + 0.0
    banks = banks.astype(np.float32)
    if not one_bank:
        return banks
    places = stream(seed, ARRANGEMENT, index)
    rows = []
    for _ in range(layer.outputs):
        rows.append(banks[0].tolist())
        places.shuffle(rows[-1])
    return np.array(rows, np.float32)


def _limit(layer):
    values = layer.devices["values"]
    if values == "he_uniform":
        return math.sqrt(6.0 / layer.inputs)
    if values == "glorot_uniform":
        return math.sqrt(6.0 / (layer.inputs + layer.outputs))
    raise TwinError("devices", f"'{values}' cannot be drawn here",
                    "start from a checkpoint of step 0")


def _vector(layer, index, random):
    """One bank before quantisation, as it is drawn."""
    devices, lines = layer.devices, layer.inputs
    keep = number(devices.get("keep", 1))
    bernoulli = devices.get("pruning", "exact") == "bernoulli"
    if devices["values"] == "shared":
        values = [number(devices["value"])] * lines
    else:
        bound = _limit(layer)
        values = [-bound + 2 * bound * random.uniform() for _ in range(lines)]
        if index == 0 and bernoulli and keep < 1:
            keep = max(keep, FIRST_LAYER_KEEP)
    if keep >= 1:
        return values
    if bernoulli:
        return [value if random.uniform() < keep else 0.0 for value in values]
    places = list(range(lines))
    random.shuffle(places)
    for place in places[math.floor(keep * lines + 0.5) :]:
        values[place] = 0.0
    return values
