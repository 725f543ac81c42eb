#!/usr/bin/env python3
"""Makes the files beside it, with h5py and NumPy as Keras 2 and users call them.

usage: make.py     (Debian packages python3-h5py, python3-numpy)

Values count up by quarters in C order from a start that differs by array, so that the tests can tell
what every array must hold. digits_means.h5 alone computes something: the nearest class mean of digits.
"""

import zipfile
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).parent


def counting(start, shape, dtype="<f4"):
    return (start + np.arange(int(np.prod(shape))) / 4).reshape(shape).astype(dtype)


def fixed(names):
    """A list of strings of one length, as h5py 2 wrote lists of bytes."""
    return np.array([name.encode() for name in names], dtype="S") if names else np.array([])


def variable(names):
    """A list of strings of variable length, as h5py 3 writes lists of bytes."""
    return [name.encode() for name in names]


def write_layers(group, layers, names_of):
    """What keras.saving.hdf5_format.save_weights_to_hdf5_group does."""
    group.attrs["layer_names"] = names_of(list(layers))
    group.attrs["backend"] = b"tensorflow"
    for name, weights in layers.items():
        layer = group.create_group(name)
        layer.attrs["weight_names"] = names_of(list(weights))
        for weight, values in weights.items():
            layer.create_dataset(weight, data=values)


LAYERS = {
    # Not in the order of the alphabet: the order of creation is in the attributes.
    "flatten": {},
    "dense_10": {"dense_10/kernel:0": counting(0, (3, 2)), "dense_10/bias:0": counting(10, (2,))},
    "conv2d": {"conv2d/kernel:0": counting(-4, (2, 1, 3, 2), "<f2")},
}


def keras():
    with h5py.File(HERE / "keras_weights.h5", "w") as file:
        write_layers(file, LAYERS, fixed)
    with h5py.File(HERE / "keras_model.h5", "w") as file:
        file.attrs["model_config"] = b"{}"
        weights = file.create_group("model_weights")
        # The list cut into two, as Keras does with long ones.
        write_layers(weights, LAYERS, variable)
        del weights.attrs["layer_names"]
        weights.attrs["layer_names0"] = variable(["flatten", "dense_10"])
        weights.attrs["layer_names1"] = variable(["conv2d"])
    with h5py.File(HERE / "other.h5", "w") as file:
        file["values"] = counting(0, (2,))
    with h5py.File(HERE / "numbers_for_names.h5", "w") as file:
        file.attrs["layer_names"] = [1, 2]


def digits():
    """The training images of `digits` as one dense layer: x m - m m / 2 is largest for the nearest m."""
    lines = (HERE.parents[2] / "compiler" / "data" / "digits.txt").read_text().splitlines()
    train = [line for i, line in enumerate(lines) if i % 5 != 0]
    images = np.array([[ord(c) - ord("a") for c in line[:64]] for line in train]) / 16
    labels = np.array([int(line[64]) for line in train])
    means = np.array([images[labels == digit].mean(axis=0) for digit in range(10)]).astype("<f4")
    bias = (-0.5 * (means * means).sum(axis=1)).astype("<f4")
    with h5py.File(HERE / "digits_means.h5", "w") as file:
        write_layers(file, {"flatten": {}, "dense": {"dense/kernel:0": means.T, "dense/bias:0": bias}},
                     fixed)


def numpy():
    arrays = {name: np.array([-2, 0, 1, 100]).astype(dtype)
              for name, dtype in {"f2": "<f2", "f4": "<f4", "f4_big": ">f4", "f8": "<f8", "i1": "|i1",
                                  "i4": "<i4", "i8_big": ">i8"}.items()}
    arrays |= {name: np.array([0, 1, 200]).astype(dtype)
               for name, dtype in {"u1": "|u1", "u2": "<u2"}.items()}
    arrays["bool"] = np.array([True, False])
    arrays["fortran"] = np.asfortranarray(counting(0, (2, 3, 2)))
    arrays["scalar"] = np.float32(2.5)
    np.savez(HERE / "stored.npz", **arrays)
    np.savez_compressed(HERE / "deflated.npz", kernel=counting(0, (3, 2)), bias=counting(10, (2,)))
    with zipfile.ZipFile(HERE / "version2.npz", "w") as archive:
        with archive.open("kernel.npy", "w") as member:
            np.lib.format.write_array(member, counting(0, (3, 2)), version=(2, 0))
        archive.writestr("note.txt", "no array")


if __name__ == "__main__":
    keras()
    digits()
    numpy()
