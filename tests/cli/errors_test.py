"""Bad input of every kind: each fault has its own message, names its file or key, and exits 1."""

import gzip
import shutil
import struct
import unittest
from pathlib import Path

from cli import CliTest

NETWORK = """\
name: tiny
about: a network for tests
expect: nothing
data: digits
input: {size: 64, bits: 8, div: 16, mean: 0, scale: 1/255, zero: 0}
layers:
  - outputs: 12
    rail: single
    devices: {values: he_uniform, bits: 4, profile: layer, keep: 1, pruning: exact}
    activation: relu
    bits: 8
  - outputs: 10
    rail: single
    devices: {values: he_uniform, bits: 4, profile: layer, keep: 1, pruning: exact}
    activation: none
training:
  algorithm: laperm_latent
  estimator: drift
  epochs: 1
  batch: 32
  learning_rate: {schedule: constant, initial: 1e-3}
  sync_every: 50
"""


def idx(values, *sizes):
    """An IDX file of bytes."""
    header = struct.pack(f">BBBB{len(sizes)}I", 0, 0, 8, len(sizes), *sizes)
    return header + bytes(values)


def write_data(directory, count=20, rows=8, classes=10, **replaced):
    """A directory of four IDX files, any of them replaced by other bytes."""
    directory.mkdir(parents=True)
    images = idx([i % 17 for i in range(count * rows * rows)], count, rows, rows)
    labels = idx([i % classes for i in range(count)], count)
    for split in ("train", "t10k"):
        (directory / f"{split}-images-idx3-ubyte").write_bytes(images)
        (directory / f"{split}-labels-idx1-ubyte").write_bytes(labels)
    for name, content in replaced.items():
        (directory / name.replace("_", "-")).write_bytes(content)


class Networks(CliTest):
    def with_network(self, old, new):
        self.assertIn(old, NETWORK)
        (self.directory / "tiny.yaml").write_text(NETWORK.replace(old, new))

    def test_the_network_of_these_tests_is_right(self):
        (self.directory / "tiny.yaml").write_text(NETWORK)
        self.ok("train", "tiny.yaml", "--out", "fine")

    def test_unknown_network_suggests_the_nearest(self):
        self.fails(1, "digts: .*did you mean 'digits'", "train", "digts")
        self.fails(1, "nowhere/net.yaml", "train", "nowhere/net.yaml")

    def test_unknown_key_names_file_and_key(self):
        self.with_network("rail: single", "rails: single")
        self.fails(1, r"tiny\.yaml.*rails.*did you mean 'rail'", "train", "tiny.yaml")

    def test_missing_key_names_file_and_key(self):
        self.with_network("  batch: 32\n", "")
        self.fails(1, r"tiny\.yaml.*batch", "train", "tiny.yaml")

    def test_ill_typed_value_names_file_and_key(self):
        self.with_network("epochs: 1", "epochs: many")
        self.fails(1, r"tiny\.yaml.*epochs.*many", "train", "tiny.yaml")

    def test_not_yaml(self):
        self.with_network("name: tiny", "name: [tiny")
        self.fails(1, r"tiny\.yaml", "train", "tiny.yaml")

    def test_bad_set_suggests_the_nearest(self):
        self.fails(1, "training.epoch.*did you mean 'training.epochs'|epoch.*did you mean 'epochs'",
                   "train", "digits", "--set", "training.epoch=3")
        self.fails(1, "training.epochs.*many", "train", "digits", "--set", "training.epochs=many")
        self.fails(1, "layers.7", "train", "digits", "--set", "layers.7.bits=3")

    def test_unknown_target(self):
        self.make("train", "digits", "--epochs", "1", "--out", "target-run")
        self.fails(1, "genric: .*did you mean 'generic'", "compile", "target-run", "--target", "genric")


