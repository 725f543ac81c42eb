"""permloom import: weights of other programs become runs, or are refused with a reason."""

import json
import shutil
import struct
import unittest
import zipfile
from pathlib import Path

from cli import CliTest
from export_test import CONVOLUTIONS

GOLDEN = Path(__file__).parent.parent / "golden" / "foreign"
MEANS = GOLDEN / "digits_means.h5"

# A dense layer with a bias on digits, whose inputs it reads without rounding.
DENSE = """\
name: dense
about: a network for tests
expect: nothing
data: digits
input: {size: 64, bits: 8, div: 16, mean: 0, scale: 1/240, zero: 0}
layers:
  - outputs: 10
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron, keep: 1, pruning: exact}
    bias: {initial: zeros}
    activation: none
training:
  algorithm: laperm
  epochs: 1
  batch: 32
  learning_rate: {schedule: constant, initial: 1e-3}
  sync_every: 20
"""
NO_BIAS = DENSE.replace("    bias: {initial: zeros}\n", "")


def nearest_mean_accuracy():
    """What MEANS must reach: the test images of digits that are nearest to the mean of their class."""
    lines = (Path(__file__).parents[2] / "compiler" / "data" / "digits.txt").read_text().splitlines()
    images = [[(ord(c) - ord("a")) / 16 for c in line[:64]] for line in lines]
    labels = [int(line[64]) for line in lines]
    means = []
    for digit in range(10):
        members = [images[i] for i in range(len(lines)) if i % 5 != 0 and labels[i] == digit]
        means.append([sum(pixels) / len(members) for pixels in zip(*members)])
    test = range(0, len(lines), 5)
    nearest = [min(range(10), key=lambda d: sum((a - b) ** 2 for a, b in zip(images[i], means[d])))
               for i in test]
    return sum(digit == labels[i] for digit, i in zip(nearest, test)) / len(test)


