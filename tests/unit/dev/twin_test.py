"""The parts of the PyTorch twin that need no PyTorch: generator, checkpoints, data, networks."""

import gzip
import json
import struct
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import numpy as np
    import yaml  # noqa: F401
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tools/dev"), str(ROOT / "tools/bench")]

import bench_networks  # noqa: E402
from twin import TwinError, datasets, spec, start  # noqa: E402
from twin.checkpoint import Checkpoint, read_safetensors  # noqa: E402
from twin.rng import Rng, epoch_order, stream  # noqa: E402


def write_safetensors(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, values in tensors.items():
        dtype = {"float32": "F32", "int32": "I32"}[values.dtype.name]
        header[name] = {"dtype": dtype, "shape": list(values.shape),
                        "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class InDirectory(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = Path(scratch.name)


class TestRng(unittest.TestCase):
    def test_the_numbers_of_rng_test_cpp(self):
        random = Rng(1)
        self.assertEqual(random.next(), 17154914556750032435)
        self.assertEqual(random.uniform(), float.fromhex("0x1.adb5b1a69430ep-1"))
        self.assertEqual(random.below(1000), 165)
        random = Rng(2024, 7)
        self.assertEqual(random.next(), 552122436071261951)
        self.assertEqual(random.uniform(), float.fromhex("0x1.897409a7658e8p-3"))
        self.assertEqual(random.below(1000), 463)

    def test_below_rejects_like_lemire(self):
        # A bound of 2^63 + 1 rejects nearly every second number.
        bound, random, plain = (1 << 63) + 1, Rng(5), Rng(5)
        threshold = (1 << 64) % bound
        for _ in range(100):
            product = plain.next() * bound
            while product % (1 << 64) < threshold:
                product = plain.next() * bound
            self.assertEqual(random.below(bound), product >> 64)

    def test_orders_are_permutations_that_differ_by_epoch_and_seed(self):
        orders = [epoch_order(seed, epoch, 50) for seed in (1, 2) for epoch in (0, 1)]
        for order in orders:
            self.assertEqual(sorted(order), list(range(50)))
        self.assertEqual(len(set(map(tuple, orders))), 4)
        self.assertNotEqual(stream(1, 1).next(), stream(1, 2).next())


class TestCheckpoint(InDirectory):
    def test_tensors_and_metadata_come_back(self):
        tensors = {"a": np.arange(6, dtype=np.float32).reshape(2, 3),
                   "b": np.array([[7, -8]], np.int32)}
        path = self.directory / "x.safetensors"
        write_safetensors(path, tensors, {"key": "value"})
        read, metadata = read_safetensors(path)
        self.assertEqual(metadata, {"key": "value"})
        for name, values in tensors.items():
            np.testing.assert_array_equal(read[name], values)
            self.assertEqual(read[name].dtype, values.dtype)

    def test_weights_follow_source(self):
        write_safetensors(
            self.directory / "last.safetensors",
            {"layers.0.source": np.array([[2, 0, 1], [0, 1, 2]], np.int32),
             "layers.0.profile": np.array([[-1, 0, 5]], np.float32)},
            {"network": "", "seed": "3", "training.step": "0"})
        checkpoint = Checkpoint(self.directory)
        self.assertEqual((checkpoint.seed, checkpoint.step), (3, 0))
        np.testing.assert_array_equal(checkpoint.weights(0), [[0, 5, -1], [-1, 0, 5]])

    def test_errors(self):
        path = self.directory / "x.safetensors"
        with self.assertRaisesRegex(TwinError, "does not exist"):
            Checkpoint(path)
        for damaged in (b"", b"\xff" * 20, struct.pack("<Q", 2) + b"{]"):
            path.write_bytes(damaged)
            with self.assertRaisesRegex(TwinError, "not an intact safetensors"):
                read_safetensors(path)
        write_safetensors(path, {}, {"key": "value"})
        with self.assertRaisesRegex(TwinError, "names no network"):
            Checkpoint(path)
        write_safetensors(path, {}, {"network": "", "seed": "1", "training.step": "9"})
        with self.assertRaisesRegex(TwinError, "saved after step 9"):
            start.from_checkpoint(None, Checkpoint(path))


class TestDatasets(InDirectory):
    def test_idx_raw_or_gzip(self):
        images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
        labels = np.array([1, 0], np.uint8)
        for split, pack in (("train", bytes), ("t10k", gzip.compress)):
            suffix = ".gz" if pack is gzip.compress else ""
            for kind, values in (("images-idx3", images), ("labels-idx1", labels)):
                head = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
                path = self.directory / f"{split}-{kind}-ubyte{suffix}"
                path.write_bytes(pack(head + values.tobytes()))
        data = datasets.load(str(self.directory))
        self.assertEqual(data.classes, 2)
        np.testing.assert_array_equal(data.images[..., 0], images)
        np.testing.assert_array_equal(data.test_images[..., 0], images)
        np.testing.assert_array_equal(data.test_labels, labels)

    def test_cifar_planes_become_channels(self):
        for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
            planes = np.repeat(np.array([10, 20, 30], np.uint8), 32 * 32)
            (self.directory / f"{name}.bin").write_bytes(b"\x07" + planes.tobytes())
        data = datasets.load(str(self.directory))
        self.assertEqual(data.images.shape, (5, 32, 32, 3))
        self.assertEqual(data.images[4, 3, 2].tolist(), [10, 20, 30])
        self.assertEqual(data.labels.tolist(), [7] * 5)

    def test_digits_and_their_parity(self):
        data, odd = datasets.load("digits"), datasets.load("digits-odd")
        self.assertEqual((len(data.images), len(data.test_images)), (1437, 360))
        self.assertEqual((data.images.max(), data.classes, odd.classes), (16, 10, 2))
        np.testing.assert_array_equal(odd.labels, data.labels % 2)

    def test_errors(self):
        with self.assertRaisesRegex(TwinError, "not on this machine"):
            datasets.load(str(self.directory / "absent"))
        (self.directory / "other").write_text("")
        with self.assertRaisesRegex(TwinError, "has no train-images"):
            datasets.load(str(self.directory))


class TestDescriptions(unittest.TestCase):
    def test_benchmarks_have_the_weights_of_the_paper_s_networks(self):
        expected = {"f1": 7840, "f2": 109184, "mlp": 89400, "conv7": 325152, "conv2": 4300992,
                    "conv4": 2425024}
        for case, weights in expected.items():
            network = spec.parse(bench_networks.describe(case))
            self.assertEqual(sum(l.inputs * l.outputs for l in network.layers), weights, case)
        resnet = spec.parse(bench_networks.describe("resnet50"))
        self.assertEqual(resnet.layers[-1].input_shape, (1, 1, 64))
        self.assertEqual(sum(l.conv is not None and l.conv.kernel == 3 for l in resnet.layers), 49)

    def test_schedules(self):
        def at(schedule, e):
            network = dict(bench_networks.describe("mlp"))
            network["training"] = {**network["training"], "learning_rate": schedule}
            return spec.parse(network).learning_rate.at(e, 10)

        self.assertEqual(at("1e-3", 3.5), 1e-3)
        halved = {"schedule": "exponential", "initial": 1, "decay": ".5"}
        self.assertAlmostEqual(at(halved, 2.9), .25)
        self.assertAlmostEqual(at({"schedule": "cosine", "initial": 2, "floor": .1}, 5), 1.1)
        self.assertAlmostEqual(at({"schedule": "step", "initial": 1, "decay": .1, "every": 3}, 6.5),
                               .01)
        pieces = {"schedule": "piecewise", "initial": 1, "at": [2, 4], "values": ["1/2", "1/4"]}
        self.assertEqual([at(pieces, e) for e in (1.9, 2, 3.9, 4)], [1, .5, .5, .25])
        self.assertAlmostEqual(at({"schedule": "linear", "initial": 1, "last": 0}, 2.5), .75)
        with self.assertRaisesRegex(TwinError, "'other' is not known"):
            at({"schedule": "other", "initial": 1}, 0)

    def test_period_follows_the_learning_rate(self):
        network = dict(bench_networks.describe("mlp"))
        network["training"] = {
            **network["training"], "learning_rate": {"schedule": "step", "initial": 1e-3,
                                                     "decay": .25, "every": 1},
            "sync_every": {"schedule": "learning_rate", "initial": 100, "exponent": .5}}
        self.assertEqual([spec.parse(network).period(e, 10) for e in (0, 1, 2)], [100, 200, 400])

    def test_inputs_are_codes_or_real_values(self):
        pixels = np.array([[[[0], [255]]], [[[51], [51]]]], np.uint8)
        network = bench_networks.describe("mlp")
        network["input"] = {"size": 2, "bits": 4, "div": 255, "mean": 0, "scale": "1/15", "zero": 0}
        values = spec.real_inputs(spec.parse(network), pixels, pixels)
        np.testing.assert_allclose(values.reshape(2, 2), [[0, 1], [.2, .2]], atol=1e-7)
        network["input"] = {"size": 2, "bits": 0, "div": 255, "mean": "per_pixel"}
        values = spec.real_inputs(spec.parse(network), pixels, pixels)
        np.testing.assert_allclose(values.reshape(2, 2), [[-.1, .4], [.1, -.4]], atol=1e-7)
        with self.assertRaisesRegex(TwinError, "the images are"):
            spec.real_inputs(spec.parse(network), pixels[:, :, :1], pixels)

    def test_devices_of_a_seed(self):
        network = bench_networks.describe("mlp")
        weights = start.from_seed(spec.parse(network), 1).weights[0]
        random, bound = stream(1, 1), (6 / 784) ** 0.5
        first = np.float32([bound * (2 * random.uniform() - 1) for _ in range(5)])
        np.testing.assert_allclose(weights[0, :5], first, rtol=1e-6)
        for layer in network["layers"]:
            layer["devices"] = {"values": "he_uniform", "bits": 4, "profile": "layer", "keep": .5}
        weights = start.from_seed(spec.parse(network), 1).weights[1]
        self.assertEqual(len(np.unique(np.sort(weights, axis=1), axis=0)), 1)
        self.assertLessEqual(len(np.unique(weights)), 15)
        self.assertLessEqual(np.count_nonzero(weights[0]), 50)
        network["layers"][0]["devices"] = {"values": "dissimilar"}
        with self.assertRaisesRegex(TwinError, "cannot be drawn here"):
            start.from_seed(spec.parse(network), 1)


if __name__ == "__main__":
    unittest.main()
