"""The loop once: train, evaluate, compile, simulate, inspect, emit, and what --json promises."""

import json
import signal
import subprocess
import time
import unittest

from cli import PERMLOOM, CliTest


class Loop(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trained = json.loads(cls.make("train", "digits", "--epochs", "2", "--json"))
        cls.compiled = json.loads(cls.make("compile", "runs/digits-digits-s1", "--out", "d", "--json"))
        cls.make("train", "digits", "--data", "digits-odd", "--epochs", "2", "--devices", "d.chip",
                 "--out", "odd-run")
        cls.make("compile", "odd-run", "--onto", "d.chip", "--out", "odd")

    def test_train_reports_and_writes_the_default_directory(self):
        self.assertGreater(self.trained["accuracy"], 0.5)
        self.assertGreater(self.trained["loss"], 0.0)
        self.assertEqual(self.trained["images"], 2 * 1437)
        self.assertGreater(self.trained["images_per_second"], 0)
        self.assertEqual(self.trained["seed"], 1)
        self.assertEqual(self.trained["protocol"], "final")
        run = self.directory / "runs/digits-digits-s1"
        self.assertEqual(self.trained["run"], "runs/digits-digits-s1")
        self.assertTrue((run / "last.safetensors").is_file())
        self.assertEqual(len((run / "metrics.jsonl").read_text().splitlines()), 2)

    def test_progress_is_one_plain_line_an_epoch_and_quiet_is_silent(self):
        result = self.permloom("train", "digits", "--epochs", "3", "--seed", "4")
        lines = result.stderr.splitlines()
        self.assertIn("seed 4", lines[0])
        self.assertEqual(len(lines), 4, result.stderr)
        self.assertRegex(lines[3], r"^epoch 3/3  loss \d\.\d+ .* images/s")
        self.assertNotIn("\r", result.stderr)
        quiet = self.permloom("train", "digits", "--epochs", "1", "--seed", "5", "--quiet")
        self.assertEqual(quiet.stderr, "")
        self.assertRegex(quiet.stdout, r"test accuracy \d+\.\d\d %")

    def test_resume_after_a_stop_gives_the_bytes_of_an_undisturbed_run(self):
        def checkpoint(run):
            return (self.directory / run / "last.safetensors").read_bytes()

        arguments = ["train", "digits", "--epochs", "60", "--out", "stopped"]
        process = subprocess.Popen([PERMLOOM, *arguments], cwd=self.directory, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not (self.directory / "stopped/last.safetensors").exists():
            self.assertIsNone(process.poll(), "ended before its first checkpoint")
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, errors)
        self.assertRegex(errors, r"stopped: stopped in epoch \d+ of 60.*saved")
        self.assertIn("hint: go on with the same command and --resume", errors)
        self.assertIn("epoch", self.ok("inspect", "stopped"))
        self.ok(*arguments, "--resume")
        # The command line is part of a checkpoint; what it trained must be the same.
        self.ok("train", "digits", "--epochs", "60", "--out", "undisturbed")
        self.assertEqual(self.ok_json("evaluate", "stopped")["loss"],
                         self.ok_json("evaluate", "undisturbed")["loss"])
        self.ok("compile", "stopped", "--out", "a")
        self.ok("compile", "undisturbed", "--out", "b")
        first, second = (self.ok_json("inspect", f"{name}.plc", "--neuron", "0:3") for name in "ab")
        self.assertEqual(first["chip_fingerprint"], second["chip_fingerprint"])
        self.assertEqual(first["neuron"], second["neuron"])

    def test_threads_do_not_change_the_result(self):
        one = self.ok_json("train", "digits", "--epochs", "2", "--threads", "1", "--out", "t1")
        three = self.ok_json("train", "digits", "--epochs", "2", "--threads", "3", "--out", "t3")
        self.assertEqual((one["accuracy"], one["loss"]), (three["accuracy"], three["loss"]))

    def test_paper_protocol_is_stamped(self):
        result = self.ok_json("train", "digits", "--epochs", "2", "--paper-protocol", "--out", "p")
        self.assertEqual(result["protocol"], "paper")
        self.assertEqual(self.ok_json("inspect", "p", "--checkpoint", "best")["protocol"], "paper")

    def test_held_out_protocol_chooses_by_its_validation_split(self):
        result = self.ok_json("train", "digits", "--epochs", "2", "--protocol", "held-out", "--out", "h")
        self.assertEqual(result["protocol"], "held-out")
        self.assertEqual(result["images"], 2 * (1437 - 287))
        self.assertEqual(self.ok_json("evaluate", "h", "--split", "val")["images"], 287)
        self.fails(2, "--split: a configuration does not say", "evaluate", "d.plc", "--split", "val")

    def test_from_starts_from_the_other_run(self):
        result = self.ok_json("train", "digits", "--epochs", "1", "--from", "runs/digits-digits-s1",
                              "--out", "more")
        self.assertGreater(result["accuracy"], 0.5)

    def test_evaluate_float_and_integer_agree(self):
        floating = self.ok_json("evaluate", "runs/digits-digits-s1")
        self.assertEqual(floating["accuracy"], self.trained["accuracy"])
        self.assertEqual(floating["images"], 360)
        self.assertGreater(floating["images_per_second"], 0)
        integer = self.ok_json("evaluate", "d.plc", "--data", "digits")
        self.assertIsNone(integer["loss"])
        self.assertAlmostEqual(integer["accuracy"], floating["accuracy"], delta=0.02)
        self.assertEqual(self.ok_json("evaluate", "d.plc", "--split", "train")["images"], 1437)
        self.assertIn("360 images of digits, integer reference", self.ok("evaluate", "d.plc"))

    def test_compile_reports_the_bit_counts(self):
        for key in ("wiring_bits", "wiring_bound", "register_bits", "framing_bits", "load_bits",
                    "weights", "wires"):
            self.assertGreater(self.compiled[key], 0, key)
        self.assertGreaterEqual(self.compiled["wiring_bits"], self.compiled["wiring_bound"])
        self.assertEqual(len(self.compiled["layers"]), 2)
        self.assertEqual(self.compiled, json.loads((self.directory / "d.report.json").read_text()))
        self.assertFalse((self.directory / "odd.chip").exists())

    def test_every_code_computes_the_same(self):
        accuracies = set()
        for code in ("lehmer", "level-map", "multiset", "index"):
            text = self.ok("compile", "runs/digits-digits-s1", "--code", code, "--out", f"c-{code}")
            self.assertRegex(text, rf"(?m)^  0: 64 -> 64 .* {code} ")
            accuracies.add(self.ok_json("evaluate", f"c-{code}.plc")["accuracy"])
        self.assertEqual(len(accuracies), 1)

    def test_simulate_reports(self):
        reference = self.ok_json("simulate", "d.plc", "--dut", "reference")
        self.assertEqual(reference["dut"], "reference")
        self.assertEqual((reference["images"], reference["mismatches"]), (360, 0))
        clocked = self.ok_json("simulate", "d.plc", "--dut", "systemc", "--count", "40", "--gaps", "0.3")
        self.assertEqual((clocked["dut"], clocked["images"], clocked["mismatches"]), ("systemc", 40, 0))
        steady = self.ok_json("simulate", "d.plc", "--count", "40")
        self.assertEqual(steady["cycles_per_inference"], 64)  # 64 neurons, one pass each
        self.assertGreater(clocked["cycles_per_inference"], 64)
        self.assertGreater(clocked["cycles"], 40 * 64)
        self.assertGreater(clocked["images_per_second"], 0)
        self.assertIn("mismatches            0 / 5 images", self.ok("simulate", "d.plc", "--count", "5"))

    def test_simulate_then_loads_the_running_chip(self):
        result = self.ok_json("simulate", "d.plc", "--then", "odd.plc", "--dut", "systemc")
        self.assertEqual(result["then"]["dataset"], "digits-odd")
        self.assertEqual((result["mismatches"], result["then"]["mismatches"]), (0, 0))
        self.assertEqual(result["accuracy"], self.ok_json("evaluate", "d.plc")["accuracy"])
        self.assertEqual(result["then"]["accuracy"], self.ok_json("evaluate", "odd.plc")["accuracy"])

    def test_simulate_then_patch_loads_the_difference(self):
        result = self.ok_json("simulate", "d.plc", "--then", "odd.plc", "--patch", "--count", "40")
        self.assertEqual((result["mismatches"], result["then"]["mismatches"]), (0, 0))
        whole = self.ok_json("simulate", "d.plc", "--then", "odd.plc", "--count", "40")["then"]
        self.assertEqual(result["then"]["accuracy"], whole["accuracy"])
        self.assertEqual(result["then"]["full_load_words"], whole["load_words"])
        self.assertNotEqual(result["then"]["load_words"], whole["load_words"])
        self.assertRegex(self.ok("simulate", "d.plc", "--then", "odd.plc", "--patch", "--count", "5"),
                         r"[\d,]+ words of a patch instead of [\d,]+")

    def test_the_chip_counts_for_itself(self):
        counts = self.ok_json("simulate", "d.plc", "--count", "40", "--gaps", "0.3")["chip_counts"]
        self.assertEqual((counts["images"], counts["results"], counts["dropped"]), (40, 40, 0))
        self.assertGreater(counts["cycles"], 40 * 64)
        self.assertIn("the chip's own count: 5 images, 5 results, 0 dropped",
                      self.ok("simulate", "d.plc", "--count", "5"))

    def test_trace_is_written(self):
        self.ok("simulate", "d.plc", "--count", "1", "--trace", "wave.vcd")
        self.assertIn("$enddefinitions", (self.directory / "wave.vcd").read_text())

    def test_a_chip_is_found_by_its_fingerprint(self):
        # odd.plc has no odd.chip; d.chip in the same directory is the one it was made for.
        self.assertEqual(self.ok_json("inspect", "odd.plc")["chip_fingerprint"],
                         self.ok_json("inspect", "d.chip")["fingerprint"])
        self.ok("simulate", "odd.plc", "--dut", "reference")

    def test_inspect_tells_the_kinds_apart(self):
        self.assertIn("seed 1, epoch 2 of 2", self.ok("inspect", "runs/digits-digits-s1"))
        self.assertRegex(self.ok("inspect", "d.chip"), r"(?m)^  fingerprint  [0-9a-f]{64}$")
        text = self.ok("inspect", "d.plc", "--neuron", "1:9")
        self.assertIn("neuron 9 of layer 1", text)
        for kind, file in (("checkpoint", "runs/digits-digits-s1"), ("chip", "d.chip"),
                           ("configuration", "d.plc")):
            self.assertEqual(self.ok_json("inspect", file)["kind"], kind)

    def test_inspect_shows_the_lehmer_digits_of_the_wiring(self):
        neuron = self.ok_json("inspect", "d.plc", "--neuron", "0:5")["neuron"]
        source, digits = neuron["source"], neuron["lehmer_digits"]
        self.assertEqual(sorted(source), list(range(64)))
        self.assertEqual(digits, [sum(later < line for later in source[slot + 1:])
                                  for slot, line in enumerate(source)])
        self.assertEqual(neuron["devices"], sorted(neuron["devices"]))

    def test_emit_writes_a_design(self):
        self.ok("emit", "d.plc", "--out", "design", "--count", "2")
        names = {path.name for path in (self.directory / "design").rglob("*")}
        self.assertIn("permloom_top.sv", names)
        self.assertIn("Makefile", names)

    def test_emit_writes_a_board(self):
        self.ok("emit", "d.plc", "--target", "ice40-hx8k", "--out", "board", "--count", "2")
        board = self.directory / "board"
        for name in ("Makefile", "pins.pcf", "host.py", "chip.chip", "config/boot.hex", "blank/boot.hex",
                     "rtl/ice40_top.sv", "rtl/permloom_top.sv"):
            self.assertTrue((board / name).exists(), name)
        self.ok("emit", "d.plc", "--chip", "board/chip.chip", "--target", "ice40-hx8k", "--images-only",
                "--out", "images")
        for path in (board / "config").iterdir():
            self.assertEqual(path.read_text(), (self.directory / "images" / path.name).read_text())

    def test_every_engine_simulates(self):
        for engine in ("serial", "level", "[level, serial]", "[serial, programmable]"):
            with self.subTest(engine=engine):
                report = self.ok_json("compile", "runs/digits-digits-s1", "--set", f"engine={engine}",
                                      "--set", "lanes=8", "--out", "other", "--force")
                self.assertEqual(report["layers"][0]["switches"], 0)
                result = self.ok_json("simulate", "other.plc", "--dut", "systemc", "--count", "10")
                self.assertEqual(result["mismatches"], 0)
                self.assertEqual(result["cycles_per_inference"], report["interval_cycles"])

    def test_wiring_codes_are_decoded_on_the_chip(self):
        compiled = ("compile", "runs/digits-digits-s1", "--target", "serial", "--set", "lanes=8")
        entries = self.ok_json(*compiled, "--out", "entries")
        self.assertEqual(entries["layers"][0]["decoder"], "none")
        for decoder in ("factorial-stream", "level-map"):
            with self.subTest(decoder=decoder):
                report = self.ok_json(*compiled, "--set", f"decoder={decoder}", "--out", decoder)
                first = report["layers"][0]
                self.assertEqual(first["decoder"], decoder)
                self.assertEqual(first["wiring_memory_bits"], entries["layers"][0]["wiring_memory_bits"])
                self.assertEqual(first["wiring_load_bits"], first["code_bits"][decoder])
                self.assertEqual(first["load_bits"], first["wiring_load_bits"] + first["register_bits"] +
                                 first["framing_bits"])
                self.assertLess(report["load_bits"], entries["load_bits"])
                result = self.ok_json("simulate", decoder + ".plc", "--dut", "systemc", "--count", "10")
                self.assertEqual(result["mismatches"], 0)
                self.assertIn(f"serial x 8, {decoder}", self.ok("inspect", decoder + ".chip"))

    def test_a_failed_command_leaves_its_directory_alone(self):
        before = (self.directory / "runs/digits-digits-s1/last.safetensors").read_bytes()
        self.fails(1, "already exists", "train", "digits")
        self.assertEqual(before, (self.directory / "runs/digits-digits-s1/last.safetensors").read_bytes())


class Convolutions(CliTest):
    """A chip that walks over feature maps, every engine in it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits-conv", "--epochs", "2", "--out", "run")
        cls.compiled = json.loads(cls.make(
            "compile", "run", "--out", "c", "--json", "--set", "lanes=4", "--set",
            "engine=[folded, serial, level, level, folded, serial]"))

    def test_the_report_counts_positions_and_cycles(self):
        layers = self.compiled["layers"]
        self.assertEqual([layer["positions"] for layer in layers], [64, 64, 4, 4, 4, 1])
        self.assertEqual(layers[0]["cycles"], 64 * max(9, 8))
        self.assertGreater(layers[4]["buffer_bits"], 0)

    def test_systemc_and_the_reference_agree(self):
        result = json.loads(self.ok("simulate", "c.plc", "--dut", "systemc", "--count", "20",
                                    "--json"))
        self.assertEqual(result["mismatches"], 0)
        self.assertEqual(result["cycles_per_inference"], self.compiled["interval_cycles"])

    def test_inspect_names_walks_pools_and_additions(self):
        text = self.ok("inspect", "c.chip")
        self.assertIn("0: 3x3x1 -> 8 at 8x8", text)
        self.assertIn("1: 3x3x8 -> 8 at 8x8, max 2", text)
        self.assertIn("3: 3x3x8 -> 16 at 2x2, of 1", text)
        self.assertIn("4: 3x3x16 -> 16 at 2x2, sum 2, + 2", text)
        walk = json.loads(self.ok("inspect", "c.chip", "--json"))["layers"][4]["walk"]
        self.assertEqual((walk["map"], walk["pool"], walk["adds"]), ([2, 2, 16], "sum", 2))

    def test_emit_writes_the_walk(self):
        self.ok("emit", "c.plc", "--out", "rtl")
        top = (self.directory / "rtl/rtl/permloom_top.sv").read_text()
        for cell in ("pl_window_reader", "pl_skip_memory", "pl_map_writer"):
            self.assertIn(cell, top)

    def test_what_no_chip_does_is_refused(self):
        self.ok("train", "digits-conv", "--epochs", "1", "--out", "other", "--set",
                "layers.1.then=[{max_pool: 2}, batch_norm]")
        self.fails(1, "layer half: batch_norm behind a pool cannot be compiled\n  hint: a chip has,"
                      " in this order", "compile", "other")
        self.ok("train", "digits-conv", "--epochs", "1", "--out", "real", "--set",
                "input={shape: [8, 8, 1], bits: 0, div: 16, mean: 0}")
        self.fails(1, "input: real values go into this network.*hint: train with", "compile",
                   "real")


if __name__ == "__main__":
    unittest.main()
