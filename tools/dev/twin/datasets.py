"""Data sets as permloom knows them: IDX files, CIFAR-10's binary files, the embedded digits."""

import gzip
import os
from pathlib import Path

import numpy as np

from . import TwinError

ROOT = Path(__file__).resolve().parents[3]
DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
CIFAR_IMAGE = (3, 32, 32)  # planes of red, green, blue
CIFAR_RECORD = 1 + 3 * 32 * 32


class Dataset:
    """Training and test images (count x rows x columns x channels, uint8) with their labels."""

    def __init__(self, train, test):
        (self.images, self.labels), (self.test_images, self.test_labels) = train, test
        self.classes = int(self.labels.max()) + 1


def load(name):
    """A data set by name, or a directory that holds its files. NAME-odd: is the digit odd?"""
    if name.endswith("-odd"):
        data = load(name[: -len("-odd")])
        return Dataset((data.images, data.labels & 1), (data.test_images, data.test_labels & 1))
    if name == "digits":
        return _digits()
    for directory in _places(name):
        if directory.is_dir() and any(directory.iterdir()):
            return _directory(directory)
    raise TwinError(name, "is not on this machine", f"run: permloom fetch {name}")


def _places(name):
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    yield Path(os.environ.get("PERMLOOM_DATA") or Path(home) / "permloom") / name
    if name == "fashion-mnist":
        yield DEBIAN_FASHION_MNIST
    yield Path(name)


def _directory(directory):
    for place in (directory, directory / "cifar-10-batches-bin"):
        if (place / "test_batch.bin").is_file():
            return Dataset(_cifar([place / f"data_batch_{i}.bin" for i in range(1, 6)]),
                           _cifar([place / "test_batch.bin"]))
    return Dataset(_idx_pair(directory, "train"), _idx_pair(directory, "t10k"))


def _cifar(paths):
    records = np.concatenate([np.fromfile(path, np.uint8) for path in paths])
    records = records.reshape(-1, CIFAR_RECORD)
    images = records[:, 1:].reshape(-1, *CIFAR_IMAGE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), records[:, 0].copy()


def _idx_pair(directory, split):
    images = _idx(directory, f"{split}-images", "idx3-ubyte")
    return images[..., np.newaxis], _idx(directory, f"{split}-labels", "idx1-ubyte")


def _idx(directory, name, kind):
    for path in (directory / f"{name}{separator}{kind}{suffix}"
                 for separator in "-." for suffix in ("", ".gz")):
        if path.is_file():
            data = (gzip.decompress if path.suffix == ".gz" else bytes)(path.read_bytes())
            extents = np.frombuffer(data, ">u4", count=data[3], offset=4)
            return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(extents).copy()
    raise TwinError(directory, f"has no {name}-{kind} (nor .gz)")


def _digits():
    """digits.txt: a line an image, 64 letters 'a' (0) to 'q' (16), then the label."""
    lines = (ROOT / "compiler/data/digits.txt").read_text().split()
    images = np.array([list(line[:64].encode()) for line in lines], np.uint8) - ord("a")
    images = images.reshape(-1, 8, 8, 1)
    labels = np.array([int(line[64]) for line in lines], np.uint8)
    is_test = np.arange(len(lines)) % 5 == 0
    return Dataset((images[~is_test], labels[~is_test]), (images[is_test], labels[is_test]))
