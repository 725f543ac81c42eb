"""What goes wrong: killed runs, full disks, too little memory, training that diverges."""

import hashlib
import json
import random
import resource
import shutil
import signal
import struct
import subprocess
import time
import unittest

from cli import PERMLOOM, TIMEOUT_S, CliTest

# Everything that a run has to remember, on 8 x 8 digits.
CONV = """\
name: conv
about: convolution with everything
expect: test
data: digits
input: {shape: [8, 8, 1], bits: 5, div: 16, mean: 0, scale: 1/16, zero: 0}
layers:
  - conv: {filters: 6, kernel: 3, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    bias: {initial: he_uniform, permuted: true}
    activation: relu
    then: [batch_norm, {max_pool: 2}, {dropout: 0.2}]
  - outputs: 10
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    bias: {initial: zeros}
    activation: none
training:
  algorithm: laperm
  epochs: 12
  batch: 32
  learning_rate: 3e-3
  sync_every: 20
  augment: {rotation: 10, zoom: 0.1, shift: 0.1, flip: true}
  lookahead: {every: 5, rate: 0.5}
"""

# One shared value on split rails, trained by masks.
MASK = """\
name: mask
about: one shared value
expect: test
data: digits
input: {size: 64, bits: 5, div: 16, mean: 0, scale: 1/16, zero: 0}
layers:
  - outputs: 32
    rail: split
    devices: {values: shared, value: 1, profile: layer, keep: 0.3}
    activation: clip
  - outputs: 10
    rail: split
    devices: {values: shared, value: 1, profile: layer, keep: 0.5}
    activation: none
training:
  algorithm: laperm_latent
  estimator: mask
  epochs: 25
  batch: 32
  learning_rate: {schedule: cosine, initial: 3e-3}
  refresh_every: 20
  gain: 0.5
  beta: 4
"""


def files(run):
    """What a finished run leaves. The speed in metrics.jsonl is measured and never the same."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        line.pop("images_per_second", None)
    return {"last": (run / "last.safetensors").read_bytes(),
            "best": (run / "best.safetensors").read_bytes(),
            "metrics": lines,
            "names": sorted(path.name for path in run.iterdir())}


def change_metadata(path, key, value):
    """Writes another value into a checkpoint's header, and the digest that goes with it."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8:8 + length]), content[8 + length:]
    header["__metadata__"][key] = value
    del header["__metadata__"]["sha256"]

    def text():
        return json.dumps(header, sort_keys=True, separators=(",", ":"),
                          ensure_ascii=False).encode()

    header["__metadata__"]["sha256"] = hashlib.sha256(text() + data).hexdigest()
    changed = text()
    changed += b" " * (-len(changed) % 8)
    path.write_bytes(struct.pack("<Q", len(changed)) + changed + data)


