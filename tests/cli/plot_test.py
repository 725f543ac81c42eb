"""permloom plot: each kind draws well-formed SVG of the right things; messages of what cannot be drawn."""

import json
import unittest
import xml.etree.ElementTree as ElementTree

from cli import CliTest

SVG = "{http://www.w3.org/2000/svg}"


def metrics(count, **more):
    return "".join(json.dumps({"epoch": epoch, "step": 100 * epoch, "train_loss": 1 / epoch,
                               "learning_rate": 1e-3, "images_per_second": 1000.0, "split": "test",
                               "accuracy": 0.9 + epoch / 1000, "loss": 0.3, **more}) + "\n"
                   for epoch in range(1, count + 1))


class PlotTest(CliTest):
    def run_directory(self, name, text):
        (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / name / "metrics.jsonl").write_text(text)

    def plot(self, *arguments):
        """The root of the drawing, and its texts."""
        root = ElementTree.fromstring(self.ok("plot", *arguments, "--out", "-"))
        return root, [element.text for element in root.iter(f"{SVG}text")]


class Curves(PlotTest):
    def test_runs_are_lines_and_seeds_a_band(self):
        for name in ("wide-s1", "wide-s2", "narrow-s1"):
            self.run_directory(f"runs/{name}", metrics(5))
        root, texts = self.plot("runs/wide-s1", "runs/wide-s2", "runs/narrow-s1")
        for text in ("wide", "narrow", "accuracy in %", "epoch"):
            self.assertIn(text, texts)
        panels = 3
        self.assertEqual(len(list(root.iter(f"{SVG}polyline"))), 2 * panels)
        self.assertEqual(len(list(root.iter(f"{SVG}polygon"))), panels)

    def test_evaluations_between_syncs_are_hollow(self):
        between = [json.dumps({"epoch": 1, "step": step, "train_loss": 1, "learning_rate": 1e-3,
                               "images_per_second": 1000.0, "split": "test", "accuracy": accuracy,
                               "loss": 0.3, "synced": step == 75, "projected": False}) + "\n"
                   for step, accuracy in ((25, 0.5), (50, 0.8), (75, 0.7))]
        self.run_directory("zoomed", "".join(between) + metrics(2, synced=False))
        self.run_directory("usual", metrics(2, synced=False))
        root, texts = self.plot("zoomed", "usual")
        self.assertIn("hollow: weights as they are between two syncs", texts)
        fills = [circle.get("fill") for circle in root.iter(f"{SVG}circle")]
        panels = 2  # accuracy, and loss on the evaluated images
        self.assertEqual(len(fills), (3 + 2) * panels)
        self.assertEqual(fills.count("white"), 2 * panels)
        # The first epoch is not over where nothing but such an evaluation is there.
        self.run_directory("begun", between[0])
        self.fails(1, "metrics.jsonl: holds no epoch yet", "plot", "begun")

    def test_a_panel_without_points_is_left_out(self):
        self.run_directory("train-only", metrics(3, split=""))
        _, texts = self.plot("train-only")
        self.assertIn("loss in training", texts)
        self.assertNotIn("accuracy", texts)

    def test_legend_says_what_differs(self):
        for rate in ("1e-3", "2e-3"):
            self.ok("train", "digits", "--epochs", "2", "--set", f"training.learning_rate.initial={rate}",
                    "--out", f"rate-{rate}")
        _, texts = self.plot("rate-1e-3", "rate-2e-3")
        self.assertIn("initial 0.001", texts)
        self.assertIn("digits on digits", texts)

    def test_ranking_distance(self):
        layer = {"ranking_distance_mean": 0.02, "ranking_distance_sd": 0.03, "similarity": 1, "moved": 0.1}
        self.run_directory("ranked", metrics(4, layers=[layer]))
        _, texts = self.plot("ranked", "--kind", "ranking")
        self.assertIn("mean / fan-in", texts)
        self.fails(1, "holds no ranking distance of layer 1", "plot", "ranked", "--kind", "ranking",
                   "--layer", "1")

    def test_the_file_lands_in_the_first_run(self):
        self.run_directory("landed", metrics(2))
        self.assertEqual(self.ok("plot", "landed"), "landed/accuracy.svg\n")
        ElementTree.parse(self.directory / "landed/accuracy.svg")