class Data(CliTest):
    def test_unknown_data_set(self):
        self.fails(1, "digit: .*did you mean 'digits'", "train", "digits", "--data", "digit")

    def test_data_set_that_is_not_here_names_fetch(self):
        self.fails(1, "mnist: .*permloom fetch mnist", "train", "f1", "--data", "mnist")
        self.fails(1, "cifar10: .*permloom fetch cifar10", "train", "f1", "--data", "cifar10")

    def test_fetch_of_an_unknown_data_set(self):
        self.fails(2, "cifar: cannot be fetched, did you mean 'cifar10'.*"
                      "known are mnist, fashion-mnist and cifar10", "fetch", "cifar")

    def test_wrong_data_set_for_the_network(self):
        write_data(self.directory / "large", rows=28)
        self.fails(1, "network takes 64 pixels, large has 784", "train", "digits", "--data", "large")
        write_data(self.directory / "many", classes=11)
        self.fails(1, "network has 10 outputs, many has 11 classes",
                   "train", "digits", "--data", "many")

    def test_a_directory_of_idx_files_works_raw_and_gzip(self):
        write_data(self.directory / "fine")
        self.ok("train", "digits", "--data", "fine", "--epochs", "1", "--out", "raw")
        for path in list((self.directory / "fine").iterdir()):
            Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
        self.ok("train", "digits", "--data", "fine", "--epochs", "1", "--out", "zipped")

    def test_a_directory_of_cifar_10_files(self):
        directory = self.directory / "pictures"
        directory.mkdir()
        for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
            (directory / f"{name}.bin").write_bytes(bytes(2 * 3073))
        self.fails(1, "network takes 64 pixels, pictures has 3072",
                   "train", "digits", "--data", "pictures")
        (directory / "test_batch.bin").write_bytes(bytes(3000))
        self.fails(1, "test_batch.bin: has 3000 bytes, not a whole number of records",
                   "train", "digits", "--data", "pictures")
        (directory / "test_batch.bin").unlink()
        self.fails(1, "pictures: has no test_batch.bin", "train", "digits", "--data", "pictures")

    def test_damaged_idx_files(self):
        pixels = [0] * (20 * 64)
        cases = {
            "truncated": ({"train_images_idx3_ubyte": idx(pixels[:-1], 20, 8, 8)}, "is cut off"),
            "trailing": ({"train_images_idx3_ubyte": idx(pixels + [0], 20, 8, 8)}, "1 bytes follow"),
            "magic": ({"t10k_images_idx3_ubyte": b"\x89PNG" + bytes(2000)}, "begins with 0x89504e47"),
            "empty": ({"t10k_labels_idx1_ubyte": b""}, "too short"),
            "counts": ({"train_labels_idx1_ubyte": idx([0] * 19, 19)}, "19 labels for the 20 images"),
        }
        for name, (replaced, message) in cases.items():
            with self.subTest(name):
                write_data(self.directory / name, **replaced)
                culprit = next(iter(replaced)).replace("_", "-")
                self.fails(1, f"{name}/{culprit}: .*{message}", "train", "digits", "--data", name)

    def test_missing_idx_file(self):
        write_data(self.directory / "part")
        (self.directory / "part/t10k-labels-idx1-ubyte").unlink()
        self.fails(1, "part: has no t10k-labels", "train", "digits", "--data", "part")

    def test_damaged_gzip(self):
        write_data(self.directory / "zip")
        path = self.directory / "zip/train-images-idx3-ubyte"
        Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes())[:-20])
        path.unlink()
        self.fails(1, r"train-images-idx3-ubyte\.gz", "train", "digits", "--data", "zip")

    def test_data_that_changed_behind_its_name(self):
        write_data(self.directory / "mine")
        self.ok("train", "digits", "--data", "mine", "--epochs", "1", "--out", "changed")
        write_data(self.directory / "other", count=21)
        shutil.rmtree(self.directory / "mine")
        (self.directory / "other").rename(self.directory / "mine")
        self.fails(1, "mine: is not the data set of that name", "evaluate", "changed")
        self.ok("evaluate", "changed", "--data", "mine")


