"""Training that goes on on a fabricated copy, and training with noise."""

import json
import shutil
import unittest

from cli import CliTest


class OnACopy(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "20", "--out", "run")
        cls.make("compile", "run", "--out", "d")
        cls.make("fabricate", "d.chip", "--banks", "neuron", "--set", "device.dead=0.3", "--out",
                 "c.devices")
        cls.make("train", "digits", "--epochs", "1", "--seed", "2", "--out", "other-run")
        cls.make("compile", "other-run", "--out", "other")

    def test_goes_on_with_the_network_and_data_of_the_run(self):
        result = self.permloom("train", "--from", "run", "--devices", "c.devices")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"on copy [0-9a-f]{16} of chip [0-9a-f]{16}: laperm_latent, "
                         r"1 epochs, learning rate 0.0003 at first, 0.0003 at last, a sync every "
                         r"100 steps")
        tuned = self.ok_json("inspect", "runs/digits-digits-s1-c")
        made = self.ok_json("inspect", "d.chip")
        self.assertEqual(tuned["chip_fingerprint"], made["fingerprint"])
        self.assertRegex(tuned["instance"], "^[0-9a-f]{64}$")
        self.assertIn("copy " + tuned["instance"][:16], self.ok("inspect", "runs/digits-digits-s1-c"))

    def test_recovers_and_resumes_to_the_same_bytes(self):
        common = ["--from", "run", "--devices", "c.devices", "--epochs", "8", "--json"]
        built = json.loads(self.ok("simulate", "d.plc", "--dut", "physical", "--devices",
                                   "c.devices", "--json"))
        tuned = json.loads(self.ok("train", *common, "--out", "tuned"))
        self.assertGreater(tuned["accuracy"], built["accuracy"] + 0.05)
        self.assertEqual(tuned["epochs"], 8)
        self.ok("train", *common[:-1], "--steps", "100", "--out", "parts")
        self.ok("train", "--resume", "--out", "parts")
        self.assertEqual((self.directory / "parts" / "last.safetensors").read_bytes()[-10000:],
                         (self.directory / "tuned" / "last.safetensors").read_bytes()[-10000:])
        self.ok("compile", "tuned", "--onto", "d.chip", "--measured", "c.devices", "--out", "t")
        ours = json.loads(self.ok("simulate", "t.plc", "--chip", "d.chip", "--dut", "physical",
                                  "--devices", "c.devices", "--json"))
        self.assertGreater(ours["accuracy"], built["accuracy"] + 0.05)

    def test_settings_of_the_user_come_first(self):
        result = self.permloom("train", "digits", "--from", "run", "--devices", "c.devices", "--set",
                               "training.learning_rate=0.002", "--set", "training.sync_every=30",
                               "--set", "training.epochs=2", "--out", "set")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("2 epochs, learning rate 0.002 at first, 0.002 at last, a sync every 30 steps",
                      result.stderr)

    def test_a_named_chip(self):
        (self.directory / "apart").mkdir(exist_ok=True)
        shutil.copy(self.directory / "c.devices", self.directory / "apart")
        self.fails(1, r"c\.devices: made for chip .* holds no such chip.*--chip", "train", "--from",
                   "run", "--devices", "apart/c.devices", "--out", "n")
        self.ok("train", "--from", "run", "--devices", "apart/c.devices", "--chip", "d.chip", "--out",
                "named")
        self.fails(1, "are the devices of another chip", "train", "--from", "run", "--devices",
                   "c.devices", "--chip", "other.chip", "--out", "n")

    def test_what_does_not_go_together(self):
        self.fails(2, r"--devices: c\.devices is a copy of a chip.*--from RUN", "train", "digits",
                   "--devices", "c.devices", "--out", "n")
        self.fails(2, r"--from: cannot be combined with --devices FILE\.chip", "train", "digits",
                   "--from", "run", "--devices", "d.chip", "--out", "n")
        self.fails(2, r"--chip: is the chip of --devices NAME\.devices", "train", "digits", "--from",
                   "run", "--chip", "d.chip", "--out", "n")
        self.fails(2, "--resume: cannot be combined with --devices", "train", "--resume", "--devices",
                   "c.devices", "--out", "run")
        self.fails(2, "NETWORK: missing", "train", "--devices", "d.chip")
        self.fails(2, "--out: missing: the run to resume", "train", "--resume")

    def test_what_does_not_fit(self):
        self.fails(1, "layer 0: chip has output bits = 8, network digits has 7", "train", "--from",
                   "run", "--devices", "c.devices", "--set", "layers.0.bits=7", "--out", "n")
        self.fails(1, "from: the checkpoint is of a network with other layers or inputs", "train",
                   "--from", "run", "--devices", "c.devices", "--set", "layers.0.devices.keep=0.9",
                   "--out", "n")
        self.fails(1, "layer 0: chip has outputs = 64, network digits has 32", "train", "--from", "run",
                   "--devices", "c.devices", "--set", "layers.0.outputs=32", "--out", "n")
        self.fails(1, r"d\.chip: layer 0: the run was trained on other devices than the chip's",
                   "train", "--from", "other-run", "--devices", "c.devices", "--out", "n")
        self.fails(1, "training.algorithm: is laperm, measured devices are trained on by laperm_latent",
                   "train", "--from", "run", "--devices", "c.devices", "--set",
                   "training.algorithm=laperm", "--out", "n")
        self.ok("train", "digits", "--epochs", "1", "--set", "layers.*.devices.bits=0", "--out",
                "real")
        self.fails(1, r"layers\.0: the run's devices are real numbers", "train", "--from", "real",
                   "--devices", "c.devices", "--out", "n")
        self.ok("fabricate", "other.chip", "--out", "o.devices")
        self.ok("train", "--from", "run", "--devices", "c.devices", "--out", "once")
        self.fails(1, "the run's devices are a copy of another chip", "train", "--from", "once",
                   "--devices", "o.devices", "--out", "n")
        self.fails(1, r"nowhere\.devices: ", "train", "--from", "run", "--devices",
                   "nowhere.devices", "--out", "n")


