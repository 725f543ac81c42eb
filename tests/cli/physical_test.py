"""Fabricated copies: fabricate, simulate --dut physical, compile --measured, study."""

import json
import unittest

from cli import CliTest

STUDY = """
name: small
about: digits with spread
network: digits
data: digits
set: {training.epochs: 2}
device: ideal
device_set: {device.sign: carried}
x: {key: device.spread.deviation, label: deviation, values: [0, 0.4]}
banks: [layer]
circuits: [as-waksman]
chips: 2
images: 60
curves: [as_built, ranked, refined, epochs_1]
"""


class Physical(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "3", "--out", "run")
        cls.make("compile", "run", "--out", "d")
        cls.make("train", "digits", "--epochs", "1", "--seed", "2", "--out", "other-run")
        cls.make("compile", "other-run", "--out", "other")
        cls.make("fabricate", "d.chip", "--set", "device.spread.deviation=0.3", "--out", "copy.devices")
        cls.reference = json.loads(cls.make("simulate", "d.plc", "--dut", "reference", "--json"))

    def test_an_ideal_chip_is_the_reference(self):
        result = self.ok_json("simulate", "d.plc", "--dut", "physical", "--trials", "2")
        self.assertEqual(result["accuracy"], self.reference["accuracy"])
        self.assertEqual(result["accuracy_deviation"], 0.0)
        self.assertEqual(result["chips"], 2)
        self.assertEqual(result["images"], 360)

    def test_the_seed_decides_and_the_threads_do_not(self):
        def accuracies(*options):
            return self.ok_json("simulate", "d.plc", "--dut", "physical", "--device", "rom-rram",
                                "--trials", "3", "--count", "100", *options)["accuracies"]

        one = accuracies("--threads", "1")
        self.assertEqual(one, accuracies("--threads", "2"))
        self.assertNotEqual(
            self.ok_json("simulate", "d.plc", "--dut", "physical", "--set",
                         "device.spread.deviation=1", "--trials", "2")["signal_to_noise_db"],
            self.ok_json("simulate", "d.plc", "--dut", "physical", "--set",
                         "device.spread.deviation=1", "--trials", "2", "--seed",
                         "2")["signal_to_noise_db"])

    def test_the_text_lines_up_and_says_what_it_costs(self):
        text = self.ok("simulate", "d.plc", "--dut", "physical", "--device", "photonic-mzi",
                       "--trials", "2", "--count", "50")
        for words in ("accuracy", "5th, 50th, 95th", "chips x images/s", "signal to noise, dB",
                      "worst", "energy of an inference", "rewritable array"):
            self.assertIn(words, text)

    def test_effects_are_switched_off_by_name(self):
        result = self.ok_json("simulate", "d.plc", "--dut", "physical", "--trials", "1", "--set",
                              "device.spread.deviation=0.5", "--set", "device.read_noise=0.1",
                              "--without", "spread,read_noise")
        self.assertEqual(result["accuracy"], self.reference["accuracy"])
        self.fails(2, "--without: there is no effect 'spred', did you mean 'spread'", "simulate",
                   "d.plc", "--dut", "physical", "--without", "spred")

    def test_measured_by_three_commands(self):
        # A laboratory's file: the copy in units of 3 microsiemens, a few cells not measured.
        self.ok("fabricate", "d.chip", "--set", "device.spread.deviation=0.3", "--csv", "lab.csv",
                "--out", "lab0.devices")
        lines = (self.directory / "lab.csv").read_text().splitlines()
        scaled = [lines[0]]
        for number, line in enumerate(lines[1:]):
            layer, neuron, slot, plus, minus = line.split(",")
            if number % 60 == 7:
                continue
            scaled.append(f"{layer},{neuron},{slot},{3e-6 * float(plus):.9g},"
                          f"{3e-6 * float(minus):.9g}")
        (self.directory / "lab.csv").write_text("\n".join(scaled) + "\n")
        made = self.ok_json("fabricate", "d.chip", "--measured", "lab.csv", "--out", "lab.devices")
        self.assertGreater(made["layers"][0]["missing"], 0)
        built = self.ok_json("simulate", "d.plc", "--dut", "physical", "--devices", "lab.devices")
        self.ok("compile", "run", "--onto", "d.chip", "--measured", "lab.devices", "--data", "digits",
                "--out", "lab")
        ranked = self.ok_json("simulate", "lab.plc", "--chip", "d.chip", "--dut", "physical",
                              "--devices", "lab.devices")
        self.ok("train", "--from", "run", "--devices", "lab.devices", "--epochs", "2", "--out",
                "tuned")
        self.ok("compile", "tuned", "--onto", "d.chip", "--measured", "lab.devices", "--out",
                "tuned")
        tuned = self.ok_json("simulate", "tuned.plc", "--chip", "d.chip", "--dut", "physical",
                             "--devices", "lab.devices")
        self.assertLess(built["accuracy"], self.reference["accuracy"])
        self.assertGreater(ranked["accuracy"], built["accuracy"])
        self.assertGreater(tuned["accuracy"], built["accuracy"])

    def test_a_configuration_of_a_copy_goes_nowhere_else(self):
        self.ok("compile", "run", "--onto", "d.chip", "--measured", "copy.devices", "--out", "c")
        self.fails(1, "re-ranked for the fabricated copy .*--devices", "simulate", "c.plc")
        self.ok("fabricate", "d.chip", "--seed", "9", "--set", "device.spread.deviation=0.3", "--out",
                "nine.devices")
        self.fails(1, "the devices given are", "simulate", "c.plc", "--dut", "physical",
                   "--devices", "nine.devices")
        self.fails(1, "devices of another chip", "simulate", "other.plc", "--dut", "physical",
                   "--chip", "other.chip", "--devices", "copy.devices")

    def test_inspect_says_what_a_copy_is(self):
        text = self.ok("inspect", "copy.devices")
        for words in ("devices copy.devices", "of chip", "signs        pair", "ideal, seed 1",
                      "rms error"):
            self.assertIn(words, text)
        copy = self.ok_json("inspect", "copy.devices")
        self.ok("compile", "run", "--onto", "d.chip", "--measured", "copy.devices", "--out", "i")
        self.assertEqual(self.ok_json("inspect", "i.plc")["instance"], copy["instance"])
        self.assertIn("re-ranked    for copy", self.ok("inspect", "i.plc"))

    def test_wrong_measurements_name_their_line(self):
        def refused(pattern, *lines, options=()):
            text = "\n".join(["layer,neuron,slot,plus,minus", *lines]) + "\n"
            (self.directory / "bad.csv").write_text(text)
            self.fails(1, pattern, "fabricate", "d.chip", "--measured", "bad.csv", "--out",
                       "bad.devices", *options)
            self.assertFalse((self.directory / "bad.devices").exists())

        refused("bad.csv:2: negative conductance plus = -1", "0,0,0,-1,0")
        refused("bad.csv:2: plus 'nan' is not a finite number", "0,0,0,nan,0")
        refused("bad.csv:2: layer 7 is outside", "7,0,0,1,0")
        refused("bad.csv:3: 4 cells", "0,0,0,1,0", "0,0,1,1")
        refused("cells are missing, at most 5 % may be",
                *[f"{layer},0,{slot},{slot % 5},{(slot + 2) % 3}" for layer in range(2)
                  for slot in range(40)], options=("--unit", "1"))
        self.fails(2, "there is no scheme 'twin'", "fabricate", "d.chip", "--measured", "bad.csv",
                   "--sign", "twin")

    def test_cycle_by_cycle(self):
        options = ("--device", "rom-rram", "--set", "switch.crosstalk_db=25", "--set",
                   "switch.stuck_crossed=0.002", "--seed", "3", "--count", "40")
        clocked = self.ok_json("simulate", "d.plc", "--dut", "physical-systemc", *options)
        self.assertEqual((clocked["dut"], clocked["images"], clocked["mismatches"]),
                         ("physical-systemc", 40, 0))
        fast = self.ok_json("simulate", "d.plc", "--dut", "physical", "--trials", "1", *options)
        self.assertEqual(clocked["accuracy"], fast["accuracy"])
        digital = self.ok_json("simulate", "d.plc", "--dut", "systemc", "--count", "40")
        self.assertEqual(clocked["cycles"], digital["cycles"])
        text = self.ok("simulate", "d.plc", "--dut", "physical-systemc", "--devices", "copy.devices",
                       "--count", "5", "--gaps", "0.2", "--trace", "wave.vcd")
        self.assertIn("mismatches            0 / 5 images", text)
        self.assertIn("copy.devices", text)
        self.assertTrue((self.directory / "wave.vcd").exists())

    def test_what_runs_cycle_by_cycle(self):
        for option in (["--then", "other.plc"], ["--trials", "3"]):
            self.fails(2, f"{option[0]}: the behavioural model runs one configuration on one copy.*"
                       "leave it out with --dut physical-systemc",
                       "simulate", "d.plc", "--dut", "physical-systemc", *option)
        self.ok("compile", "run", "--set", "engine=serial", "--out", "serial")
        self.fails(1, "layer 0: has engine serial: the behavioural model knows engine folded",
                   "simulate", "serial.plc", "--dut", "physical-systemc")
        self.ok("compile", "run", "--set", "bit_serial=true", "--out", "bits")
        self.ok("simulate", "bits.plc", "--dut", "physical-systemc", "--count", "3")
        self.fails(1, "is bit-serial: the noise of its devices is known of whole inputs", "simulate",
                   "bits.plc", "--dut", "physical-systemc", "--set", "device.read_noise=0.1")

    def test_wrong_requests(self):
        self.fails(2, "--measured: needs --onto", "compile", "run", "--measured", "copy.devices")
        self.fails(2, "--placement: needs --measured", "compile", "run", "--placement", "rank")
        self.fails(2, "--placement: refined needs --data", "compile", "run", "--onto", "d.chip",
                   "--measured", "copy.devices", "--placement", "refined")
        self.fails(2, "--trials: only the physical model", "simulate", "d.plc", "--trials", "3")
        self.fails(2, "--then: the physical model has no cycles", "simulate", "d.plc", "--dut",
                   "physical", "--then", "other.plc")
        self.fails(1, "no device description of this name, did you mean 'rom-rram'", "simulate",
                   "d.plc", "--dut", "physical", "--device", "rom-ram")
        self.fails(1, r"--set device.spread.deviaton: unknown key, did you mean", "fabricate",
                   "d.chip", "--set", "device.spread.deviaton=1")
        self.fails(1, "not a permloom devices file.*it is a chip file", "simulate", "d.plc", "--dut",
                   "physical", "--devices", "d.chip")
        self.ok("compile", "run", "--set", "engine=level", "--out", "level")
        self.fails(1, "engine level has no bank of devices", "simulate", "level.plc", "--dut",
                   "physical")