def safetensors(tensors):
    """A safetensors file of {name: (shape, values)}."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        begin = len(data)
        data += struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class Import(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "3", "--quiet", "--out", "run")
        cls.make("export", "run", "--format", "npz", "--out", "run.npz")
        cls.make("compile", "run", "--out", "run")
        (cls.directory / "dense.yaml").write_text(DENSE)
        (cls.directory / "no_bias.yaml").write_text(NO_BIAS)

    def refused(self, pattern, *arguments, status=1):
        """An import that fails and leaves no run behind."""
        self.fails(status, pattern, "import", *arguments, "--out", "refused")
        self.assertFalse((self.directory / "refused").exists())

    def test_keras_weights(self):
        result = self.ok_json("import", MEANS, "--network", "dense.yaml", "--out", "means")
        self.assertEqual(result["kind"], "Keras HDF5")
        self.assertEqual(result["protocol"], "imported")
        self.assertEqual(result["dataset"], "digits")
        self.assertAlmostEqual(result["accuracy"], nearest_mean_accuracy())
        layer = result["layers"][0]
        self.assertEqual((layer["name"], layer["array"]), ("layers.0", "dense/kernel:0"))
        self.assertEqual((layer["vectors"], layer["length"]), (10, 64))
        self.assertEqual(result["left_out"], [])
        self.assertIsNone(result["consistent_with"])
        self.assertIsNone(result["accuracy_of_own_profiles"])
        self.assertEqual(self.ok_json("evaluate", "means")["accuracy"], result["accuracy"])
        self.assertEqual({path.name for path in (self.directory / "means").iterdir()},
                         {"last.safetensors", "best.safetensors"})

    def test_the_run_says_that_it_was_imported(self):
        self.ok("import", MEANS, "--network", "dense.yaml", "--out", "said")
        text = self.ok("inspect", "said")
        self.assertIn("weights of another program, measured on digits", text)
        self.assertIn("protocol imported", text)
        self.assertIn("permloom import", text)
        self.assertEqual(self.ok_json("inspect", "said", "--checkpoint", "best")["protocol"], "imported")

    def test_the_table(self):
        text = self.ok("import", MEANS, "--network", "dense.yaml", "--out", "table")
        self.assertRegex(text, r"layer +array +vectors +length +distinct values +zeros +similarity")
        self.assertRegex(text, r"layers\.0 +dense/kernel:0 +10 +64 ")
        self.assertRegex(text, r"test accuracy \d+\.\d\d %, loss \d\.\d+, protocol imported")
        self.assertIn("next permloom profile table", text)

    def test_training_goes_on_from_it_but_does_not_resume(self):
        self.ok("import", MEANS, "--network", "dense.yaml", "--out", "source")
        self.fails(1, "holds no training state.*use --from",
                   "train", "dense.yaml", "--out", "source", "--resume")
        before = self.ok_json("evaluate", "source")["accuracy"]
        after = self.ok_json("train", "dense.yaml", "--from", "source", "--out", "onwards",
                             "--quiet", "--set", "training.learning_rate.initial=1e-6")
        self.assertAlmostEqual(after["accuracy"], before, delta=0.02)

    def test_an_exported_run_comes_back(self):
        result = self.ok_json("import", "run.npz", "--network", "digits", "--out", "back")
        trained = self.ok_json("evaluate", "run")
        self.assertEqual((result["accuracy"], result["loss"]), (trained["accuracy"], trained["loss"]))
        self.assertIn("next permloom compile again",
                      self.ok("import", "run.npz", "--network", "digits", "--out", "again"))
        self.ok("compile", "back", "--out", "back/digits")
        self.assertEqual(self.ok_json("inspect", "back/digits.chip")["fingerprint"],
                         self.ok_json("inspect", "run.chip")["fingerprint"])
        self.assertEqual(self.ok_json("evaluate", "back/digits.plc")["accuracy"],
                         self.ok_json("evaluate", "run.plc")["accuracy"])

    def test_everything_a_convolutional_network_has_comes_back(self):
        (self.directory / "all.yaml").write_text(CONVOLUTIONS)
        self.make("train", "all.yaml", "--epochs", "1", "--quiet", "--out", "conv")
        self.ok("export", "conv", "--format", "npz", "--out", "conv.npz", "--compress")
        result = self.ok_json("import", "conv.npz", "--network", "all.yaml", "--out", "conv-back")
        trained = self.ok_json("evaluate", "conv")
        self.assertEqual((result["accuracy"], result["loss"]), (trained["accuracy"], trained["loss"]))
        self.assertEqual(result["left_out"], [])

    def test_input_means_that_a_file_lacks_are_measured(self):
        per_pixel = DENSE.replace("{size: 64, bits: 8, div: 16, mean: 0, scale: 1/240, zero: 0}",
                                  "{size: 64, bits: 0, div: 16, mean: per_pixel}")
        (self.directory / "means.yaml").write_text(per_pixel)
        self.make("train", "means.yaml", "--quiet", "--out", "centred")
        self.ok("export", "centred", "--format", "npz", "--out", "centred.npz")
        with_mean = self.ok_json("import", "centred.npz", "--network", "means.yaml", "--out", "m1")
        weights = self.without_mean("centred.npz")
        measured = self.ok_json("import", weights, "--network", "means.yaml", "--out", "m2")
        for key in ("accuracy", "loss"):
            self.assertEqual(with_mean[key], measured[key])
        # A network with one mean for all does not want it, and says so.
        self.assertIn("left out: input/mean",
                      self.ok("import", "centred.npz", "--network", "dense.yaml", "--out", "m3"))

    def without_mean(self, name):
        path = self.directory / "no_mean.npz"
        with zipfile.ZipFile(self.directory / name) as old, zipfile.ZipFile(path, "w") as new:
            for member in old.namelist():
                if member != "input/mean.npy":
                    new.writestr(member, old.read(member))
        return path

    def test_pytorch_weights(self):
        # Each neuron looks at one pixel: 20 + j, and has the bias j / 10.
        weights = [float(i == 20 + j) for j in range(10) for i in range(64)]
        tensors = {"fc.weight": ([10, 64], weights), "fc.bias": ([10], [j / 10 for j in range(10)]),
                   "old\x1bhead.weight": ([10, 64], weights)}
        (self.directory / "w.safetensors").write_bytes(safetensors(tensors))
        self.refused(r"w\.safetensors: holds the weights of 2 layers, network dense has 1.*"
                     r"old\?head\.weight \(10, 64\).*--order", "w.safetensors", "--network", "dense.yaml")
        text = self.ok("import", "w.safetensors", "--network", "dense.yaml", "--order", "fc",
                       "--out", "torch")
        self.assertIn("left out: old?head.weight", text)
        turned = [weights[j * 64 + i] for i in range(64) for j in range(10)]
        (self.directory / "k.safetensors").write_bytes(safetensors(
            {"fc.weight": ([64, 10], turned), "fc.bias": tensors["fc.bias"]}))
        self.refused("takes weights of shape .10, 64., array 'fc.weight' has .64, 10..*--layout keras",
                     "k.safetensors", "--network", "dense.yaml")
        self.ok("import", "k.safetensors", "--network", "dense.yaml", "--layout", "keras", "--out", "keras")
        for key in ("accuracy", "loss"):
            self.assertEqual(self.ok_json("evaluate", "keras")[key], self.ok_json("evaluate", "torch")[key])

    def test_a_rule_that_drew_the_devices_is_accepted(self):
        result = self.ok_json("import", "run.npz", "--network", "digits", "--require-rule", "he_uniform",
                              "--out", "rule")
        self.assertEqual(result["consistent_with"], "he_uniform")
        text = self.ok("import", "run.npz", "--network", "digits", "--require-rule", "he_uniform",
                       "--out", "rule", "--force")
        self.assertIn("consistent with he_uniform", text)
        self.assertNotIn(" is he_uniform", text)

    def test_another_rule_is_refused(self):
        self.refused(r"run\.npz: not consistent with glorot_uniform: layer 0: largest magnitude .*"
                     "layer 1: .*hint: keep", "run.npz", "--network", "digits",
                     "--require-rule", "glorot_uniform")
        self.refused("not consistent with he_uniform: layer 0: largest magnitude", MEANS,
                     "--network", "dense.yaml", "--require-rule", "he_uniform")
        self.refused("--require-rule: 'he_unifrom' is unknown, did you mean 'he_uniform'", MEANS,
                     "--network", "dense.yaml", "--require-rule", "he_unifrom", status=2)
        self.refused("--require-rule: 'dissimilar' is unknown", MEANS,
                     "--network", "dense.yaml", "--require-rule", "dissimilar", status=2)

    def test_the_devices_of_a_chip(self):
        self.ok("import", "run.npz", "--network", "digits", "--chip", "run.chip", "--out", "fits")
        self.assertEqual(self.ok_json("inspect", "fits")["chip_fingerprint"],
                         self.ok_json("inspect", "run.chip")["fingerprint"])
        self.ok("compile", "fits", "--onto", "run.chip", "--out", "onto")
        self.assertEqual(self.ok_json("evaluate", "onto.plc", "--chip", "run.chip")["accuracy"],
                         self.ok_json("evaluate", "run.plc")["accuracy"])
        # Whatever the description says of its devices: the chip decides.
        self.ok("import", "run.npz", "--network", "digits", "--chip", "run.chip", "--out", "real",
                "--set", "layers.0.devices.bits=0", "--set", "layers.1.devices.bits=0")
        self.ok("compile", "real", "--onto", "run.chip", "--out", "real/onto")

    def test_devices_that_are_not_the_chips_are_refused(self):
        self.make("train", "digits", "--epochs", "1", "--seed", "2", "--quiet", "--out", "other")
        self.make("compile", "other", "--out", "other")
        self.refused(r"run\.npz: layer 0: neuron 0: \d+ weights are -?\d+, \d+ devices of the chip",
                     "run.npz", "--network", "digits", "--chip", "other.chip")
        self.refused(r"run\.chip: chip has 2 layers, network dense has 1.*chip's shape, 64-64-10",
                     MEANS, "--network", "no_bias.yaml", "--chip", "run.chip")

    def test_one_profile_for_all_neurons(self):
        self.make("train", "digits", "--epochs", "3", "--quiet", "--out", "own",
                  *(word for l in (0, 1) for word in ("--set", f"layers.{l}.devices.bits=0",
                                                      "--set", f"layers.{l}.devices.profile=neuron")))
        self.make("export", "own", "--format", "npz", "--out", "own.npz")
        real = ["--set", "layers.0.devices.bits=0", "--set", "layers.1.devices.bits=0"]
        own = self.ok_json("evaluate", "own")["accuracy"]
        # The description asks for one profile a layer, which the weights do not have.
        self.refused("layer 0: has one profile in the network, and neuron 1 has other weights.*"
                     "--shared-profile", "own.npz", "--network", "digits", *real)
        result = self.ok_json("import", "own.npz", "--network", "digits", *real, "--shared-profile",
                              "--out", "shared")
        self.assertEqual(result["accuracy_of_own_profiles"], own)
        self.assertGreater(result["layers"][0]["similarity"], 0.9)
        self.assertLess(result["layers"][0]["similarity"], 1.0)
        self.assertGreater(result["layers"][0]["distinct_values"], 64)
        self.assertEqual(self.ok_json("evaluate", "shared")["accuracy"], result["accuracy"])
        for layer in self.ok_json("inspect", "shared")["layers"]:
            self.assertTrue(layer["shared_profile"])
            self.assertLessEqual(layer["distinct_values"], 64)
        text = self.ok("import", "own.npz", "--network", "digits", *real, "--shared-profile",
                       "--out", "shared", "--force")
        self.assertRegex(text, r"one profile a layer costs -?\d+\.\d\d points of \d+\.\d\d %")

    def test_levels_have_no_mean(self):
        self.refused(r"--shared-profile: a mean of profiles has no levels, and layer 0 has devices of "
                     r"4 bits.*layers\.0\.devices\.bits=0", "run.npz", "--network", "digits",
                     "--shared-profile", status=2)
        self.refused("and layer 0 has devices of one value", "run.npz", "--network", "f1",
                     "--shared-profile", status=2)

    def test_an_existing_run_is_replaced_as_a_whole(self):
        shutil.copytree(self.directory / "run", self.directory / "taken")
        self.fails(1, "taken: already exists and is not empty.*--force",
                   "import", "run.npz", "--network", "digits", "--out", "taken")
        self.ok("import", "run.npz", "--network", "digits", "--out", "taken", "--force")
        self.assertFalse((self.directory / "taken" / "metrics.jsonl").exists())

    def test_the_name_of_the_run(self):
        result = self.ok_json("import", "run.npz", "--network", "digits")
        self.assertEqual(result["run"], "runs/digits-digits-imported")
        self.assertTrue((self.directory / result["run"] / "last.safetensors").exists())

    def test_usage(self):
        self.refused("--network: missing", MEANS, status=2)
        self.refused("digts: .*did you mean 'digits'", MEANS, "--network", "digts")
        self.refused("--set: 'x' is not key=value", MEANS, "--network", "digits", "--set", "x", status=2)
        self.refused("--layout: 'torch' is unknown", MEANS, "--network", "dense.yaml", "--layout", "torch",
                     status=2)
        self.refused("--epsilon: '0' is not a number from", MEANS, "--network", "dense.yaml",
                     "--epsilon", "0", status=2)
        self.refused("order: 'dens' is no module of the file, did you mean 'dense'", MEANS,
                     "--network", "dense.yaml", "--order", "dens", status=2)
        self.refused("order: names 'dense' 2 times", MEANS, "--network", "dense.yaml",
                     "--order", "dense,dense", status=2)
        self.refused("--chip: cannot be combined with --shared-profile", MEANS, "--network", "dense.yaml",
                     "--chip", "run.chip", "--shared-profile", status=2)

    def test_files_that_are_no_weights(self):
        self.refused("nothing.h5: cannot be opened", "nothing.h5", "--network", "digits")
        self.refused("run: is a directory", "run", "--network", "digits")
        self.refused("last.safetensors: is a checkpoint of permloom already.*--from",
                     "run/last.safetensors", "--network", "digits")
        self.refused("other.h5: is an HDF5 file, but not one of Keras weights", GOLDEN / "other.h5",
                     "--network", "digits")

    def test_weights_of_another_network(self):
        self.refused(r"holds the weights of 1 layers, network digits has 2.*the file holds dense/kernel:0 "
                     r"\(64, 10\); the network wants layers\.0 \(64, 64\), layers\.1 \(64, 10\)",
                     MEANS, "--network", "digits")
        self.refused(r"keras_weights\.h5: layer 0: takes weights of shape \(64, 64\), array "
                     r"'dense_10/kernel:0' has \(3, 2\)", GOLDEN / "keras_weights.h5",
                     "--network", "digits")
        self.refused("layer 0: has no bias, array 'dense/bias:0' holds one that is not zero.*"
                     r"--set 'layers\.0\.bias=\{initial: zeros\}'", MEANS, "--network", "no_bias.yaml")
        self.ok("import", MEANS, "--network", "no_bias.yaml", "--set", "layers.0.bias={initial: zeros}",
                "--out", "given")
        self.refused(r"layer 0: weight \d+ of neuron 0 is .*, no level of its devices .4 bits.*"
                     r"--set layers\.0\.devices\.bits=0", MEANS, "--network", "dense.yaml",
                     "--set", "layers.0.devices.bits=4")
        self.refused("layer 0: has dual rails.*rail: single", MEANS, "--network", "dense.yaml",
                     "--set", "layers.0.rail=dual")

    def test_data_that_are_not_here(self):
        self.refused("mnist: .*permloom fetch mnist", MEANS, "--network", "dense.yaml", "--data", "mnist")


if __name__ == "__main__":
    unittest.main()
