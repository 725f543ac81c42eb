"""Network descriptions (models/README.md) as plain values with their shapes worked out."""

import math
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import yaml

from . import TwinError

NETWORK_INPUT = -1


def number(value):
    """YAML reads 1e-3 and 4/7 as text."""
    return float(Fraction(value)) if isinstance(value, str) and "/" in value else float(value)


@dataclass
class Conv:
    kernel: int
    stride: int
    same: bool


@dataclass
class Layer:
    outputs: int
    inputs: int  # fan-in of a neuron
    conv: Conv | None
    devices: dict
    bias: dict | None
    activation: str
    then: list  # pairs (operation, its value or None)
    source: int  # the layer read, or NETWORK_INPUT
    rail: str = "single"
    input_shape: tuple = ()  # rows, columns, channels of what it reads
    shape: tuple = ()  # of what it gives, after `then`


@dataclass
class Schedule:
    """Value at fractional epoch e of E, as compiler/spec/training.h says."""

    kind: str
    initial: float
    keys: dict = field(default_factory=dict)

    def at(self, e, epochs, rate=None):
        key, whole = self.keys, math.floor(e)
        if self.kind == "constant":
            return self.initial
        if self.kind == "exponential":
            return self.initial * key["decay"] ** whole
        if self.kind == "cosine":
            return self.initial * 0.5 * (1 + math.cos(math.pi * e / epochs)) + key.get("floor", 0)
        if self.kind == "step":
            return self.initial * key["decay"] ** (whole // int(key["every"]))
        if self.kind == "piecewise":
            passed = sum(e >= begin for begin in key["at"])
            return ([self.initial] + key["values"])[passed]
        if self.kind == "linear":
            return self.initial + (key["last"] - self.initial) * e / epochs
        if self.kind == "learning_rate" and rate is not None:
            ratio = rate.at(0, epochs) / max(rate.at(e, epochs), 1e-300)
            return self.initial * ratio ** key.get("exponent", 1.0)
        raise TwinError("schedule", f"'{self.kind}' is not known here")


@dataclass
class Network:
    name: str
    data: str
    input: dict
    input_shape: tuple
    layers: list
    training: dict
    learning_rate: Schedule
    sync_every: Schedule

    @property
    def algorithm(self):
        return self.training["algorithm"]

    def number(self, key, default):
        return number(self.training.get(key, default))

    def period(self, e, epochs):
        """Steps between two syncs at fractional epoch e."""
        value = self.sync_every.at(e, epochs, self.learning_rate)
        return math.floor(min(max(value, 1.0), 1e9) + 0.5)


def parse(text):
    description = yaml.safe_load(text) if isinstance(text, str) else text
    given = dict(description["input"])
    shape = tuple(given["shape"]) if "shape" in given else (1, 1, int(given["size"]))
    layers, names = [], {"input": NETWORK_INPUT}
    for index, entry in enumerate(description["layers"]):
        layer = _layer(entry, names, layers, shape)
        layers.append(layer)
        if "name" in entry:
            names[entry["name"]] = index
    training = description["training"]
    return Network(description.get("name", "network"), description.get("data", ""), given, shape,
                   layers, training, _schedule(training["learning_rate"]),
                   _schedule(training.get("sync_every", 1e9)))


def _schedule(value):
    if not isinstance(value, dict):
        return Schedule("constant", number(value))
    keys = {key: [number(v) for v in values] if isinstance(values, list) else number(values)
            for key, values in value.items() if key not in ("schedule", "initial")}
    return Schedule(value["schedule"], number(value["initial"]), keys)


def _layer(entry, names, layers, network_shape):
    source = names[entry["from"]] if "from" in entry else len(layers) - 1
    read = network_shape if source == NETWORK_INPUT else layers[source].shape
    conv = None
    if "conv" in entry:
        given = entry["conv"]
        conv = Conv(int(given["kernel"]), int(given.get("stride", 1)),
                    given.get("padding", "valid") == "same")
        outputs = int(given["filters"])
        inputs = conv.kernel**2 * read[2]
        shape = (*(_windows(extent, conv) for extent in read[:2]), outputs)
    else:
        outputs, inputs = int(entry["outputs"]), math.prod(read)
        shape = (1, 1, outputs)
    then = [next(iter(op.items())) if isinstance(op, dict) else (op, None)
            for op in entry.get("then", [])]
    then = [(op, names[value] if op == "add" else value) for op, value in then]
    for op, value in then:
        shape = _shape_after(op, value, shape)
    return Layer(outputs, inputs, conv, entry["devices"], entry.get("bias"), entry["activation"],
                 then, source, entry.get("rail", "single"), read, shape)


def _windows(extent, conv):
    return -(-extent // conv.stride) if conv.same else (extent - conv.kernel) // conv.stride + 1


def _shape_after(op, value, shape):
    rows, columns, channels = shape
    if op in ("max_pool", "average_pool"):
        return rows // int(value), columns // int(value), channels
    if op == "global_average_pool":
        return 1, 1, channels
    if op == "flatten":
        return 1, 1, math.prod(shape)
    return shape


def real_inputs(network, pixels, training_pixels):
    """What the network reads of `pixels` (count x rows x columns x channels, uint8): float32 of
    the network's input shape. A per-pixel mean is measured on `training_pixels`."""
    given = network.input
    count, bits, div = len(pixels), int(given.get("bits", 8)), number(given.get("div", 1))
    if math.prod(pixels.shape[1:]) != math.prod(network.input_shape):
        raise TwinError(network.name, f"reads {network.input_shape}, the images are "
                        f"{pixels.shape[1:]}")
    if bits == 0 and given.get("mean") == "per_pixel":
        mean = training_pixels.mean(axis=0, dtype=np.float64) / div
        values = (pixels / np.float32(div)) - mean.astype(np.float32)
    else:
        codes = np.arange(256) / div - number(given.get("mean", 0))
        if bits:
            scale, zero = number(given["scale"]), number(given.get("zero", 0))
            codes = np.clip(np.rint(codes / scale) + zero, 0, 2**bits - 1)
            codes = (codes.astype(np.float32) - np.float32(zero)) * np.float32(scale)
        values = codes.astype(np.float32)[pixels]
    return np.ascontiguousarray(values, np.float32).reshape(count, *network.input_shape)
