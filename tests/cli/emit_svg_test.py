"""The block diagram of `permloom emit --svg`: its blocks, what joins them, and equal bytes."""

import re
import unittest
from xml.etree import ElementTree

from cli import CliTest

CONV = """\
    conv: {filters: 4, kernel: 3, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 3, profile: neuron, keep: 1, pruning: exact}
"""
RESIDUAL = f"""\
name: residual
about: two layers of one source, one adds the other and pools
expect: nothing
data: digits
input: {{shape: [8, 8, 1], bits: 5, div: 16, mean: 0, scale: 1/16, zero: 0}}
layers:
  - name: stem
{CONV}    activation: relu
    bits: 8
  - name: left
{CONV}    activation: relu
    bits: 8
  - name: right
    from: stem
{CONV}    activation: none
    then: [{{add: left}}, relu, {{max_pool: 2}}, flatten]
    bits: 8
  - outputs: 10
    rail: single
    devices: {{values: he_uniform, bits: 3, profile: layer, keep: 1, pruning: exact}}
    activation: none
training:
  algorithm: laperm_latent
  estimator: drift
  epochs: 1
  batch: 32
  learning_rate: {{schedule: constant, initial: 1e-3}}
  sync_every: 20
"""
SVG = "{http://www.w3.org/2000/svg}"
BLUE, ORANGE = "#0072b2", "#d55e00"


class EmitSvg(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.directory / "residual.yaml").write_text(RESIDUAL)
        cls.make("train", "digits", "--epochs", "1", "--out", "dense-run")
        cls.make("train", "residual.yaml", "--out", "residual-run")
        cls.make("compile", "dense-run", "--set", "engine=[folded,level]", "--set", "inputs_per_cycle=4",
                 "--out", "dense")
        cls.make("compile", "residual-run", "--set", "engine=[folded,serial,level,serial]",
                 "--set", "lanes=2", "--out", "residual")

    def drawn(self, name):
        self.assertEqual(self.ok("emit", f"{name}.plc", "--svg", f"{name}.svg"), f"wrote {name}.svg\n")
        return ElementTree.fromstring((self.directory / f"{name}.svg").read_text())

    def words(self, picture):
        return [text.text for text in picture.iter(f"{SVG}text")]

    def titles(self, picture):
        return [text.text for text in picture.iter(f"{SVG}text") if text.get("font-weight") == "bold"][1:]

    def test_blocks_of_a_dense_chip(self):
        picture = self.drawn("dense")
        self.assertEqual(self.titles(picture), [
            "configuration loader", "pixel loader",
            "activations", "AS-Waksman network", "bank", "adder tree", "post-op", "switch bits",
            "activations", "10 x 4 products", "adder trees", "post-op", "level maps", "result unit"])
        words = self.words(picture)
        for line in ("2 x 64 x 5 bit", "64 lines, 5 bit", "constants for all neurons", "8-bit codes",
                     "4 values a cycle", "10 x 16 x 4 x 4 bit", "32-bit logits", "2 x 10 logits of 32 bit",
                     "2 contexts", "64-bit stream, 6 beats"):
            self.assertIn(line, words)
        self.assertEqual(sum(word.startswith("layer ") for word in words), 2)
        # Without layers that are read or added from afar nothing passes at the right.
        strokes = {line.get("stroke") for line in picture.iter(f"{SVG}polyline")}
        self.assertTrue(strokes.isdisjoint({BLUE, ORANGE}))

    def test_blocks_of_layers_that_walk(self):
        picture = self.drawn("residual")
        titles = self.titles(picture)
        for title, count in (("feature map", 3), ("window reader", 3), ("window", 3), ("map writer", 3),
                             ("activations", 1), ("post-op", 4), ("skip memory", 1), ("index memory", 2),
                             ("AS-Waksman network", 1), ("level maps", 1), ("2 lanes", 2)):
            self.assertEqual(titles.count(title), count, title)
        words = self.words(picture)
        for line in ("2 x 8 x 8 x 1, 5 bit", "2 x 8 x 8 x 4, 8 bit", "8 x 8 positions", "largest of 2 x 2",
                     "4 x 4 x 4", "of layer 1", "bias, scale, skip, clamp"):
            self.assertIn(line, words)
        for colour in (BLUE, ORANGE):
            self.assertEqual(len([line for line in picture.iter(f"{SVG}polyline")
                                  if line.get("stroke") == colour]), 1, colour)

    def test_everything_is_inside_and_no_block_on_another(self):
        for name in ("dense", "residual"):
            picture = self.drawn(name)
            width, height = (float(picture.get(side)) for side in ("width", "height"))
            boxes = [tuple(float(rect.get(key)) for key in ("x", "y", "width", "height"))
                     for rect in picture.iter(f"{SVG}rect") if rect.get("fill") == "none"]
            self.assertEqual(len(boxes), len(self.titles(picture)))
            for i, (x, y, w, h) in enumerate(boxes):
                self.assertTrue(x >= 0 and y >= 0 and x + w <= width and y + h <= height)
                for other_x, other_y, other_w, other_h in boxes[:i]:
                    self.assertTrue(x >= other_x + other_w or other_x >= x + w or
                                    y >= other_y + other_h or other_y >= y + h)
            for line in picture.iter(f"{SVG}polyline"):
                for x, y in re.findall(r"([-\d.]+),([-\d.]+)", line.get("points")):
                    self.assertTrue(0 <= float(x) <= width and 0 <= float(y) <= height)

    def test_same_bytes_again_and_others_for_another_chip(self):
        first = self.drawn("dense")
        text = (self.directory / "dense.svg").read_text()
        self.drawn("dense")
        self.assertEqual(text, (self.directory / "dense.svg").read_text())
        self.make("compile", "dense-run", "--set", "engine=serial", "--out", "serial")
        self.assertNotEqual(self.titles(self.drawn("serial")), self.titles(first))

    def test_blocks_of_a_weight_memory(self):
        self.make("compile", "dense-run", "--target", "programmable", "--set", "lanes=4", "--out", "weights")
        picture = self.drawn("weights")
        self.assertEqual(self.titles(picture)[2:8],
                         ["activations", "4 lanes", "accumulators", "post-op", "weights", "activations"])
        words = self.words(picture)
        for line in ("4 x 1,024 x 4 bit", "weights from memory", "multipliers", "1 value a cycle"):
            self.assertIn(line, words)

    def test_beside_a_design(self):
        self.ok("emit", "dense.plc", "--svg", "beside.svg", "--out", "design", "--count", "1")
        self.assertTrue((self.directory / "beside.svg").exists())
        self.assertTrue((self.directory / "design/rtl/permloom_top.sv").exists())

    def test_errors(self):
        self.fails(1, "nowhere/chip.svg: cannot write", "emit", "dense.plc", "--svg", "nowhere/chip.svg")
        self.fails(2, "--report.*--svg|--svg.*--report", "emit", "--report", "x", "--svg", "x.svg")
        self.fails(2, "FILE.plc: missing", "emit", "--svg", "x.svg")


if __name__ == "__main__":
    unittest.main()
