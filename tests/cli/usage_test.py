"""Help, version, unknown words and bad option values: exit status 2, the nearest word suggested."""

import subprocess
import unittest

from cli import PERMLOOM, CliTest

COMMANDS = {
    # command: options that its help must name
    "train": ["--data", "--out", "--epochs", "--seed", "--set", "--resume", "--from", "--devices",
              "--shuffled", "--steps", "--log-every", "--evaluate-every", "--force", "--paper-protocol", "--protocol", "--threads", "--json", "--quiet"],
    "evaluate": ["--data", "--checkpoint", "--split", "--chip", "--json"],
    "compile": ["--target", "--set", "--onto", "--code", "--out", "--json"],
    "simulate": ["--data", "--chip", "--dut", "--lockstep", "--then", "--patch", "--then-data", "--count",
                 "--seed", "--gaps", "--trace", "--json"],
    "emit": ["--target", "--out", "--count", "--data", "--images-only", "--no-boot", "--clock", "--report",
             "--svg", "--json", "--force"],
    "inspect": ["--neuron", "--chip", "--checkpoint", "--json"],
    "profile": ["--layer", "--out", "--view", "--layout", "--checkpoint", "--json"],
    "import": ["--network", "--data", "--out", "--set", "--layout", "--order", "--epsilon",
               "--require-rule", "--chip", "--shared-profile", "--force", "--threads", "--json"],
    "export": ["--format", "--out", "--checkpoint", "--compress"],
    "fabricate": ["--device", "--banks", "--set", "--seed", "--trial", "--measured", "--sign", "--unit",
                  "--missing-limit", "--out", "--csv", "--json"],
    "sweep": ["--scale", "--out", "--jobs", "--only", "--quiet", "--json"],
    "plot": ["--kind", "--out", "--layer", "--neuron", "--arrows", "--x", "--y", "--lines"],
    "study": [],
    "perm": [],
    "fetch": [],
}


class Help(CliTest):
    def test_each_command_explains_itself(self):
        for command, options in COMMANDS.items():
            with self.subTest(command=command):
                text = self.ok(command, "--help")
                self.assertTrue(text.startswith(f"usage: permloom {command} "), text)
                self.assertIn(f"examples:\n  permloom {command} ", text)
                for option in options:
                    self.assertRegex(text, rf"(?m)^  {option}\b")
                self.assertEqual(text, self.ok("help", command))

    def test_defaults_are_shown(self):
        self.assertIn("--seed S (=1)", self.ok("train", "--help"))
        self.assertIn("--target T (=generic)", self.ok("compile", "--help"))

    def test_the_list_of_commands_is_complete(self):
        text = self.ok("--help")
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} ")

    def test_version(self):
        self.assertRegex(self.ok("--version"), r"^permloom \d+\.\d+\.\d+\n$")

    def test_nothing_at_all_shows_the_help(self):
        result = self.permloom()
        self.assertEqual(result.returncode, 2)
        self.assertIn("usage: permloom COMMAND", result.stderr)
        self.assertEqual(result.stdout, "")


class Usage(CliTest):
    def test_unknown_command(self):
        self.fails(2, "trian: unknown command, did you mean 'train'", "trian", "digits")
        self.fails(2, "permloom --help lists the commands", "qwertyuiop")

    def test_unknown_option_suggests_the_nearest(self):
        self.fails(2, "--epcohs: unknown option, did you mean '--epochs'",
                   "train", "digits", "--epcohs", "3")
        self.fails(2, "permloom train --help", "train", "digits", "--epcohs", "3")
        self.fails(2, "-x: unknown option", "train", "digits", "-x")

    def test_options_are_never_guessed_from_a_beginning(self):
        self.fails(2, "--lock: unknown option", "simulate", "x.plc", "--lock")

    def test_missing_and_surplus_arguments(self):
        self.fails(2, "NETWORK: missing", "train")
        self.fails(2, "FILE.plc: missing", "simulate")
        self.fails(2, "f1: one NETWORK at a time, and 'digits' was given", "train", "digits", "f1")
        self.fails(2, "--out: needs a value", "train", "digits", "--out")
        self.fails(2, "--seed: given more than once", "train", "digits", "--seed", "1", "--seed", "2")
        self.fails(2, "--json: takes no value", "train", "digits", "--json=yes")

    def test_values_out_of_range(self):
        self.fails(2, "--epochs: 'many' is not a whole number", "train", "digits", "--epochs", "many")
        self.fails(2, "--epochs: '0' is not a whole number from 1", "train", "digits", "--epochs", "0")
        self.fails(2, "--seed: '-1' is not a whole number", "train", "digits", "--seed=-1")
        self.fails(2, "--seed: '1x' is not a whole number", "train", "digits", "--seed", "1x")
        self.fails(2, "--protocol: 'finale' is unknown, did you mean 'final'",
                   "train", "digits", "--protocol", "finale")
        self.fails(2, "--dut: 'verilog' is unknown.*one of: reference, systemc, rtl",
                   "simulate", "x.plc", "--dut", "verilog")
        self.fails(2, "--trace: 'wave.txt' ends in neither .vcd nor .fst",
                   "simulate", "x.plc", "--trace", "wave.txt")
        self.fails(2, "--set: 'epochs' is not key=value", "train", "digits", "--set", "epochs")

    def test_options_that_exclude_one_another(self):
        for first, second in [(["--resume"], ["--from", "x"]), (["--resume"], ["--devices", "x.chip"]),
                              (["--from", "x"], ["--devices", "x.chip"]),
                              (["--paper-protocol"], ["--protocol", "final"])]:
            with self.subTest(first=first, second=second):
                self.fails(2, f"{first[0]}: cannot be combined with {second[0]}",
                           "train", "digits", *first, *second)
        self.fails(2, "--target: cannot be combined with --onto",
                   "compile", "run", "--target", "generic", "--onto", "x.chip")
        self.fails(2, "--dut: cannot be combined with --lockstep",
                   "simulate", "x.plc", "--dut", "rtl", "--lockstep")
        self.fails(2, "--then-data: needs --then", "simulate", "x.plc", "--then-data", "digits")
        self.fails(2, "--patch: needs --then", "simulate", "x.plc", "--patch")

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([PERMLOOM, "--help"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard output: cannot write", result.stderr)


if __name__ == "__main__":
    unittest.main()
