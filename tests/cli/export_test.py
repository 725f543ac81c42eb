"""permloom export: NumPy gets the weights, and an ONNX model scores what permloom evaluate scores."""

import unittest
from pathlib import Path

from cli import CliTest

try:
    import numpy as np
except ImportError:
    np = None
try:
    import onnx_numpy
except ImportError:
    onnx_numpy = None

DIGITS = Path(__file__).parent.parent.parent / "compiler" / "data" / "digits.txt"

# Every operation that a network can have, small.
CONVOLUTIONS = """\
name: all
about: a network for tests
expect: nothing
data: digits
input: {shape: [8, 8, 1], bits: 0, div: 16, mean: per_pixel}
layers:
  - name: stem
    conv: {filters: 6, kernel: 3, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron, keep: 1, pruning: exact}
    bias: {initial: he_uniform, permuted: true}
    activation: relu
    then: [batch_norm, {dropout: 0.1}]
    bits: 8
  - name: halved
    conv: {filters: 6, kernel: 3, stride: 2, padding: same}
    rail: single
    devices: {values: he_normal, bits: 0, profile: layer, keep: 1, pruning: exact}
    activation: none
    then: [batch_norm]
    bits: 8
  - name: joined
    from: stem
    conv: {filters: 6, kernel: 1, stride: 2}
    rail: single
    devices: {values: he_normal, bits: 0, profile: neuron, keep: 1, pruning: exact}
    activation: none
    then: [{add: halved}, relu, {max_pool: 2}, clip]
    bits: 8
  - conv: {filters: 8, kernel: 2, padding: same}
    rail: single
    devices: {values: he_normal, bits: 0, profile: neuron, keep: 1, pruning: exact}
    activation: relu
    then: [{average_pool: 2}, global_average_pool]
    bits: 8
  - outputs: 10
    rail: single
    devices: {values: he_normal, bits: 0, profile: neuron, keep: 1, pruning: exact}
    bias: {initial: zeros}
    activation: relu
    then: [batch_norm]
    bits: 8
  - conv: {filters: 5, kernel: 1}
    rail: single
    devices: {values: he_normal, bits: 0, profile: neuron, keep: 1, pruning: exact}
    activation: relu
    then: [flatten]
    bits: 8
  - outputs: 10
    rail: single
    devices: {values: he_normal, bits: 0, profile: neuron, keep: 1, pruning: exact}
    activation: none
training:
  algorithm: laperm
  epochs: 2
  batch: 32
  learning_rate: {schedule: constant, initial: 1e-3}
  sync_every: 20
"""


def test_images():
    """The test set of digits: every fifth image, and its label."""
    lines = DIGITS.read_text().splitlines()[::5]
    return (np.array([[ord(c) - ord("a") for c in line[:64]] for line in lines]),
            np.array([int(line[64]) for line in lines]))


class Export(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "2", "--quiet", "--out", "run")

    def test_faults(self):
        self.fails(2, "--format: missing", "export", "run", "--out", "x")
        self.fails(2, "--out: missing", "export", "run", "--format", "npz")
        self.fails(2, "--format: 'tflite' is unknown.*one of: npz, onnx",
                   "export", "run", "--format", "tflite", "--out", "x")
        self.fails(2, "--compress: is for --format npz",
                   "export", "run", "--format", "onnx", "--compress", "--out", "x")
        self.fails(1, "no/such/run", "export", "no/such/run", "--format", "npz", "--out", "x")
        self.fails(1, "cannot write", "export", "run", "--format", "npz", "--out", "no/dir/x.npz")

    def test_what_is_exported_can_be_profiled(self):
        for compress in ([], ["--compress"]):
            self.ok("export", "run", "--format", "npz", "--out", "w.npz", *compress)
            exported = self.ok_json("profile", "w.npz", "--layer", "layers.0/kernel")["layers"][0]
            trained = self.ok_json("profile", "run", "--layer", "layers.0")["layers"][0]
            for key in ("vectors", "length", "min", "max", "similarity", "wirings_log10"):
                self.assertEqual(exported[key], trained[key])

    @unittest.skipIf(np is None, "needs python3-numpy")
    def test_numpy_reads_the_arrays(self):
        sizes = []
        for compress in ([], ["--compress"]):
            self.ok("export", "run", "--format", "npz", "--out", "w.npz", *compress)
            path = self.directory / "w.npz"
            sizes.append(path.stat().st_size)
            with np.load(path) as arrays:
                kernel, source = arrays["layers.0/kernel"], arrays["layers.0/source"]
                profile = arrays["layers.0/profile"]
                self.assertEqual((kernel.shape, source.shape, profile.shape),
                                 ((64, 64), (64, 64), (1, 64)))
                self.assertEqual(source.dtype, np.int32)
                for j in range(64):
                    np.testing.assert_array_equal(kernel[source[j], j], profile[0])
                self.assertEqual(arrays["layers.1/alpha"].shape, ())
        self.assertLess(sizes[1], sizes[0])

    def check_onnx(self, run, shape):
        self.ok("export", run, "--format", "onnx", "--out", "m.onnx")
        images, labels = test_images()
        logits = onnx_numpy.run(self.directory / "m.onnx", images.reshape(-1, *shape))
        self.assertEqual(logits.shape, (360, 10))
        accuracy = np.mean(logits.argmax(axis=1) == labels)
        expected = self.ok_json("evaluate", run)
        self.assertAlmostEqual(accuracy, expected["accuracy"], delta=1.5 / 360)
        scaled = logits - logits.max(axis=1, keepdims=True)
        likelihood = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        loss = -np.mean(likelihood[np.arange(360), labels])
        self.assertAlmostEqual(loss, expected["loss"], delta=1e-4 * max(1.0, loss))

    @unittest.skipIf(onnx_numpy is None, "needs python3-onnx")
    def test_a_dense_model_scores_the_same(self):
        self.check_onnx("run", (64,))

    @unittest.skipIf(onnx_numpy is None, "needs python3-onnx")
    def test_rails_scale_and_offset_are_in_the_model(self):
        devices = "{values: shared, value: 1, profile: layer, keep: 0.5, pruning: exact}"
        for rail in ("single", "dual", "split"):
            with self.subTest(rail=rail):
                settings = ["layers.0.activation=clip", "training.estimator=mask"]
                for layer in ("layers.0", "layers.1"):
                    settings += [f"{layer}.rail={rail}", f"{layer}.devices={devices}"]
                self.make("train", "digits", "--epochs", "1", "--quiet", "--out", rail,
                          *(word for one in settings for word in ("--set", one)))
                self.check_onnx(rail, (64,))

    @unittest.skipIf(onnx_numpy is None, "needs python3-onnx")
    def test_a_convolutional_model_scores_the_same(self):
        (self.directory / "all.yaml").write_text(CONVOLUTIONS)
        self.make("train", "all.yaml", "--quiet", "--out", "conv")
        self.check_onnx("conv", (8, 8, 1))
        self.ok("export", "conv", "--format", "npz", "--out", "conv.npz")
        with np.load(self.directory / "conv.npz") as arrays:
            self.assertEqual(arrays["stem/kernel"].shape, (3, 3, 1, 6))
            self.assertEqual(arrays["halved/batch_norm.0.gamma"].shape, (6,))
            self.assertEqual(arrays["input/mean"].shape, (64,))


if __name__ == "__main__":
    unittest.main()