class WithNoise(CliTest):
    NOISE = ["--noise", "ideal", "--set", "device.spread.deviation=0.4"]

    def weights(self, run):
        return (self.directory / run / "last.safetensors").read_bytes()[-10000:]

    def test_same_seed_same_bytes_and_no_noise_is_no_noise(self):
        for name, options in (("a", ["--threads", "1", *self.NOISE]),
                              ("b", ["--threads", "2", *self.NOISE]),
                              ("c", ["--noise", "ideal"]), ("d", [])):
            self.ok("train", "digits", "--epochs", "2", "--out", name, *options)
        self.assertEqual(self.weights("a"), self.weights("b"))
        self.assertNotEqual(self.weights("a"), self.weights("c"))
        self.assertEqual(self.weights("c"), self.weights("d"))

    def test_says_what_is_drawn_and_what_is_not(self):
        result = self.permloom("train", "digits", "--steps", "1", "--out", "s", *self.NOISE, "--set",
                               "device.temperature.coefficient=0.01", "--set", "device.dead=0.1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("noise in every step: gaussian spread 0.4, dead 0.1; not in training: "
                      "temperature", result.stderr)

    def test_is_resumed_with_the_same_noise(self):
        self.ok("train", "digits", "--epochs", "2", "--out", "whole", *self.NOISE)
        self.ok("train", "digits", "--epochs", "2", "--steps", "50", "--out", "part", *self.NOISE)
        self.fails(1, "resume: the run was trained with noise: gaussian spread 0.4.*--noise", "train",
                   "digits", "--epochs", "2", "--out", "part", "--resume")
        self.ok("train", "digits", "--epochs", "2", "--out", "part", "--resume", *self.NOISE)
        self.assertEqual(self.weights("part"), self.weights("whole"))

    def test_errors(self):
        self.fails(1, "nothing: no device description of this name", "train", "digits", "--noise",
                   "nothing", "--out", "n")
        self.fails(1, r"--set device\.spred: unknown key, did you mean", "train", "digits", "--noise", "ideal", "--set",
                   "device.spred=1", "--out", "n")
        self.fails(1, "--set device.spread.deviation: unknown key", "train", "digits", "--set",
                   "device.spread.deviation=1", "--out", "n")


if __name__ == "__main__":
    unittest.main()
