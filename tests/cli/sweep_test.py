"""permloom sweep: runs, table, claims, going on, and messages of faulty experiments."""

import csv
import json
import unittest

from cli import CliTest

EXPERIMENT = """\
name: tiny
figure: none
about: digits by period
paper: &paper
  about: nothing is left open
  network: digits
  data: digits
  protocol: paper
  epochs: 2
  seeds: 2
  set: {training.learning_rate: 2e-3}
  grid:
    training.sync_every: [5, 20]
  variants:
    drift: {}
    few: {layers.*.devices.keep: 0.2}
reduced: *paper
claims:
  - text: all devices are better than a fifth of them
    compare: [{variant: drift}, ">", {variant: few}]
  - text: nobody reaches more than all images
    compare: [{variant: drift}, ">", 100]
  - text: accuracy rises with the period, give or take
    monotone: rising
    over: training.sync_every
    margin: 50
    where: {variant: drift}
"""


class Sweep(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.directory / "tiny.yaml").write_text(EXPERIMENT)
        cls.report = cls.make("sweep", "tiny.yaml", "--out", "swept", "--jobs", "2", "--quiet")

    def rows(self, directory="swept"):
        with open(self.directory / directory / "sweep.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_every_combination_is_a_row_and_a_run(self):
        rows = self.rows()
        self.assertEqual([(row["variant"], row["training.sync_every"], row["seed"]) for row in rows],
                         [(variant, k, seed) for variant in ("drift", "few")
                          for k in ("5", "20") for seed in ("1", "2")])
        for row in rows:
            self.assertTrue((self.directory / "swept" / row["run"] / "best.safetensors").exists())
            self.assertGreater(float(row["accuracy_best"]), 0.2)
            self.assertGreaterEqual(float(row["accuracy_best"]), float(row["accuracy_final"]))
            self.assertEqual(row["protocol"], "paper")
            self.assertEqual(row["epochs"], "2")

    def test_a_run_is_the_one_that_train_makes(self):
        self.ok("train", "digits", "--epochs", "2", "--set", "training.sync_every=20",
                "--set", "training.learning_rate=2e-3", "--seed", "2", "--protocol", "paper", "--out", "alone")
        alone = self.ok_json("evaluate", "alone", "--checkpoint", "best")
        row = next(row for row in self.rows() if row["run"] == "drift-sync_every=20-s2")
        self.assertAlmostEqual(alone["accuracy"], float(row["accuracy_best"]), places=4)

    def test_claims_are_judged_by_the_numbers(self):
        self.assertRegex(self.report, r"confirmed +all devices are better .*\n +final: drift \d")
        self.assertRegex(self.report, r"not confirmed +nobody reaches .*\n.*against 100\.00 %")
        self.assertRegex(self.report, r"final, drift: 5: [\d.]+ %, 20: [\d.]+ %; a step may go 50")

    def test_the_same_command_trains_nothing_again(self):
        before = {path: path.stat().st_mtime_ns for path in self.directory.glob("swept/*/*.safetensors")}
        self.assertEqual(len(before), 16)
        again = self.ok_json("sweep", "tiny.yaml", "--out", "swept")
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in before})
        self.assertEqual([claim["confirmed"] for claim in again["claims"]][:2], [True, False])
        self.assertEqual([point["seeds"] for point in again["points"]], [2, 2, 2, 2])

    def test_only_some_runs_leave_claims_undecided(self):
        report = self.ok("sweep", "tiny.yaml", "--out", "some", "--only", "seed=1",
                         "--only", "variant=few")
        self.assertEqual([row["run"] for row in self.rows("some")],
                         ["few-sync_every=5-s1", "few-sync_every=20-s1"])
        self.assertRegex(report, r"undecided +all devices .*\n +not all runs of drift have")

    def test_an_interrupted_run_is_resumed(self):
        self.ok("train", "digits", "--epochs", "1", "--set", "training.sync_every=5",
                "--set", "training.learning_rate=2e-3", "--protocol", "paper", "--out", "resumed/drift-sync_every=5-s1")
        (self.directory / "resumed/experiment.yaml").write_text("")
        self.ok("sweep", "tiny.yaml", "--out", "resumed", "--only", "variant=drift", "--only", "seed=1")
        lines = (self.directory / "resumed/drift-sync_every=5-s1/metrics.jsonl").read_text()
        whole = (self.directory / "swept/drift-sync_every=5-s1/metrics.jsonl").read_text()
        losses = [[json.loads(line)["train_loss"] for line in text.splitlines()]
                  for text in (lines, whole)]
        self.assertEqual(*losses)

    def test_results_of_other_settings_are_refused(self):
        (self.directory / "other.yaml").write_text(EXPERIMENT.replace("keep: 0.2", "keep: 0.3"))
        self.fails(1, "few-sync_every=5-s1: was trained with other settings.*another --out",
                   "sweep", "other.yaml", "--out", "swept")

    def test_a_directory_of_other_files_is_refused(self):
        (self.directory / "full").mkdir()
        (self.directory / "full/file").write_text("")
        self.fails(1, "full: ", "sweep", "tiny.yaml", "--out", "full")


