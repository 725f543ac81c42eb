"""What `permloom emit` estimates, and what the tools have counted beside it."""

import json
import os
import subprocess
import unittest

from cli import PERMLOOM, CliTest

CELLS = """
     SB_CARRY                     20
     SB_DFF                       40
     SB_DFFE                      60
     SB_LUT4                     {luts}
     SB_RAM40_4K                   {rams}
"""
PLACED = {"fmax": {"clk": {"achieved": 88.5, "constraint": 72.0}},
          "utilization": {"ICESTORM_LC": {"available": 7680, "used": 2355},
                          "ICESTORM_RAM": {"available": 32, "used": 21}}}


class EmitReport(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "1", "--out", "run")
        cls.make("compile", "run", "--set", "engine=serial", "--set", "contexts=1", "--out", "d")
        cls.make("emit", "d.plc", "--out", "design", "--count", "1")
        cls.make("emit", "d.plc", "--out", "board", "--count", "1", "--target", "ice40-hx8k")

    def fresh(self, name):
        directory = self.directory / self.id().rsplit(".", 1)[1]
        self.ok("emit", "d.plc", "--out", directory, "--count", "1",
                "--target", "ice40-hx8k" if name == "board" else "generic")
        return directory

    def test_emit_prints_the_estimate_and_writes_it(self):
        text = self.ok("emit", "d.plc", "--out", "printed", "--count", "1")
        report = json.loads((self.directory / "printed/report.json").read_text())
        estimate = report["estimate"]
        self.assertEqual([report["chip"], report["target"]], ["d", "generic"])
        self.assertRegex(text, rf"(?m)^  total .* {estimate['luts']:,} +{estimate['flip_flops']:,} "
                               rf"+{estimate['rams']:,} ")
        self.assertRegex(text, r"(?m)^  0: 64 -> 64 +serial x 1 ")
        for name in ("loader", "pixel loader", "contexts", "result unit"):
            self.assertRegex(text, rf"(?m)^  {name} ")
        for key in ("flip_flops", "rams", "memory_bits"):
            self.assertEqual(estimate[key], sum(part[key] for part in estimate["layers"] + estimate["rest"]))
        compiled = json.loads((self.directory / "d.report.json").read_text())
        self.assertEqual(estimate["interval_cycles"], compiled["interval_cycles"])
        self.assertEqual(estimate["latency_cycles"], compiled["latency_cycles"])
        self.assertEqual(estimate["load_cycles"], compiled["load_bits"] / 32 + 1)
        self.assertNotIn("synthesis", report)

    def test_compile_shows_a_weight_memory_beside_the_chip(self):
        report = json.loads((self.directory / "d.report.json").read_text())
        first = report["layers"][0]
        self.assertEqual(first["permuted"]["load_bits"], first["wiring_memory_bits"])
        self.assertEqual(first["permuted"]["cycles"], first["cycles"])
        self.assertEqual(first["programmable"], {"load_bits": 64 * 64 * 4, "memory_bits": 64 * 64 * 4,
                                                 "cycles": 64 * 64, "multipliers": 1})
        self.assertEqual(report["programmable"]["load_bits"], 4 * (64 * 64 + 64 * 10))
        text = self.ok("compile", "run", "--set", "engine=serial", "--set", "contexts=1", "--out", "d")
        self.assertRegex(text, rf"ours / a weight memory(.|\n)*total +{report['permuted']['load_bits']:,} / 18,944 ")

    def test_the_weight_memory_is_what_the_yardstick_says(self):
        serial = json.loads((self.directory / "d.report.json").read_text())
        report = self.ok_json("compile", "run", "--target", "programmable", "--set", "contexts=1", "--out", "w")
        self.assertEqual(report["permuted"], report["programmable"])
        self.assertEqual(report["programmable"], serial["programmable"])
        self.assertEqual(report["wiring_memory_bits"], serial["programmable"]["load_bits"])
        estimate = self.ok_json("emit", "w.plc", "--out", "weights", "--count", "1")["estimate"]
        self.assertEqual(estimate["interval_cycles"], serial["programmable"]["cycles"])
        self.assertEqual(estimate["load_cycles"], report["load_bits"] / 32 + 1)

    def test_json_is_the_report(self):
        report = self.ok_json("emit", "d.plc", "--out", "as-json", "--count", "1")
        self.assertEqual(report, json.loads((self.directory / "as-json/report.json").read_text()))

    def test_the_board_has_parts_of_its_own(self):
        report = json.loads((self.directory / "board/report.json").read_text())
        names = [part["name"] for part in report["estimate"]["rest"]]
        self.assertEqual(names[-2:], ["boot", "board"])
        waiting = self.ok_json("emit", "d.plc", "--out", "no-boot", "--count", "1", "--no-boot",
                               "--target", "ice40-hx8k")
        self.assertEqual([part["name"] for part in waiting["estimate"]["rest"]][-1:], ["board"])
        self.assertLess(waiting["estimate"]["rams"], report["estimate"]["rams"])

    def test_missing_results_are_named_with_their_command(self):
        text = self.ok("emit", "--report", "design")
        self.assertIn("Yosys has not been run: make -C design luts", text)
        self.assertNotIn("nextpnr", text)
        text = self.ok("emit", "--report", "board")
        self.assertIn("Yosys has not been run: make -C board bitstream", text)
        self.assertIn("nextpnr has not been run: make -C board bitstream", text)
        self.assertNotIn("synthesis", self.ok_json("emit", "--report", "board"))

    def test_results_stand_beside_the_estimate(self):
        board = self.fresh("board")
        (board / "build/blank").mkdir(parents=True)
        estimate = json.loads((board / "report.json").read_text())["estimate"]
        (board / "build/blank/cells.txt").write_text(CELLS.format(luts=2 * estimate["luts"],
                                                                  rams=estimate["rams"]))
        (board / "build/report.json").write_text(json.dumps(PLACED))
        text = self.ok("emit", "--report", board)
        self.assertRegex(text, rf"LUT4 +{estimate['luts']:,} +{2 * estimate['luts']:,} +-50\.0 %")
        self.assertRegex(text, rf"flip-flops +{estimate['flip_flops']:,} +100 ")
        self.assertRegex(text, r"block RAMs.*\+0\.0 % +21 of 32")
        self.assertRegex(text, r"logic cells +2,355 of 7,680")
        self.assertRegex(text, r"MHz +88\.5")
        rate = round(88.5e6 / estimate["interval_cycles"])
        self.assertIn(f"at 88.5 MHz {rate:,} images/s", text)
        report = json.loads((board / "report.json").read_text())
        self.assertEqual(report["synthesis"],
                         {"luts": 2 * estimate["luts"], "flip_flops": 100, "rams": estimate["rams"]})
        self.assertEqual(report["placed"]["mhz"], 88.5)
        self.assertAlmostEqual(report["error"]["luts"], -0.5, places=3)
        self.assertEqual(report["error"]["rams"], 0)
        self.assertEqual(report["estimate"], estimate)
        self.assertEqual(report, self.ok_json("emit", "--report", board))

    def test_another_part_is_counted_without_an_error(self):
        self.ok("emit", "d.plc", "--out", "xilinx", "--count", "1", "--target", "xilinx")
        xilinx = self.directory / "xilinx"
        self.assertIn("Yosys has not been run: make -C xilinx luts", self.ok("emit", "--report", "xilinx"))
        (xilinx / "build").mkdir()
        (xilinx / "build/cells.txt").write_text("  FDRE 100\n  LUT6 30\n  RAM32M 5\n  RAMB36E1 2\n")
        text = self.ok("emit", "--report", "xilinx")
        self.assertRegex(text, r"LUT4, LUT6 +[\d,]+ +50 +-")
        self.assertIn("those of this part are counted", text)
        report = json.loads((xilinx / "report.json").read_text())
        self.assertEqual(report["synthesis"], {"luts": 50, "flip_flops": 100, "rams": 4})
        self.assertNotIn("error", report)

    def test_make_report_asks_permloom(self):
        design = self.fresh("design")
        (design / "luts.txt").write_text(CELLS.format(luts=3000, rams=5))
        made = subprocess.run(["make", "-s", "-C", design, "report", f"PERMLOOM={PERMLOOM}"],
                              capture_output=True, text=True, env=os.environ, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertRegex(made.stdout, r"LUT4 +[\d,]+ +3,000 ")

    def test_other_directories(self):
        (self.directory / "empty").mkdir()
        for name in ("empty", "nowhere"):
            self.fails(1, f"{name}: holds no report.json.*permloom emit FILE.plc", "emit", "--report", name)

    def test_damaged_reports(self):
        board = self.fresh("board")
        good = (board / "report.json").read_text()
        for text in ("", good[:200], "[]", "{}", good.replace('"luts"', '"lut"'),
                     good.replace('"interval_cycles": ', '"interval_cycles": "x", "y": ')):
            (board / "report.json").write_text(text)
            self.fails(1, r"report\.json: is not a report of permloom emit.*--force",
                       "emit", "--report", board)

    def test_damaged_results(self):
        board = self.fresh("board")
        (board / "build/blank").mkdir(parents=True)
        for text in ("", "no cells here\n", "     SB_LUT4 many\n"):
            (board / "build/blank/cells.txt").write_text(text)
            self.fails(1, r"cells\.txt: holds no cells of an FPGA", "emit", "--report", board)
        (board / "build/blank/cells.txt").write_text(CELLS.format(luts=10, rams=1))
        for text in ("", "{", "[]", '{"fmax": {}}', json.dumps(dict(PLACED, utilization={}))):
            (board / "build/report.json").write_text(text)
            self.fails(1, r"build/report\.json: is not a report of nextpnr", "emit", "--report", board)
        (board / "build/report.json").write_text(json.dumps(dict(PLACED, fmax={})))
        self.fails(1, r"build/report\.json: names no clock", "emit", "--report", board)

    def test_words_that_do_not_go_together(self):
        self.fails(2, "--report: takes no FILE.plc", "emit", "d.plc", "--report", "board")
        self.fails(2, "FILE.plc: missing", "emit", "--out", "other")
        self.fails(2, "--out: missing", "emit", "d.plc")
        self.fails(2, "--report.*--out|--out.*--report", "emit", "--report", "board", "--out", "other")
        self.fails(2, "--json.*--images-only|--images-only.*--json", "emit", "d.plc", "--target",
                   "ice40-hx8k", "--images-only", "--json", "--out", "other")
        self.assertFalse((self.directory / "other").exists())


if __name__ == "__main__":
    unittest.main()
