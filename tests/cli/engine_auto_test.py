"""`engine: auto`: engines chosen from the cost model under a budget."""

import json
import re
import unittest

from cli import CliTest


class EngineAuto(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "1", "--out", "run")

    def compiled(self, name, *budget):
        """Text of compile, and the engines and cycles of its report."""
        words = [word for limit in budget for word in ("--set", f"budget.{limit}")]
        text = self.ok("compile", "run", "--set", "engine=auto", *words, "--out", name, "--force")
        report = json.loads((self.directory / f"{name}.report.json").read_text())
        return text, [(layer["engine"], layer["lanes"]) for layer in report["layers"]], report

    def estimate(self, name):
        return self.ok_json("emit", f"{name}.plc", "--out", f"{name}-design", "--count", "1",
                            "--force")["estimate"]

    def test_more_is_faster(self):
        _, small, slow = self.compiled("small", "luts=4500", "rams=40")
        _, large, fast = self.compiled("large", "luts=60000", "rams=400")
        self.assertEqual(small[1], ("serial", 1))
        self.assertNotEqual(small, large)
        self.assertLess(fast["interval_cycles"], slow["interval_cycles"])
        # folded takes a neuron a cycle, which nothing else here reaches.
        self.assertEqual(fast["interval_cycles"], 64)
        # The yardstick is not for choosing.
        self.assertNotIn("programmable", [engine for engine, _ in small + large])
        for name, luts, rams in (("small", 4500, 40), ("large", 60000, 400)):
            estimate = self.estimate(name)
            self.assertLessEqual(estimate["luts"], luts)
            self.assertLessEqual(estimate["rams"], rams)

    def test_the_table_says_what_was_chosen_and_why(self):
        text, engines, report = self.compiled("said", "luts=5000", "rams=40")
        estimate = self.estimate("said")
        for layer, (engine, lanes), part in zip(report["layers"], engines, estimate["layers"]):
            name = engine if engine == "folded" else f"{engine} x {lanes}"
            row = re.search(rf"(?m)^  \d: {layer['inputs']} -> {layer['outputs']} +{name} +"
                            rf"{layer['cycles']:,} +{part['luts']:,} +{part['flip_flops']:,} +{part['rams']} "
                            r"+(\d+) of (\d+)$", text)
            self.assertTrue(row, text)
            self.assertLessEqual(int(row[1]), int(row[2]))
        self.assertRegex(text, rf"(?m)^  chip +{report['interval_cycles']:,} +{estimate['luts']:,} ")
        faster = re.search(r"(?m)^  next faster, does not fit +([\d,]+) +([\d,]+) +[\d,]+ +([\d,]+)", text)
        cycles, luts, rams = (int(number.replace(",", "")) for number in faster.groups())
        self.assertLess(cycles, report["interval_cycles"])
        self.assertTrue(luts > 5000 or rams > 40)

    def test_no_table_where_engines_are_named(self):
        self.assertNotIn("chosen", self.ok("compile", "run", "--target", "serial", "--out", "named"))

    def test_the_choice_simulates_and_is_the_same_again(self):
        _, engines, _ = self.compiled("again", "luts=5000", "rams=60")
        chip = (self.directory / "again.chip").read_bytes()
        self.assertEqual(engines, self.compiled("again", "luts=5000", "rams=60")[1])
        self.assertEqual(chip, (self.directory / "again.chip").read_bytes())
        result = self.ok_json("simulate", "again.plc", "--dut", "systemc", "--count", "20")
        self.assertEqual(result["mismatches"], 0)

    def test_a_target_of_ours_has_a_budget(self):
        text = self.ok("compile", "run", "--target", "ice40-hx8k", "--out", "board")
        self.assertIn("chosen", text)

    def test_cycles_buy_a_smaller_chip(self):
        _, _, fast = self.compiled("hurry", "luts=60000", "rams=400")
        text, _, slow = self.compiled("leisure", "luts=60000", "rams=400", "cycles=1000")
        self.assertLessEqual(slow["interval_cycles"], 1000)
        self.assertLess(fast["interval_cycles"], slow["interval_cycles"])
        self.assertLess(self.estimate("leisure")["luts"], self.estimate("hurry")["luts"])
        self.assertNotIn("next faster", text)

    def test_errors(self):
        # Also between the fastest that the one layer and the other can be.
        for cycles in (5, 20, 63):
            self.fails(1, f"budget: no engines take at most {cycles} cycles an image; the fewest are 64",
                       "compile", "run", "--set", "engine=auto", "--set", "budget.luts=60000",
                       "--set", f"budget.cycles={cycles}", "--out", "t")
        self.fails(1, r"budget\.cycles: cycles alone are no limit", "compile", "run", "--set",
                   "engine=auto", "--set", "budget.cycles=500", "--out", "t")
        self.fails(1, r"engine: auto needs a budget.*budget\.luts=5000", "compile", "run", "--set",
                   "engine=auto", "--out", "t")
        self.fails(1, "budget: no engines fit 500 LUT4, 4 block RAMs; the cheapest found, serial x 1, "
                   r"serial x 1, takes \d+ LUT4, \d+ flip-flops and \d+ block RAMs.*contexts=1",
                   "compile", "run", "--set", "engine=auto", "--set", "budget.luts=500",
                   "--set", "budget.rams=4", "--out", "t")
        self.fails(1, r"budget\.luts: .*must be", "compile", "run", "--set", "engine=auto", "--set",
                   "budget.luts=0", "--out", "t")
        self.fails(1, "did you mean 'budget.luts'", "compile", "run", "--set", "engine=auto", "--set",
                   "budget.lut=5000", "--out", "t")
        self.fails(1, "budget: states no limit", "compile", "run", "--set", "engine=auto", "--set",
                   "budget={}", "--out", "t")
        self.fails(1, "engine 'seriel' is unknown.*or auto", "compile", "run", "--set", "engine=seriel",
                   "--out", "t")
        self.fails(1, "engine 'auto' is unknown", "compile", "run", "--set", "engine=[auto,serial]",
                   "--out", "t")
        self.assertFalse((self.directory / "t.plc").exists())


if __name__ == "__main__":
    unittest.main()