class Killed(CliTest):
    KILLS = 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(20201026)
        (cls.directory / "conv.yaml").write_text(CONV)
        (cls.directory / "mask.yaml").write_text(MASK)

    def kill(self, arguments, run, delay):
        """Starts a run and kills it `delay` seconds after its first checkpoint, or its start."""
        last = run / "last.safetensors"
        before = last.stat().st_ino if last.exists() else None
        process = subprocess.Popen([PERMLOOM, *arguments], cwd=self.directory, env=self.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if before is not None:
            while process.poll() is None and last.stat().st_ino == before:
                time.sleep(0.001)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def check(self, name, *options):
        # The command line is part of a checkpoint: the same for both.
        arguments = ["train", *options, "--out", name, "--seed", "3", "--force", "--quiet"]
        run = self.directory / name
        start = time.monotonic()
        self.ok(*arguments)
        seconds = time.monotonic() - start
        expected = files(run)
        shutil.rmtree(run)
        resumed = ["--resume" if word == "--force" else word for word in arguments]
        killed = 0
        for _ in range(self.KILLS):
            started = (run / "last.safetensors").exists()
            killed += self.kill(resumed if started else arguments, run,
                                self.random.uniform(0, seconds / 4))
        self.assertGreater(killed, 0)
        self.ok(*(resumed if (run / "last.safetensors").exists() else arguments))
        for what, content in files(run).items():
            self.assertEqual(content, expected[what], f"{name}: {what}")

    def test_latent_drift(self):
        self.check("drift", "digits", "--epochs", "25", "--protocol", "held-out", "--evaluate-every",
                   "35")

    def test_laperm(self):
        self.check("laperm", "digits", "--epochs", "25", "--set", "training.algorithm=laperm",
                   "--log-every", "40")

    def test_latent_mask(self):
        self.check("mask", "mask.yaml")

    def test_a_convolution_with_everything(self):
        self.check("conv", "conv.yaml", "--paper-protocol")


class Between(CliTest):
    """Evaluations of the weights as they are, between syncs."""

    ARGUMENTS = ["train", "digits", "--set", "training.algorithm=laperm", "--set",
                 "training.sync_every=30", "--epochs", "2", "--evaluate-every", "20"]

    def test_they_are_lines_and_change_nothing(self):
        self.ok(*self.ARGUMENTS, "--out", "between", "--protocol", "paper")
        lines = [json.loads(line) for line in
                 (self.directory / "between/metrics.jsonl").read_text().splitlines()]
        between = [line for line in lines if not line.get("projected", True)]
        self.assertEqual([line["step"] for line in between], [20, 40, 60, 80])
        self.assertEqual([line["synced"] for line in between], [False, False, True, False])
        plain = [word for word in self.ARGUMENTS if word not in ("--evaluate-every", "20")]
        expected = self.ok_json(*plain, "--out", "plain", "--protocol", "paper")
        again = self.ok_json(*self.ARGUMENTS, "--out", "between", "--protocol", "paper", "--force")
        self.assertEqual((again["accuracy"], again["loss"]),
                         (expected["accuracy"], expected["loss"]))

    def test_a_protocol_that_evaluates_once_refuses_them(self):
        self.fails(2, "--evaluate-every: protocol final evaluates once, at the end\n  hint: choose "
                   "--protocol held-out or paper", *self.ARGUMENTS, "--out", "none")
        self.assertFalse((self.directory / "none").exists())
        self.fails(2, "--evaluate-every: '-1' is not", "train", "digits", "--evaluate-every=-1")


class Resume(CliTest):
    def test_a_run_without_a_checkpoint_says_how_to_go_on(self):
        self.fails(1, r"never: there is no such run to resume\n  hint: start it without --resume",
                   "train", "digits", "--out", "never", "--resume")
        # As killed in its first epoch.
        (self.directory / "early").mkdir()
        (self.directory / "early/metrics.jsonl").write_text('{"step": 1, "step_loss": 2.0}\n')
        arguments = ["train", "digits", "--epochs", "1", "--out", "early"]
        self.fails(1, "early: has no checkpoint yet.*hint: start it again with --force in place of "
                   "--resume", *arguments, "--resume")
        self.ok(*arguments, "--force")
        self.assertEqual(len((self.directory / "early/metrics.jsonl").read_text().splitlines()), 1)

    def test_the_seed_is_that_of_the_run(self):
        arguments = ["train", "digits", "--epochs", "2", "--out", "seed"]
        self.ok(*arguments, "--seed", "7", "--steps", "50")
        self.fails(2, "--seed: the run in seed has seed 7", *arguments, "--seed", "8", "--resume")
        self.assertEqual(self.ok_json(*arguments, "--resume")["seed"], 7)

    def test_another_instruction_set_or_version_is_warned_of(self):
        arguments = ["train", "digits", "--epochs", "2", "--out", "moved"]
        self.ok(*arguments, "--steps", "50")
        self.assertNotIn("warning", self.permloom(*arguments, "--resume", "--steps", "50").stderr)
        for key, value, words in (("instruction_set", "abacus", "instruction set 'abacus', here"),
                                  ("version", "0.0.1", "permloom '0.0.1', here")):
            change_metadata(self.directory / "moved/last.safetensors", key, value)
            result = self.permloom(*arguments, "--resume", "--steps", "50")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stderr, f"warning: the run was trained with {words}.*"
                             "not end in the same bytes")


class Diverged(CliTest):
    def test_the_last_good_checkpoint_stays(self):
        (self.directory / "conv.yaml").write_text(CONV.replace("batch_norm, ", ""))
        rate = ("training.learning_rate="
                "{schedule: piecewise, initial: 1e-3, at: [1], values: [1e20]}")
        self.fails(1, r"training: .* after step \d+\n  hint: lower training.learning_rate; "
                   r"last.safetensors is still that of step 45",
                   "train", "conv.yaml", "--out", "far", "--set", rate)
        self.ok("evaluate", "far/last.safetensors")


