#!/usr/bin/python3
"""PyTorch's side of the training benchmark: one case, one JSON line on standard output.

    tools/bench/torch_bench.py --case conv2 [--threads 1] [--seconds 3] [--layout best] --json

A step is forward, backward, coupled L2, Keras' Adam on flat buffers, and the sync where it is due,
dropout on. Inputs are random batches made beforehand, but for the -mnist cases, whose batches are
gathered and turned from bytes to floats within the step. `--layout best` tries feature maps as
channels_last and as channels first, and measures the faster. Keys: images_per_second (median over
tenths of the time), best_images_per_second (of the tenths), gflops, seconds, steps, layout, blas,
version.
"""
import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "dev"), str(HERE)]

from bench_networks import CASES, describe  # noqa: E402
from twin import TwinError, datasets, spec  # noqa: E402
from twin.start import Start, norm_places  # noqa: E402
from twin.training import Trainer  # noqa: E402

CLASSES = 10
PREPARED_BATCHES = 16
WARM_UP_SECONDS, TRIAL_SECONDS, TRIALS = 0.3, 0.5, 3
PARTS = 10


def blas_of_torch():
    """The BLAS that libtorch_cpu loads, symbolic links followed; refuses the reference BLAS."""
    library = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    loaded = subprocess.run(["ldd", library], capture_output=True, text=True, check=True).stdout
    for line in loaded.splitlines():
        name, _, path = line.strip().partition(" => ")
        if any(word in name for word in ("blas", "mkl_")):
            path = Path(path.split(" (")[0]).resolve()
            if path.parent.name == "blas":
                raise TwinError("PyTorch", f"uses the reference BLAS ({path}), 40 times too slow "
                                "to compare with", "apt-get install libopenblas0-pthread")
            return str(path)
    return "within libtorch_cpu"


def random_start(network):
    """Values like those that training starts from; which ones does not matter here."""
    random = np.random.default_rng(1)
    weights, biases = [], []
    for layer in network.layers:
        bound = math.sqrt(6 / layer.inputs)
        values = random.uniform(-bound, bound, (layer.outputs, layer.inputs)).astype(np.float32)
        if layer.devices["values"] == "shared":
            keep = float(spec.number(layer.devices["keep"]))
            values = (random.random(values.shape) < keep) * np.float32(layer.devices["value"])
        weights.append(values)
        biases.append(np.zeros(layer.outputs, np.float32) if layer.bias else None)
    norms = {(i, k): np.repeat(np.float32([[1], [0], [0], [1]]), channels, axis=1)
             for i, k, channels in norm_places(network)}
    return Start(weights, biases, norms)


def flops_per_image(network):
    """Of the products alone: forward, gradient of the weights, gradient of what a layer reads."""
    total = 0
    for i, layer in enumerate(network.layers):
        places = 1
        if layer.conv:
            places = math.prod(-(-extent // layer.conv.stride) if layer.conv.same
                               else (extent - layer.conv.kernel) // layer.conv.stride + 1
                               for extent in layer.input_shape[:2])
        total += (4 if layer.source == spec.NETWORK_INPUT else 6) * \
            layer.outputs * layer.inputs * places
    return total


def random_batches(network, model):
    """Endless (inputs, labels), from a few batches made beforehand."""
    random = torch.Generator().manual_seed(1)
    batch = network.training["batch"]
    made = [(model.prepared(torch.rand(batch, *network.input_shape, generator=random)),
             torch.randint(CLASSES, (batch,), generator=random))
            for _ in range(PREPARED_BATCHES)]
    while True:
        yield from made


def gathered_batches(network, data):
    """Endless batches of a data set in random order, bytes turned into floats here."""
    images = torch.from_numpy(data.images.reshape(len(data.images), -1))
    labels = torch.from_numpy(data.labels.astype(np.int64))
    random = torch.Generator().manual_seed(1)
    while True:
        order = torch.randperm(len(images), generator=random)
        for chosen in order.split(network.training["batch"]):
            yield images[chosen].float().mul_(1 / 255), labels[chosen]


class Bench:
    def __init__(self, case, data, channels_last):
        self.network = spec.parse(describe(case))
        self.trainer = Trainer(self.network, random_start(self.network), CLASSES, channels_last)
        self.batches = (gathered_batches(self.network, data) if data
                        else random_batches(self.network, self.trainer.model))
        self.period = self.network.period(0, 1)
        self.run(WARM_UP_SECONDS)

    def run(self, seconds):
        """(images, seconds) of at least so long."""
        images, begin = 0, time.perf_counter()
        while True:
            inputs, labels = next(self.batches)
            self.trainer.step(inputs, labels, 1e-3, self.period)
            images += len(labels)
            passed = time.perf_counter() - begin
            if passed >= seconds:
                return images, passed


def chosen_bench(case, data, layout):
    """The benchmark in the layout asked for, and the layout's name."""
    if all(layer.conv is None for layer in spec.parse(describe(case)).layers):
        return Bench(case, data, True), "dense"
    layouts = {"channels_last": True, "channels_first": False}
    if layout != "best":
        return Bench(case, data, layouts[layout]), layout
    tried = {name: Bench(case, data, flag) for name, flag in layouts.items()}
    # In turn, and the best of each: another program's burst must not decide.
    speed = dict.fromkeys(tried, 0.0)
    for _ in range(TRIALS):
        for name, bench in tried.items():
            images, seconds = bench.run(TRIAL_SECONDS)
            speed[name] = max(speed[name], images / seconds)
    best = max(speed, key=speed.get)
    return tried[best], best


def measure(options):
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    blas = blas_of_torch()
    data = datasets.load("mnist") if options.case.endswith("-mnist") else None
    bench, layout = chosen_bench(options.case, data, options.layout)
    parts = [bench.run(options.seconds / PARTS) for _ in range(PARTS)]
    images, seconds = (sum(column) for column in zip(*parts))
    speeds = [count / passed for count, passed in parts]
    speed = statistics.median(speeds)
    return {"case": options.case, "threads": options.threads, "images_per_second": speed,
            "best_images_per_second": max(speeds),
            "gflops": speed * flops_per_image(bench.network) / 1e9, "seconds": seconds,
            "steps": images // bench.network.training["batch"], "layout": layout, "blas": blas,
            "version": torch.__version__}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", required=True, choices=CASES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--layout", default="best",
                        choices=("best", "channels_last", "channels_first", "dense"))
    parser.add_argument("--json", action="store_true", required=True)
    options = parser.parse_args()
    try:
        print(json.dumps(measure(options)))
    except TwinError as error:
        sys.exit(f"torch_bench: {error}")


if __name__ == "__main__":
    main()