CLAIMS = """\
claims:
  - text: early
    compare: [{variant: drift}, ">", {variant: few}]
    at: 0.5
  - text: best of a seed
    compare: [{variant: few}, ">", 80]
    measure: best
    over_seeds: max
  - text: margin
    compare: [{variant: drift}, ">", {variant: few}]
    margin: 25
  - text: rises
    monotone: rising
    over: training.sync_every
    where: {variant: drift}
  - text: falls
    monotone: falling
    over: training.sync_every
    where: {variant: few}
    margin: 1
  - text: further
    compare: [{variant: drift}, ">", {variant: few}]
    measure: ranking_distance
  - text: rougher
    compare: [{variant: drift}, ">", {variant: few}]
    measure: ranking_roughness
  - text: loss
    compare: [{variant: drift}, "<", {variant: few}]
    measure: loss
"""


class Claims(CliTest):
    """Results written by hand, so that every verdict is known."""

    # Of seeds 1 and 2: accuracy after epochs 1 and 2, best, ranking distances, loss.
    RESULTS = {
        "drift-sync_every=5": ([(0.5, 0.70), (0.5, 0.74)], 0.75, [0.4, 0.2, 0.1], 0.3),
        "drift-sync_every=20": ([(0.5, 0.71), (0.5, 0.75)], 0.75, [0.4, 0.2, 0.1], 0.3),
        "few-sync_every=5": ([(0.6, 0.50), (0.6, 0.52)], 0.81, [0.1, 0.3, 0.1], 0.4),
        "few-sync_every=20": ([(0.6, 0.505), (0.6, 0.525)], 0.55, [0.1, 0.05, 0.1], 0.4),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        experiment = EXPERIMENT.split("claims:")[0] + CLAIMS
        (cls.directory / "claims.yaml").write_text(experiment)
        cls.make("sweep", "claims.yaml", "--out", "out", "--quiet")
        for name, (accuracies, best, distance, loss) in cls.RESULTS.items():
            for seed, by_epoch in enumerate(accuracies, 1):
                path = cls.directory / "out" / f"{name}-s{seed}" / "point.json"
                result = json.loads(path.read_text())
                result.update(accuracy_final=by_epoch[-1], accuracy_best=best, loss=loss,
                              accuracy_by_epoch=by_epoch, ranking_distance=distance)
                path.write_text(json.dumps(result))

    def test_every_form_of_claim(self):
        claims = self.ok_json("sweep", "claims.yaml", "--out", "out")["claims"]
        self.assertEqual({claim["text"]: claim["confirmed"] for claim in claims},
                         {"early": False, "best of a seed": True, "margin": False, "rises": True,
                          "falls": False, "further": True, "rougher": False, "loss": True})
        numbers = {claim["text"]: claim["numbers"] for claim in claims}
        self.assertEqual(numbers["early"],
                         "final after 50 % of the epochs: drift 50.00 % against few 60.00 %")
        self.assertEqual(numbers["best of a seed"],
                         "best, max over seeds: few 81.00 % against 80.00 %")
        self.assertEqual(numbers["margin"],
                         "final: drift 72.50 % against few 51.25 %, margin +25")
        self.assertEqual(numbers["rises"], "final, drift: 5: 72.00 %, 20: 73.00 %")
        # A steady fall is smooth; the others bend by log 9 and log 4.
        self.assertEqual(numbers["rougher"], "ranking_roughness: drift 0 against few 1.792")
        self.assertEqual(numbers["further"], "ranking_distance: drift 0.2333 against few 0.125")

    def test_a_damaged_result_names_its_file(self):
        path = self.directory / "out/few-sync_every=5-s1/point.json"
        text = path.read_text()
        path.write_text("{")
        self.addCleanup(path.write_text, text)
        self.fails(1, "few-sync_every=5-s1/point.json: is not the result of a run", "sweep",
                   "claims.yaml", "--out", "out")


STARTS = """\
name: starts
figure: none
about: digits from shuffled trained weights
paper: &paper
  about: nothing is left open
  network: digits
  data: digits
  protocol: paper
  epochs: 2
  seeds: 2
  set: {layers.*.devices.bits: 0, training.algorithm: laperm}
  grid:
    training.sync_every: [20, 30]
  variants:
    shuffled: {start: {shuffled: trained}}
    again: {start: {shuffled: shuffled}, training.sync_every: 20}
    trained: {training.algorithm: free, training.sync_every: ~}
    between: {training.sync_every: 30, evaluate_every: 10}
reduced: *paper
claims:
  - text: trained weights are better as they are
    compare: [{variant: trained}, ">", {variant: shuffled}]
"""


class Starts(CliTest):
    """Runs that start from other runs, and evaluations between syncs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.directory / "starts.yaml").write_text(STARTS)
        cls.make("sweep", "starts.yaml", "--out", "swept", "--jobs", "3", "--quiet")

    def accuracies(self, directory):
        with open(self.directory / directory / "sweep.csv", newline="") as file:
            return {row["run"]: row["accuracy_final"] for row in csv.DictReader(file)}

    def test_a_run_is_the_one_that_train_shuffled_makes(self):
        self.ok("train", "digits", "--epochs", "2", "--set", "layers.0.devices.bits=0", "--set",
                "layers.1.devices.bits=0", "--set", "training.algorithm=laperm", "--set",
                "training.sync_every=30", "--seed", "2", "--protocol", "paper", "--shuffled",
                "swept/trained-s2", "--out", "alone")
        alone = self.ok_json("evaluate", "alone", "--checkpoint", "last")
        self.assertAlmostEqual(alone["accuracy"],
                               float(self.accuracies("swept")["shuffled-sync_every=30-s2"]), places=5)

    def test_only_trains_what_a_run_starts_from_as_well(self):
        self.ok("sweep", "starts.yaml", "--out", "some", "--only", "variant=again", "--only", "seed=1")
        accuracies = self.accuracies("some")
        self.assertEqual(set(accuracies), {"shuffled-sync_every=20-s1", "again-sync_every=20-s1",
                                           "trained-s1"})
        whole = self.accuracies("swept")
        self.assertEqual(accuracies, {run: whole[run] for run in accuracies})
        # What is there already is not trained again.
        before = (self.directory / "some/trained-s1/last.safetensors").stat().st_mtime_ns
        self.ok("sweep", "starts.yaml", "--out", "some", "--only", "variant=shuffled", "--only", "seed=1")
        self.assertEqual((self.directory / "some/trained-s1/last.safetensors").stat().st_mtime_ns, before)
        self.assertIn("shuffled-sync_every=30-s1", self.accuracies("some"))

    def test_an_interrupted_start_is_resumed_first(self):
        free = ["--set", "layers.0.devices.bits=0", "--set", "layers.1.devices.bits=0", "--set",
                "training.algorithm=free", "--protocol", "paper"]
        self.ok("train", "digits", "--epochs", "2", *free, "--steps", "20", "--out", "halves/trained-s1")
        (self.directory / "halves/experiment.yaml").write_text("")
        self.ok("sweep", "starts.yaml", "--out", "halves", "--only", "variant=shuffled", "--only", "seed=1",
                "--jobs", "2")
        whole = self.accuracies("swept")
        self.assertEqual(self.accuracies("halves"), {run: whole[run] for run in self.accuracies("halves")})

    def test_evaluations_between_syncs_are_in_the_metrics(self):
        for run, steps in (("between-sync_every=30-s1", [10, 20, 30, 40, 50, 60, 70, 80]),
                           ("trained-s1", [])):
            lines = [json.loads(line) for line in
                     (self.directory / "swept" / run / "metrics.jsonl").read_text().splitlines()]
            self.assertEqual([line["step"] for line in lines if not line.get("projected", True)], steps)

    def test_a_run_whose_start_failed_fails_as_well(self):
        (self.directory / "wild.yaml").write_text(STARTS.replace(
            "training.algorithm: free", "training.algorithm: free, training.optimizer: sgd, "
            "training.learning_rate: 1e30"))
        result = self.permloom("sweep", "wild.yaml", "--out", "wild", "--jobs", "2", "--only", "seed=1")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"shuffled-sync_every=20-s1  failed: trained-s1: failed, and this run")
        self.assertRegex(result.stderr, r"again-sync_every=20-s1  failed: shuffled-sync_every=20-s1: failed")
        self.assertIn("4 of 5 runs failed", result.stderr)

    def test_another_start_or_other_evaluations_are_other_settings(self):
        for run, old, new in (("again", "shuffled: shuffled", "shuffled: trained"),
                              ("between", "evaluate_every: 10", "evaluate_every: 15")):
            (self.directory / "other.yaml").write_text(STARTS.replace(old, new))
            self.fails(1, f"{run}-sync_every=.*: was trained with other settings.*another --out",
                       "sweep", "other.yaml", "--out", "swept")

    def test_a_start_of_other_layers_shows_before_any_is_trained(self):
        (self.directory / "bad.yaml").write_text(STARTS.replace(
            "trained: {training", "trained: {layers.0.outputs: 20, training"))
        self.fails(1, "run shuffled-sync_every=20: starts from trained, which has other layers or inputs",
                   "sweep", "bad.yaml", "--out", "bad")
        self.assertFalse((self.directory / "bad").exists())

    def test_an_unknown_start_names_line_and_key(self):
        (self.directory / "bad.yaml").write_text(STARTS.replace("shuffled: trained", "shuffled: traind"))
        self.fails(1, "bad.yaml:15: paper.variants.shuffled.start: there is no variant 'traind', did you "
                   "mean 'trained'", "sweep", "bad.yaml", "--out", "bad")


COSTS = """\
name: costs
figure: none
about: what a configuration of digits holds
paper: &paper
  about: nothing is left open
  network: digits
  data: digits
  protocol: paper
  epochs: 1
  seeds: 1
  variants:
    one_bit: {layers.*.devices: {values: shared, value: 1, profile: layer, keep: 0.5}, training.estimator: mask}
    distinct: {layers.*.devices.bits: 0}
    free: {training.algorithm: free}
reduced: *paper
claims:
  - text: all above chance
    compare: [{variant: one_bit}, ">", 5]
"""


class Costs(CliTest):
    def test_wiring_and_registers_beside_the_accuracy(self):
        (self.directory / "costs.yaml").write_text(COSTS)
        text = self.ok("sweep", "costs.yaml", "--out", "costs", "--quiet")
        self.assertRegex(text, r"best % +range +bits/weight +register bits +seconds")
        self.assertRegex(text, r"(?m)^  one_bit .* 0\.9\d +7,304 ")
        self.assertRegex(text, r"(?m)^  distinct .* 4\.\d\d +- ")
        self.assertRegex(text, r"(?m)^  free .* - +- ")
        self.assertIn("no registers: distinct (its devices are real numbers, a chip holds integers)", text)
        self.assertIn("no registers: free (its trained weights are real numbers", text)
        points = self.ok_json("sweep", "costs.yaml", "--out", "costs")["points"]
        self.assertEqual([point["register_bits"] for point in points], [7304, None, None])
        self.assertIsNone(points[2]["wiring_bits_per_weight"])
        report = self.ok_json("compile", "costs/one_bit-s1", "--out", "one")
        self.assertEqual(report["register_bits"], 7304)
        self.assertAlmostEqual(points[0]["wiring_bits_per_weight"],
                               report["wiring_bound"] / report["weights"], places=4)
        with open(self.directory / "costs/sweep.csv", newline="") as file:
            self.assertEqual([row["register_bits"] for row in csv.DictReader(file)], ["7304", "", ""])

    def test_a_sweep_of_networks_that_fit_no_chip_has_no_such_columns(self):
        real = COSTS.replace("one_bit: {layers.*.devices: {values: shared, value: 1, profile: layer, "
                             "keep: 0.5}, training.estimator: mask}", "one_bit: {layers.*.devices.bits: 0}")
        (self.directory / "real.yaml").write_text(real)
        self.assertNotIn("register", self.ok("sweep", "real.yaml", "--out", "real", "--quiet"))


class Faults(CliTest):
    def test_unknown_names(self):
        self.fails(1, "fig3: no experiment of this name, did you mean 'fig03'", "sweep", "fig3")
        self.fails(2, "--scale: 'papr' is unknown, did you mean 'paper'",
                   "sweep", "fig03", "--scale", "papr")
        self.fails(2, "--only: 'varient' is no axis of the experiment, did you mean 'variant'",
                   "sweep", "fig03", "--only", "varient=sgd")
        self.fails(2, "--only: 'sgd' is not AXIS=VALUE", "sweep", "fig03", "--only", "sgd")
        self.fails(2, "--only: no run has variant sgx", "sweep", "fig03", "--only", "variant=sgx")

    def test_a_fault_of_one_run_shows_before_any_is_trained(self):
        (self.directory / "bad.yaml").write_text(EXPERIMENT.replace("layers.*.devices.keep",
                                                                    "layers.*.devices.kep"))
        self.fails(1, r"run few-sync_every=5: .*kep.*did you mean", "sweep", "bad.yaml", "--out", "bad")
        self.assertFalse((self.directory / "bad").exists())

    def test_a_run_that_diverges_does_not_stop_the_others(self):
        (self.directory / "wild.yaml").write_text(EXPERIMENT.replace(
            "few: {layers.*.devices.keep: 0.2}",
            "few: {training.algorithm: free, training.optimizer: sgd, training.learning_rate: 1e30}"))
        result = self.permloom("sweep", "wild.yaml", "--out", "wild")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "few-sync_every=5-s1  failed: .*not a number")
        self.assertIn("4 of 8 runs failed", result.stderr)
        self.assertRegex(result.stdout, r"drift-sync_every=5 +2 ")

    def test_missing_data_are_missed_at_once(self):
        self.fails(1, "mnist: .*permloom fetch mnist", "sweep", "fig03")


if __name__ == "__main__":
    unittest.main()