class Short(CliTest):
    """Of memory, or of room on the disk."""

    def limited(self, what, size, *arguments):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(what, (size, size))

        return subprocess.run([PERMLOOM, *arguments], cwd=self.directory, env=self.environment,
                              preexec_fn=limit, capture_output=True, text=True, timeout=TIMEOUT_S,
                              check=False)

    def with_memory(self, *arguments):
        size = 500 << 20
        if self.limited(resource.RLIMIT_AS, size, "--version").returncode != 0:
            self.skipTest("a sanitizer needs more address space than the limit")
        return self.limited(resource.RLIMIT_AS, size, *arguments)

    def test_too_little_memory_is_one_clear_message(self):
        result = self.with_memory("train", "digits", "--set", "layers.0.outputs=1000000", "--out",
                                  "large")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"(?m)^permloom: not enough memory\n  hint: ")
        self.assertNotIn("bad_alloc", result.stderr)

    def test_threads_that_the_system_does_not_give(self):
        result = self.with_memory("train", "digits", "--epochs", "1", "--threads", "1000", "--out",
                                  "threads")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"^permloom: threads: the system gives \d+ of 1000\n"
                         "  hint: use fewer")

    def test_a_file_that_cannot_grow_leaves_the_old_checkpoint(self):
        run = self.directory / "stopped"
        arguments = ["train", "digits", "--epochs", "3", "--out", "stopped"]
        self.ok(*arguments, "--steps", "50")
        before = (run / "last.safetensors").read_bytes()
        names = sorted(path.name for path in run.iterdir())
        result = self.limited(resource.RLIMIT_FSIZE, 50000, *arguments, "--resume")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"(?m)^permloom: stopped/last.safetensors: cannot write: "
                         r"File too large\n  hint: .*nothing was changed")
        self.assertEqual((run / "last.safetensors").read_bytes(), before)
        self.assertEqual(sorted(path.name for path in run.iterdir()), names)
        self.ok(*arguments, "--resume")

    def test_a_full_disk_leaves_the_old_checkpoint(self):
        (self.directory / "disk").mkdir()
        # Room for one checkpoint, not for the next beside it; gone with the shell.
        script = ("mount -t tmpfs -o size=160k none disk || exit 77\n"
                  f"'{PERMLOOM}' train digits --epochs 5 --out disk/run; echo status $?\n"
                  "ls disk/run\n"
                  f"'{PERMLOOM}' inspect disk/run\n")
        result = subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", script],
                                cwd=self.directory, env=self.environment, capture_output=True,
                                text=True, timeout=TIMEOUT_S, check=False)
        if "status" not in result.stdout:
            self.skipTest("a file system of its own cannot be mounted here")
        self.assertRegex(result.stderr, r"(?m)^permloom: disk/run/last.safetensors: cannot write: "
                         r"No space left on device\n  hint: the disk is full; nothing was changed")
        self.assertRegex(result.stdout,
                         r"(?s)^status 1\nlast.safetensors\nmetrics.jsonl\n.*epoch 1")


class Shuffled(CliTest):
    def test_a_run_starts_from_another_ones_weights_in_another_order(self):
        real = ["--set", "layers.0.devices.bits=0", "--set", "layers.1.devices.bits=0"]
        self.ok("train", "digits", *real, "--set", "training.algorithm=free", "--epochs", "3",
                "--out", "free")
        result = self.ok_json("train", "digits", *real, "--epochs", "5", "--shuffled", "free",
                              "--out", "shuffled")
        self.assertGreater(result["accuracy"], 0.5)
        self.fails(1, "layers.0.devices: asks for levels|shuffled: the checkpoint is of a network",
                   "train", "digits", "--shuffled", "free", "--out", "levels")
        self.fails(1, "none: .*No such file", "train", "digits", "--shuffled", "none", "--out", "n")
        self.ok("train", "digits", *real, "--steps", "3", "--out", "unfinished")
        self.fails(1, "holds no checkpoint 'best'.*last.safetensors", "train", "digits", *real,
                   "--shuffled", "unfinished", "--out", "n")
        for other in (["--resume"], ["--from", "free"], ["--devices", "x.chip"]):
            self.fails(2, "--shuffled", "train", "digits", "--shuffled", "free", *other)


if __name__ == "__main__":
    unittest.main()