class Files(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make("train", "digits", "--epochs", "1", "--out", "run")
        cls.make("compile", "run", "--out", "d")
        cls.make("train", "digits", "--epochs", "1", "--seed", "2", "--out", "run2")
        (cls.directory / "elsewhere").mkdir()
        cls.make("compile", "run2", "--out", "elsewhere/e")

    def damaged(self, file, change):
        """A copy of `file`, in a directory of its own, with its bytes changed."""
        directory = self.directory / "damaged"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        for name in ("d.chip", "d.plc"):
            shutil.copy(self.directory / name, directory)
        copy = directory / Path(file).name
        content = bytearray((self.directory / file).read_bytes())
        changed = change(content)
        copy.write_bytes(content if changed is None else changed)
        return copy.relative_to(self.directory)

    def test_damaged_chip_and_configuration(self):
        def flip(content):
            content[len(content) // 2] ^= 4

        def wrong_magic(content):
            content[0] ^= 1

        truncate = lambda content: content[:-7]
        longer = lambda content: content + b"\0"
        only_head = lambda content: content[:12]
        for file, reader in (("d.chip", ["--chip"]), ("d.plc", [])):
            for change, message in ((flip, "SHA-256|checksum|damaged"),
                                    (truncate, "truncated|cut off|bytes"),
                                    (longer, "trailing|follow|bytes"), (only_head, "truncated|short|cut off")):
                with self.subTest(file=file, change=message):
                    copy = self.damaged(file, change)
                    self.fails(1, f"{copy}: .*({message})", "inspect", copy)
                    self.fails(1, f"{copy}: .*({message})", "simulate", "damaged/d.plc",
                               "--dut", "reference")
            copy = self.damaged(file, wrong_magic)
            self.fails(1, f"{copy}: neither a checkpoint, a chip, a configuration nor", "inspect", copy)
            self.fails(1, f"{copy}: ", "simulate", "damaged/d.plc", "--dut", "reference")

    def test_the_faults_of_a_configuration_have_different_messages(self):
        messages = set()
        for change in (lambda c: c[:-7], lambda c: c + b"\0", lambda c: b"X" + c[1:],
                       lambda c: c[:40] + bytes([c[40] ^ 1]) + c[41:]):
            copy = self.damaged("d.plc", change)
            messages.add(self.permloom("simulate", copy, "--dut", "reference").stderr)
        messages.add(self.permloom("simulate", "d.plc", "--chip", "elsewhere/e.chip").stderr)
        self.assertEqual(len(messages), 5, messages)

    def test_every_flipped_byte_is_refused(self):
        size = (self.directory / "d.plc").stat().st_size
        for position in range(0, size, max(1, size // 40)):
            def flip(content, at=position):
                content[at] ^= 0x10
            with self.subTest(position=position):
                self.fails(1, r"damaged/d\.plc: ", "simulate", self.damaged("d.plc", flip),
                           "--dut", "reference")

    def test_damaged_checkpoint(self):
        source = self.directory / "run/last.safetensors"
        for name, content in (("short", source.read_bytes()[:-5]), ("head", source.read_bytes()[:100]),
                              ("noise", b"\xff" * 64), ("nothing", b"")):
            with self.subTest(name):
                path = self.directory / f"{name}.safetensors"
                path.write_bytes(content)
                self.fails(1, rf"{name}\.safetensors: ", "compile", path.name)
                self.fails(1, rf"{name}\.safetensors: ", "evaluate", path.name)
                self.fails(1, rf"{name}\.safetensors: ", "inspect", path.name)

    def test_missing_files(self):
        self.fails(1, "nowhere", "evaluate", "nowhere")
        self.fails(1, "nowhere", "compile", "nowhere")
        self.fails(1, r"nowhere\.plc: ", "simulate", "nowhere.plc")
        self.fails(1, r"nowhere\.chip: ", "simulate", "d.plc", "--chip", "nowhere.chip")
        self.fails(1, r"nowhere\.chip: ", "train", "digits", "--devices", "nowhere.chip", "--out", "n")
        self.assertFalse((self.directory / "n").exists())

    def test_configuration_of_another_chip(self):
        self.fails(1, r"d\.plc: .*chip", "simulate", "d.plc", "--chip", "elsewhere/e.chip")
        self.fails(1, r"elsewhere/e\.plc: .*chip", "simulate", "d.plc", "--then", "elsewhere/e.plc")
        alone = self.directory / "alone"
        alone.mkdir()
        shutil.copy(self.directory / "d.plc", alone)
        self.fails(1, r"alone/d\.plc: made for chip [0-9a-f]{16}.*--chip FILE\.chip",
                   "simulate", "alone/d.plc")
        self.ok("simulate", "alone/d.plc", "--chip", "d.chip", "--dut", "reference")

    def test_wrong_kind_of_file(self):
        self.fails(1, r"d\.chip: is a chip", "evaluate", "d.chip")
        self.fails(1, r"d\.chip: ", "simulate", "d.chip")
        self.fails(1, r"d\.plc: ", "compile", "run", "--onto", "d.plc")
        self.fails(2, "--neuron: .*is not a configuration", "inspect", "d.chip", "--neuron", "0:0")

    def test_neuron_addresses(self):
        for address in ("0", "9:0", "0:64", "0:-1", "a:b"):
            with self.subTest(address):
                self.fails(2, f"--neuron: '{address}'", "inspect", "d.plc", "--neuron", address)

    def test_wrong_data_set_for_a_configuration(self):
        write_data(self.directory / "large", rows=28)
        for command in ("evaluate", "simulate"):
            self.fails(1, "network takes 64 pixels, large has 784", command, "d.plc", "--data", "large")

    def test_shape_mismatch_of_chip_and_network(self):
        (self.directory / "tiny.yaml").write_text(NETWORK)
        self.fails(1, r"d\.chip: layer 0: chip has outputs = 64, network tiny has 12",
                   "train", "tiny.yaml", "--devices", "d.chip")
        self.make("train", "tiny.yaml", "--out", "tiny-run")
        self.fails(1, "layer 0", "compile", "tiny-run", "--onto", "d.chip", "--out", "t")
        self.assertFalse((self.directory / "t.plc").exists())

    def test_a_network_trained_on_other_devices_does_not_fit_the_chip(self):
        self.fails(1, "device|chip", "compile", "run2", "--onto", "d.chip", "--out", "t")
        self.assertFalse((self.directory / "t.plc").exists())

    def test_existing_output(self):
        self.fails(1, "run: already exists.*--force", "train", "digits", "--out", "run")
        self.fails(1, r"d\.chip: holds another chip.*--force", "compile", "run2", "--out", "d")
        self.make("emit", "d.plc", "--out", "design", "--count", "1")
        self.fails(1, "design: already exists.*--force", "emit", "d.plc", "--out", "design")
        self.ok("train", "digits", "--epochs", "1", "--out", "run", "--force")
        self.ok("compile", "run", "--out", "d")  # the same chip again

    def test_options_of_emit_that_are_of_one_target(self):
        self.fails(2, "--images-only: is for the ice40 targets",
                   "emit", "d.plc", "--out", "design-2", "--images-only")
        self.fails(2, "--no-boot: is for the ice40 targets",
                   "emit", "d.plc", "--out", "design-2", "--no-boot")
        self.make("compile", "run", "--target", "spatial", "--set", "bit_serial=true", "--out", "spatial")
        self.fails(1, "layer 0 has engine spatial.*--no-boot", "emit", "spatial.plc", "--out", "design-2",
                   "--target", "ice40-hx8k")
        self.fails(1, "bit_serial: 'yes' is not one of true, false", "compile", "run", "--out", "design-3",
                   "--set", "bit_serial=yes")
        self.fails(2, "--clock: is for the ice40 targets",
                   "emit", "d.plc", "--out", "design-2", "--clock", "96", "--target", "xilinx")
        self.fails(1, "100 MHz.*a multiple of 3, 18 to 132", "emit", "d.plc", "--out", "design-2",
                   "--clock", "100", "--target", "ice40-hx8k")
        self.fails(2, "--clock", "emit", "d.plc", "--out", "design-2", "--clock", "3",
                   "--target", "ice40-hx8k")
        self.fails(2, "--target.*ice40-hx8k", "emit", "d.plc", "--out", "design-2", "--target", "ice40")
        self.assertFalse((self.directory / "design-2").exists())

    def test_targets_of_compile(self):
        self.fails(1, "engine 'seriel' is unknown, did you mean 'serial'",
                   "compile", "run", "--set", "engine=seriel", "--out", "t")
        self.fails(1, "--set lane: .*did you mean 'lanes'", "compile", "run", "--set", "lane=2", "--out", "t")
        self.fails(1, "decoder 'levelmap' is unknown, did you mean 'level-map'",
                   "compile", "run", "--set", "decoder=levelmap", "--out", "t")
        self.fails(1, "decoder level-map cannot stand in engine folded.*routed bits, which the host computes",
                   "compile", "run", "--set", "decoder=level-map", "--out", "t")
        self.fails(1, "engine auto with decoder level-map",
                   "compile", "run", "--target", "ice40-hx8k", "--set", "decoder=level-map", "--out", "t")
        self.fails(1, "names 3 engines, the network has 2 layers",
                   "compile", "run", "--set", "engine=[level,level,level]", "--out", "t")
        self.fails(2, "--set.*--onto|--onto.*--set",
                   "compile", "run", "--set", "lanes=2", "--onto", "d.chip", "--out", "t")
        self.assertFalse((self.directory / "t.plc").exists())

    def test_unwritable_output(self):
        (self.directory / "file").write_text("")
        self.fails(1, "file.*(not a directory|Not a directory)", "train", "digits", "--out", "file")
        self.fails(1, "cannot", "train", "digits", "--out", "/proc/permloom/run")
        self.fails(1, "/proc/d.*cannot write", "compile", "run", "--out", "/proc/d")
        self.fails(1, "cannot", "emit", "d.plc", "--out", "/proc/permloom/design")

    def test_resume_of_nothing_and_of_another_network(self):
        self.fails(1, "nothing", "train", "digits", "--out", "nothing-here", "--resume")
        (self.directory / "tiny.yaml").write_text(NETWORK)
        self.fails(1, "network|description", "train", "tiny.yaml", "--out", "run2", "--resume")

    def test_codes_that_do_not_exist(self):
        self.fails(2, "--code: 'lemer' is unknown, did you mean 'lehmer'", "compile", "run",
                   "--code", "lemer")

    def test_missing_verilator_is_named_with_its_package(self):
        self.fails(1, "erilator.*apt-get install.*verilator|erilator.*tools/setup",
                   "simulate", "d.plc", "--dut", "rtl", "--count", "1", PATH="/nonexistent")

    def test_trace_of_what_has_no_cycles(self):
        self.fails(2, "--patch: the reference loads nothing", "simulate", "d.plc", "--then", "d.plc",
                   "--patch", "--dut", "reference")
        self.fails(1, "patch: the two configurations load the same rows", "simulate", "d.plc",
                   "--then", "d.plc", "--patch", "--count", "1")
        self.fails(2, "--trace: the reference has no cycles", "simulate", "d.plc", "--dut", "reference",
                   "--trace", "x.vcd")


if __name__ == "__main__":
    unittest.main()
