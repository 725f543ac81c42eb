"""The PyTorch twin computes what Keras defines: layers against plain NumPy loops, Adam, syncs."""

import sys
import unittest
from pathlib import Path

try:
    import numpy as np
    import torch
    import yaml  # noqa: F401
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tools/dev"), str(ROOT / "tools/bench")]

from bench_networks import conv, dense, network as describe  # noqa: E402
from twin import TwinError, spec, start  # noqa: E402
from twin.optimisers import Adam, Sgd  # noqa: E402
from twin.training import Trainer  # noqa: E402

torch.set_num_threads(1)


def small_network(algorithm="laperm", sync_every=3):
    """A strided convolution, batch norm, a sum of two branches, a pool and a dense layer."""
    bias = {"initial": "he_uniform", "permuted": True}
    layers = [conv(4, "batch_norm", kernel=3, stride=2, bias=bias, name="stem"),
              conv(4, {"add": "stem"}, "relu", kernel=2, activation="none"),
              conv(3, {"average_pool": 2}, "flatten", kernel=1, bias=bias),
              dense(5)]
    return spec.parse(describe("small", "mnist", [6, 8, 2], layers, 8, algorithm, sync_every))


def plain_conv(x, weights, bias, kernel, stride):
    """Padding same, NHWC; weight vectors ordered kernel row, column, channel."""
    count, rows, columns, channels = x.shape
    out_rows, out_columns = -(-rows // stride), -(-columns // stride)
    above = max((out_rows - 1) * stride + kernel - rows, 0) // 2
    left = max((out_columns - 1) * stride + kernel - columns, 0) // 2
    y = np.zeros((count, out_rows, out_columns, len(weights)))
    padded = np.zeros((count, rows + 2 * kernel, columns + 2 * kernel, channels))
    padded[:, above : above + rows, left : left + columns] = x
    for i in range(out_rows):
        for j in range(out_columns):
            window = padded[:, i * stride : i * stride + kernel, j * stride : j * stride + kernel]
            y[:, i, j] = window.reshape(count, -1) @ weights.T + (0 if bias is None else bias)
    return y


class TestModel(unittest.TestCase):
    def setUp(self):
        self.network = small_network()
        self.start = start.from_seed(self.network, 1)
        self.x = np.random.default_rng(1).normal(size=(8, 6, 8, 2)).astype(np.float32)

    def plain_logits(self, norm):
        (w0, w1, w2, w3), (b0, _, b2, _) = self.start.weights, self.start.biases
        stem = norm(np.maximum(plain_conv(self.x, w0, b0, 3, 2), 0))
        both = np.maximum(plain_conv(stem, w1, None, 2, 1) + stem, 0)
        y = np.maximum(plain_conv(both, w2, b2, 1, 1), 0)[:, :2]
        pooled = y.reshape(8, 1, 2, 2, 2, 3).mean(axis=(2, 4))
        return pooled.reshape(8, -1) @ w3.T

    def logits(self, trainer, training):
        x = trainer.model.prepared(torch.from_numpy(self.x))
        return trainer.model.forward(x, training).detach().numpy()

    def test_forward_matches_plain_loops_in_both_layouts(self):
        def norm(y):
            mean, variance = y.mean(axis=(0, 1, 2)), y.var(axis=(0, 1, 2))
            self.running = .01 * mean, .99 + .01 * variance
            return (y - mean) / np.sqrt(variance + 1e-3)

        for channels_last in (True, False):
            trainer = Trainer(self.network, self.start, 5, channels_last)
            np.testing.assert_allclose(self.logits(trainer, True), self.plain_logits(norm),
                                       atol=2e-5)
            running = trainer.model.norms[0, 0]
            np.testing.assert_allclose(running.mean, self.running[0], atol=1e-6)
            np.testing.assert_allclose(running.variance, self.running[1], atol=1e-6)

    def test_evaluation_uses_the_running_statistics(self):
        trainer = Trainer(self.network, self.start, 5)
        plain = self.plain_logits(lambda y: y / np.sqrt(1 + 1e-3))
        np.testing.assert_allclose(self.logits(trainer, False), plain, atol=2e-5)


class TestTraining(unittest.TestCase):
    def test_adam_is_keras_form(self):
        optimiser = Adam([torch.tensor([1.0, -2.0])], epsilon=0.1)
        m = v = np.zeros(2)
        w, g = np.array([1.0, -2.0]), np.array([0.5, -0.01])
        for t in (1, 2, 3):
            optimiser.gradients.copy_(torch.tensor(g))
            optimiser.step(0.01)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w = w - 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 0.1)
        np.testing.assert_allclose(optimiser.values, w, rtol=1e-6)

    def test_momentum_keeps_the_rate_of_each_step(self):
        optimiser = Sgd([torch.tensor([1.0])], 0.5)
        for rate in (0.1, 0.01):
            optimiser.gradients.fill_(1.0)
            optimiser.step(rate)
        self.assertAlmostEqual(float(optimiser.values), 1 - 0.1 - (0.05 + 0.01), places=6)

    def trained(self, algorithm, steps):
        network = small_network(algorithm)
        begin = start.from_seed(network, 1)
        trainer = Trainer(network, begin, 5, dropout=False)
        random = torch.Generator().manual_seed(1)
        x = trainer.model.prepared(torch.rand(8, 6, 8, 2, generator=random))
        for _ in range(steps):
            trainer.step(x, torch.arange(8) % 5, 1e-2, 3)
        return begin, trainer

    def test_a_sync_leaves_the_devices_in_the_ranking_of_the_weights(self):
        begin, trainer = self.trained("laperm", 2)
        before = [vectors.detach().clone() for vectors in trainer.vectors]
        trainer.sync()
        self.assertEqual(len(before), 4 + 2)  # two bias vectors are permuted
        for moved, synced, profile in zip(before, trainer.vectors, trainer.profiles):
            ranking = np.argsort(moved.numpy(), axis=1, kind="stable")
            ranked = np.take_along_axis(synced.detach().numpy(), ranking, axis=1)
            np.testing.assert_array_equal(ranked, profile)
        np.testing.assert_array_equal(np.sort(begin.weights[0], axis=1), trainer.profiles[0])

    def test_syncs_are_due_every_period(self):
        for steps, expected in ((2, False), (3, True), (4, False)):
            begin, trainer = self.trained("laperm", steps)
            weights = trainer.model.weights[0].detach().numpy()
            self.assertEqual(np.array_equal(np.sort(weights, axis=1),
                                            np.sort(begin.weights[0], axis=1)), expected)

    def test_latents_drift_and_are_never_overwritten(self):
        begin, trainer = self.trained("laperm_latent", 3)
        latent = trainer.model.weights[0].detach().numpy()
        self.assertFalse(np.array_equal(np.sort(latent, axis=1), np.sort(begin.weights[0], axis=1)))
        hard = latent + trainer.corrections[0].numpy()
        np.testing.assert_allclose(np.sort(hard, axis=1), np.sort(begin.weights[0], axis=1),
                                   atol=1e-6)

    def test_what_has_no_twin_is_refused(self):
        network = small_network()
        begin = start.from_seed(network, 1)
        for key, value in (("algorithm", "swap"), ("bn_recalibrate", 5), ("optimizer", "other")):
            network = small_network()
            network.training[key] = value
            with self.assertRaises(TwinError):
                Trainer(network, begin, 5)


if __name__ == "__main__":
    unittest.main()
