"""permloom profile: measures, pictures and faults, on weights of every kind of file."""

import unittest
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

from cli import CliTest

GOLDEN = Path(__file__).parent.parent / "golden" / "foreign"
SVG = "{http://www.w3.org/2000/svg}"


class Profile(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "1", "--quiet")
        cls.run_directory = "runs/digits-digits-s1"

    def test_a_run(self):
        result = self.ok_json("profile", self.run_directory)
        self.assertEqual(result["kind"], "checkpoint")
        first, second = result["layers"]
        self.assertEqual((first["name"], first["vectors"], first["length"]), ("layers.0", 64, 64))
        self.assertEqual((second["vectors"], second["length"]), (10, 64))
        # One profile a layer: every vector holds the same 4-bit values.
        self.assertEqual(first["similarity"], 1.0)
        self.assertLessEqual(first["distinct_values"], 15)
        self.assertGreater(first["wirings_log10"], 64 * 30)
        self.assertIsNone(result["picture"])
        self.assertEqual(self.ok_json("profile", self.run_directory + "/last.safetensors")["layers"],
                         result["layers"])

    def test_measures_of_foreign_weights(self):
        # make.py: dense kernel 0, 1/4, ... 5/4 of 3 inputs and 2 outputs; conv of 6 weights, 2 outputs.
        result = self.ok_json("profile", GOLDEN / "keras_weights.h5")
        self.assertEqual(result["kind"], "Keras HDF5")
        self.assertEqual(result["skipped_arrays"], 1)
        dense, conv = result["layers"]
        self.assertEqual(dense["name"], "dense_10/kernel:0")
        self.assertEqual((dense["vectors"], dense["length"]), (2, 3))
        self.assertEqual((dense["min"], dense["max"], dense["mean"]), (0.0, 1.25, 0.625))
        self.assertAlmostEqual(dense["zero_fraction"], 1 / 6)
        self.assertEqual(dense["distinct_values"], 6)
        # The vectors differ by 1/4 everywhere: sum of (1/8)^2 against 2 * (1/2)^2 of each.
        self.assertAlmostEqual(dense["similarity"], 1 - 6 / 64 / 1.0)
        self.assertEqual((conv["vectors"], conv["length"]), (2, 6))

    def test_the_layout_can_be_overruled(self):
        layers = self.ok_json("profile", GOLDEN / "keras_weights.h5", "--layout", "pytorch")["layers"]
        self.assertEqual([(one["vectors"], one["length"]) for one in layers], [(3, 2), (2, 6)])

    def test_the_table(self):
        text = self.ok("profile", GOLDEN / "keras_weights.h5")
        self.assertRegex(text, r"layer +vectors +length +min +max +mean +sd +zeros +distinct values")
        self.assertRegex(text, r"dense_10/kernel:0 +2 +3 +0 +1\.25 +0\.625 .* 16\.67 % +6 +0\.9062")
        self.assertIn("1 other arrays (biases and the like) are left out", text)

    def test_layers_by_name_and_by_index(self):
        path = GOLDEN / "keras_weights.h5"
        by_name = self.ok_json("profile", path, "--layer", "conv2d/kernel:0")["layers"]
        self.assertEqual(by_name, self.ok_json("profile", path, "--layer", "1")["layers"])
        both = self.ok_json("profile", path, "--layer", "1", "--layer", "0")["layers"]
        self.assertEqual([one["name"] for one in both], ["conv2d/kernel:0", "dense_10/kernel:0"])

    def picture(self, *arguments):
        self.ok("profile", *arguments, "--out", "p.svg")
        return ElementTree.parse(self.directory / "p.svg").getroot()

    def test_a_picture_has_a_series_a_vector_in_every_panel(self):
        root = self.picture(self.run_directory, "--layer", "1")
        panels = root.findall(f"{SVG}g[@class='panel']")
        self.assertEqual(len(panels), 4)
        for panel in panels:
            series = panel.findall(f"{SVG}g/{SVG}path")
            self.assertEqual(len(series), 10)
            self.assertEqual({one.get("stroke") for one in series},
                             {"midnightblue", "gold", "darkgreen", "steelblue"})
            for one in series:
                self.assertEqual(one.get("d").count("h0"), 64)
        titles = [panel.find(f"{SVG}text").text for panel in panels]
        self.assertEqual(titles, ["unsorted", "sorted: the weight profiles"] * 2)

    def test_large_layers_are_thinned_out_and_the_picture_says_so(self):
        root = self.picture(self.run_directory, "--layer", "0")
        series = root.findall(f"{SVG}g/{SVG}g/{SVG}path")
        self.assertEqual(len(series), 4 * 48)
        notes = [text.text for text in root.findall(f"{SVG}text")]
        self.assertIn("a series of dots a weight vector; drawn: 48 of 64 vectors, all 64 weights of "
                      "each, evenly spaced", notes)
        self.assertLess((self.directory / "p.svg").stat().st_size, 1_000_000)

    def test_views_are_chosen(self):
        root = self.picture(self.run_directory, "--view", "0,0", "--view", "90,20", "--view", "30,90")
        self.assertEqual(len(root.findall(f"{SVG}g[@class='panel']")), 2 * 3 * 2)

    def test_faults(self):
        self.fails(1, "nothing.h5: cannot be opened", "profile", "nothing.h5")
        self.fails(1, "other.h5: is an HDF5 file, but not one of Keras weights",
                   "profile", GOLDEN / "other.h5")
        (self.directory / "text").write_text("hello, this is text")
        self.fails(1, "text: is neither Keras HDF5, .npz nor .safetensors", "profile", "text")
        self.fails(1, "vectors.npz: holds no weights: none of its 2 arrays has 2 or 4 axes",
                   "profile", self.only_vectors())
        self.fails(2, "--layer: 'dense_10/kernel:1' is no layer.*did you mean 'dense_10/kernel:0'",
                   "profile", GOLDEN / "keras_weights.h5", "--layer", "dense_10/kernel:1")
        self.fails(2, "--layer: '2' is no layer.*one of 0..1",
                   "profile", GOLDEN / "keras_weights.h5", "--layer", "2")
        for view in ("12", "a,b", "12,95", "400,20", ","):
            self.fails(2, "--view: .* is not AZIMUTH,ELEVATION",
                       "profile", self.run_directory, "--view", view)
        self.fails(2, "--view: given 5 times, 4 views fit",
                   "profile", self.run_directory, *["--view", "0,0"] * 5)
        self.fails(2, "--layout: 'torch' is unknown", "profile", self.run_directory, "--layout", "torch")
        self.fails(2, "--layout: is of no use for a checkpoint",
                   "profile", self.run_directory, "--layout", "keras")

    def only_vectors(self):
        """An archive without a matrix: the scalar and vectors of stored.npz alone."""
        path = self.directory / "vectors.npz"
        with zipfile.ZipFile(GOLDEN / "stored.npz") as source, zipfile.ZipFile(path, "w") as target:
            for name in ("f4.npy", "scalar.npy"):
                target.writestr(name, source.read(name))
        return path


if __name__ == "__main__":
    unittest.main()