class Sweeps(PlotTest):
    HEADER = "point,variant,k,seed,accuracy_final,run\n"

    def test_one_line_a_variant_and_a_dashed_one_without_x(self):
        rows = [f"a-k={k}-s{s},a,{k},{s},0.{k % 7}{s},a-k={k}-s{s}\n" for k in (1, 10, 100) for s in (1, 2)]
        (self.directory / "sweep.csv").write_text(self.HEADER + "".join(rows) + "b,b,,1,0.5,b-s1\n")
        root, texts = self.plot("sweep.csv")
        self.assertEqual(len(list(root.iter(f"{SVG}polyline"))), 1)
        self.assertEqual(len(list(root.iter(f"{SVG}circle"))), 6)
        for text in ("a", "b", "1", "10", "100", "k"):
            self.assertIn(text, texts)

    def test_a_variant_of_one_point_is_a_marker_with_its_range(self):
        rows = [f"{name},{name},{x},{s},0.{x}{s},{name}-s{s}\n"
                for x, name in enumerate("abcdefghij") for s in (1, 2)]
        (self.directory / "points.csv").write_text(self.HEADER + "".join(rows))
        root, texts = self.plot("points.csv", "--x", "k", "--lines", "variant")
        for name in "abcdefghij":
            self.assertIn(name, texts)
        # Each in the panel and in the legend; squares where the colours begin again.
        self.assertEqual(len(list(root.iter(f"{SVG}circle"))), 2 * 8)
        background = 1
        self.assertEqual(len(list(root.iter(f"{SVG}rect"))), background + 2 * 2)
        upright = [line for line in root.iter(f"{SVG}line") if line.get("stroke-width") == "1.5"]
        self.assertEqual(len(upright), 10)

    def test_faults(self):
        (self.directory / "words.csv").write_text(self.HEADER + "a,a,,1,0.5,a-s1\n")
        self.fails(1, "words.csv: no axis of this sweep is a number.*--x", "plot", "words.csv")
        self.fails(1, "--y: 'acuracy_final' is no column, did you mean 'accuracy_final'",
                   "plot", "words.csv", "--x", "k", "--y", "acuracy_final")
        self.fails(1, "--x: 'a' of column variant is not a number", "plot", "words.csv", "--x", "variant")
        (self.directory / "short.csv").write_text(self.HEADER + "a,a,1\n")
        self.fails(1, "short.csv:2: has 3 cells, the header 6", "plot", "short.csv")
        (self.directory / "empty.csv").write_text(self.HEADER)
        self.fails(1, "empty.csv: holds no rows", "plot", "empty.csv")


class Weights(PlotTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "2", "--out", "run")
        cls.make("train", "digits", "--epochs", "2", "--seed", "2", "--out", "other")

    def test_moved_weights_before_and_after(self):
        root, texts = self.plot("run", "--kind", "moved", "--neuron", "0:3", "--arrows", "12")
        self.assertIn("before training", texts)
        self.assertEqual(len(list(root.iter(f"{SVG}line"))), 12)
        self.assertGreaterEqual(len(list(root.iter(f"{SVG}rect"))), 2 * 64)
        _, texts = self.plot("run", "other", "--kind", "moved")
        self.assertIn("other", texts)

    def test_nothing_moved_between_a_run_and_itself(self):
        root, _ = self.plot("run", "run", "--kind", "moved")
        self.assertEqual(len(list(root.iter(f"{SVG}line"))), 0)

    def test_what_has_no_picture(self):
        self.fails(1, "layer 2: is not in the network.*0 to 1", "plot", "run", "--kind", "moved",
                   "--neuron", "2:0")
        self.fails(1, "neuron 64: is not in layer 0.*0 to 63", "plot", "run", "--kind", "moved",
                   "--neuron", "0:64")
        self.fails(1, "run: its network has 2 layers, a graph is drawn of one",
                   "plot", "run", "--kind", "graph")

    def test_graph_has_a_line_for_each_wire(self):
        (self.directory / "one.yaml").write_text("""\
name: one
about: one layer for tests
expect: nothing
data: digits
input: {size: 64, bits: 5, div: 16, mean: 0, scale: 1/16, zero: 0}
layers:
  - outputs: 10
    rail: single
    devices: {values: shared, value: 0.1, profile: layer, keep: 0.5, pruning: exact}
    activation: none
training:
  algorithm: laperm
  epochs: 1
  batch: 32
  learning_rate: 1e-3
  sync_every: 20
""")
        self.ok("train", "one.yaml", "--out", "one")
        root, texts = self.plot("one", "--kind", "graph")
        self.assertEqual(len(list(root.iter(f"{SVG}line"))), 10 * 32)
        self.assertIn("one on digits, 320 wires", texts)


class Faults(PlotTest):
    def test_usage(self):
        self.fails(2, "RUN: missing", "plot")
        self.fails(2, "--kind: 'acuracy' is unknown, did you mean 'accuracy'",
                   "plot", "x", "--kind", "acuracy")
        self.fails(2, "--neuron: has no meaning for --kind accuracy, only for moved",
                   "plot", "x", "--neuron", "0:1")
        self.fails(2, "--neuron: '7' is not L:J", "plot", "x", "--kind", "moved", "--neuron", "7")
        self.fails(2, "y: one at a time with --kind graph", "plot", "x", "y", "--kind", "graph")
        self.fails(2, "z: moved compares two at most", "plot", "x", "y", "z", "--kind", "moved")

    def test_files(self):
        self.fails(1, "nowhere: no such directory", "plot", "nowhere")
        self.run_directory("none", "")
        self.fails(1, "metrics.jsonl: holds no epoch yet", "plot", "none")
        self.run_directory("damaged", metrics(1) + "{\n")
        self.fails(1, "metrics.jsonl:2: is not a line of metrics", "plot", "damaged")
        self.run_directory("killed", metrics(2) + '{"epoch": 3, "st')
        self.ok("plot", "killed")


if __name__ == "__main__":
    unittest.main()
