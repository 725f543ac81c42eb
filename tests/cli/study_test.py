"""permloom study: the table of adversarial accuracies, the reloaded wirings, and each user-facing error."""

import signal
import subprocess
import time
import unittest

from cli import PERMLOOM, TIMEOUT_S, CliTest


class Adversarial(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "10", "--out", "digits")
        cls.make("train", "digits", "--epochs", "5", "--set", "training.algorithm=free",
                 "--out", "free")
        cls.make("train", "digits", "--data", "digits-odd", "--epochs", "1", "--out", "odd")

    def study(self, *arguments):
        return self.ok_json("study", "adversarial", *arguments, "--quiet")

    def test_accuracies_of_float_and_integer_network(self):
        result = self.study("digits", "--epsilon", "0,1/16,2/16")
        self.assertEqual((result["dataset"], result["images"], result["steps"]), ("digits", 360, 10))
        self.assertEqual(result["highest_pixel"], 16)
        nothing, small, large = result["rows"]
        self.assertEqual([row["radius"] for row in result["rows"]], [0, 1, 2])
        self.assertEqual(nothing["fgsm"], nothing["clean"])
        self.assertEqual(nothing["pgd"], nothing["clean"])
        self.assertEqual(nothing["clean"]["float"], self.ok_json("evaluate", "digits")["accuracy"])
        self.make("compile", "digits", "--out", "compiled")
        self.assertEqual(nothing["clean"]["integer"],
                         self.ok_json("evaluate", "compiled.plc")["accuracy"])
        for arithmetic in ("float", "integer"):
            self.assertLess(small["fgsm"][arithmetic], small["clean"][arithmetic] - 0.1)
            self.assertLess(large["pgd"][arithmetic], small["pgd"][arithmetic])
            self.assertLess(abs(small["pgd"]["float"] - small["pgd"]["integer"]), 0.05)

    def test_a_run_that_does_not_compile_has_no_integer_columns(self):
        result = self.study("digits", "free", "--epsilon", "0.1")
        self.assertIsNone(result["rows"][1]["clean"]["integer"])
        self.assertEqual(result["rows"][1]["algorithm"], "free")
        text = self.ok("study", "adversarial", "digits", "free", "--quiet")
        self.assertRegex(text, r"(?m)^  free .* -  +-  +-$")
        self.assertRegex(text, "free has no integer network: layer 0: its devices have real values")

    def test_the_same_for_any_number_of_threads(self):
        arguments = ["study", "adversarial", "digits", "--count", "50", "--quiet"]
        self.assertEqual(self.ok(*arguments, "--threads", "1"), self.ok(*arguments, "--threads", "3"))
        self.assertEqual(self.study("digits", "--count", "50")["images"], 50)

    def test_other_wirings_of_the_same_chip(self):
        result = self.study("digits", "--epsilon", "0,2/16", "--reload", "--epochs", "10")
        a, b, c = result["reload"]
        self.assertEqual([row["wiring"] for row in result["reload"]], ["A", "B", "C"])
        self.assertEqual(a["against_a"], a["against_itself"])
        self.assertEqual(a["against_a"], result["rows"][1]["pgd"])
        self.assertGreater(b["clean"]["integer"], 0.8)
        self.assertGreater(b["against_a"]["integer"], a["against_a"]["integer"])
        self.assertLess(b["against_itself"]["integer"], b["against_a"]["integer"])
        self.assertGreater(c["against_a"]["integer"], b["against_a"]["integer"])
        self.assertRegex(result["verdict"], "Loading B instead gives")
        text = self.ok("study", "adversarial", "digits", "--epsilon", "0", "--reload", "--epochs",
                       "1", "--quiet")
        self.assertIn("nothing to restore", text)

    def test_a_signal_ends_a_reload_and_leaves_no_directory(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            scratch = self.directory / f"scratch-{number}"
            scratch.mkdir()
            process = subprocess.Popen(
                [PERMLOOM, "study", "adversarial", "digits", "--epsilon", "2/16", "--reload",
                 "--epochs", "100000", "--quiet"], cwd=self.directory,
                env=dict(self.environment, TMPDIR=str(scratch)), stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True)
            while process.poll() is None and not list(scratch.glob("*/last.safetensors")):
                time.sleep(0.01)
            process.send_signal(number)
            _, errors = process.communicate(timeout=TIMEOUT_S)
            self.assertEqual(process.returncode, 1, errors)
            self.assertRegex(errors, "permloom: study adversarial: stopped; nothing is kept")
            self.assertEqual(list(scratch.iterdir()), [])

    def test_help_names_the_options(self):
        text = self.ok("study", "adversarial", "--help")
        self.assertTrue(text.startswith("usage: permloom study adversarial "), text)
        for option in ["--epsilon", "--steps", "--count", "--data", "--checkpoint", "--seed",
                       "--reload", "--epochs", "--threads", "--quiet", "--json"]:
            self.assertRegex(text, rf"(?m)^  {option}\b")

    def test_verbs(self):
        self.fails(2, "study adversary: unknown verb, did you mean 'adversarial'",
                   "study", "adversary")
        result = self.permloom("study")
        self.assertEqual(result.returncode, 2)
        self.assertIn("usage: permloom study VERB", result.stderr)

    def test_runs_that_are_not_there_or_do_not_belong_together(self):
        self.fails(2, "RUN: missing", "study", "adversarial")
        self.fails(1, "nowhere", "study", "adversarial", "nowhere")
        self.fails(1, "odd: was trained on digits-odd, digits on digits.*--data",
                   "study", "adversarial", "digits", "odd")
        self.fails(1, "network takes 64 pixels", "study", "adversarial", "digits",
                   "--data", self.large())
        self.fails(2, "--checkpoint: 'first' is unknown", "study", "adversarial", "digits",
                   "--checkpoint", "first")

    def large(self):
        """A data set of larger images."""
        directory = self.directory / "large"
        directory.mkdir()
        for split in ("train", "t10k"):
            (directory / f"{split}-images-idx3-ubyte").write_bytes(
                bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28]) + bytes(784))
            (directory / f"{split}-labels-idx1-ubyte").write_bytes(
                bytes([0, 0, 8, 1, 0, 0, 0, 1, 0]))
        return directory

    def test_values_out_of_range(self):
        for text in ("1.5", "-0.1", "x", ",0.1", "1/0", "1/2/3", "0.1,", "9/8"):
            with self.subTest(epsilon=text):
                self.fails(2, "--epsilon: '.*' is not a number from 0 to 1",
                           "study", "adversarial", "digits", f"--epsilon={text}")
        self.fails(1, "--epsilon: 0.05 of pixel values 0..16 moves no pixel.*1/16",
                   "study", "adversarial", "digits", "--epsilon", "0.05")
        self.fails(2, "--steps: '0' is not a whole number from 1",
                   "study", "adversarial", "digits", "--steps", "0")
        self.fails(2, "--count: '0' is not", "study", "adversarial", "digits", "--count", "0")
        self.fails(2, "--epochs: needs --reload", "study", "adversarial", "digits", "--epochs", "2")

    def test_a_network_without_a_chip_cannot_be_reloaded(self):
        self.fails(1, "--reload: free has no chip: layer 0: its devices have real values",
                   "study", "adversarial", "free", "--reload")


if __name__ == "__main__":
    unittest.main()
