"""permloom's checkpoints: safetensors files, read with the standard library and NumPy."""

import json
import struct
from pathlib import Path

import numpy as np

from . import TwinError

DTYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "U8": "|u1"}


def read_safetensors(path):
    """(tensors by name, metadata). 8 bytes little-endian length, JSON header, then the data that
    the header's offsets divide."""
    data = Path(path).read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        tensors = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + length + begin : 8 + length + end],
                                   DTYPES[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"])
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise TwinError(path, f"is not an intact safetensors file ({error})") from error
    return tensors, metadata


class Checkpoint:
    """What `permloom train` saved, by the names of compiler/checkpoint/checkpoint.h."""

    def __init__(self, path):
        self.path = Path(path)
        if self.path.is_dir():
            self.path /= "last.safetensors"
        if not self.path.is_file():
            raise TwinError(self.path, "does not exist", "give a run directory of permloom train")
        self.tensors, self.metadata = read_safetensors(self.path)
        if "network" not in self.metadata:
            raise TwinError(self.path, "is no permloom checkpoint: it names no network")
        self.seed = int(self.metadata["seed"])
        self.step = int(self.metadata["training.step"])

    def profile(self, layer):
        """Devices of a layer, ascending: (1 or outputs) x lines."""
        return self.tensors[f"layers.{layer}.profile"]

    def weights(self, layer):
        """Projected weights, outputs x lines: W[j][source[j][r]] = profile[bank][r]."""
        source = self.tensors[f"layers.{layer}.source"]
        weights = np.empty(source.shape, np.float32)
        np.put_along_axis(weights, source.astype(np.int64),
                          np.broadcast_to(self.profile(layer), source.shape), axis=1)
        return weights

    def bias(self, layer):
        return self.tensors[f"layers.{layer}.bias"].reshape(-1)

    def batch_norm(self, layer, position):
        """4 x channels: gamma, beta, running mean, running variance."""
        return self.tensors[f"layers.{layer}.batch_norm.{position}"]