class Study(CliTest):
    def test_a_study_writes_table_picture_and_summary_and_goes_on(self):
        (self.directory / "small.yaml").write_text(STUDY)
        summary = self.ok_json("study", "small.yaml", "--out", "s")
        self.assertEqual(len(summary["points"]), 8)
        rows = (self.directory / "s/study.csv").read_text().splitlines()
        self.assertEqual(len(rows), 1 + 2 * 2 * 4)
        self.assertTrue((self.directory / "s/study.svg").read_text().startswith("<svg"))
        ideal = [p for p in summary["points"] if p["x"] == "0" and p["curve"] == "as_built"][0]
        self.assertEqual(ideal["accuracy"], summary["control"])
        # What is there is not measured again: half of the lines are, and the end is the same.
        (self.directory / "s/study.csv").write_text("\n".join(rows[:9]) + "\n")
        again = self.ok_json("study", "small.yaml", "--out", "s", "--resume")
        self.assertEqual(again, summary)
        self.fails(1, "s: .*--force", "study", "small.yaml", "--out", "s")

    def test_wrong_studies(self):
        def refused(pattern, old, new):
            (self.directory / "bad.yaml").write_text(STUDY.replace(old, new))
            self.fails(1, pattern, "study", "bad.yaml", "--out", "bad")
            self.assertFalse((self.directory / "bad").exists())

        refused("curves: 'as_bilt' is none of .*did you mean 'as_built'", "as_built", "as_bilt")
        refused("bad.yaml:.*chips: is 0", "chips: 2", "chips: 0")
        refused("only as_built can be studied on crossbar", "[as-waksman]", "[crossbar]")
        refused("unknown key", "images: 60", "image: 60")
        refused("device.spread.deviatoin", "device.spread.deviation", "device.spread.deviatoin")
        self.fails(1, "no such file|cannot", "study", "nothing.yaml")


if __name__ == "__main__":
    unittest.main()
