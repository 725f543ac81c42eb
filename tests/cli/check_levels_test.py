"""check_levels must catch each kind of forbidden include, and let the allowed ones pass."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECKER = Path(__file__).resolve().parents[2] / "tools/dev/check_levels"

# A miniature of the tree in which every include is allowed.
ALLOWED = {
    "compiler/base/error.h": [],
    "models/models.h": ["compiler/base/error.h"],
    "compiler/spec/library.cpp": ["models/models.h"],
    "compiler/perm/permutation.h": ["compiler/base/error.h"],
    "compiler/perm/as_waksman_router.h": ["compiler/perm/permutation.h"],
    "compiler/program/chip.h": ["compiler/perm/permutation.h"],
    "compiler/program/expand.h": ["compiler/program/chip.h", "compiler/perm/as_waksman_router.h"],
    "compiler/train/trainer.h": ["compiler/program/chip.h"],
    "compiler/passes/pipeline.h": ["compiler/program/chip.h"],
    "compiler/emit/rtl_design.h": ["compiler/program/chip.h"],
    "sim/device.h": [],
    "sim/bench/bench.h": ["sim/device.h", "compiler/program/chip.h"],
    "sim/reference/reference.h": ["compiler/program/expand.h"],
    "sim/systemc/systemc_device.h": ["sim/device.h", "compiler/program/chip.h"],
    "sim/physical/physical.h": ["compiler/program/chip.h"],
    "sim/physical/systemc/physical_device.cpp": ["sim/physical/physical.h", "sim/systemc/systemc_device.h"],
    "tools/permloom/main.cpp": ["compiler/train/trainer.h", "sim/bench/bench.h"],
}

# One include added to it, and a part of the message it must cause.
FORBIDDEN = [
    ("compiler/base/error.h", "compiler/perm/permutation.h", "base (level 0) may not include perm"),
    ("compiler/train/trainer.h", "compiler/passes/pipeline.h", "train (level 3) may not include passes"),
    ("compiler/passes/pipeline.h", "compiler/emit/rtl_design.h", "passes (level 3) may not include emit"),
    ("compiler/emit/rtl_design.h", "compiler/train/trainer.h", "emit (level 3) may not include train"),
    ("compiler/program/chip.h", "sim/device.h", "compiler/ may not include sim/"),
    ("sim/bench/bench.h", "compiler/train/trainer.h", "sim/ may not include compiler/train"),
    ("sim/reference/reference.h", "compiler/perm/as_waksman_router.h", "sim/ may not include"),
    ("sim/bench/bench.h", "sim/reference/reference.h", "sim/bench may not include sim/reference"),
    ("sim/physical/systemc/physical_device.cpp", "sim/reference/reference.h",
     "sim/physical/systemc may not include sim/reference"),
    ("sim/physical/physical.h", "sim/systemc/systemc_device.h", "sim/physical may not include sim/systemc"),
    ("sim/physical/physical.h", "sim/physical/systemc/physical_device.cpp",
     "sim/physical may not include sim/physical/systemc"),
    ("sim/systemc/systemc_device.h", "sim/reference/reference.h", "a hardware model may not"),
    ("sim/systemc/systemc_device.h", "compiler/program/expand.h", "a hardware model may not"),
    ("compiler/program/chip.h", "compiler/perm/as_waksman_router.h", "a hardware model may not"),
    ("compiler/emit/rtl_design.h", "models/models.h", "only spec may include models/"),
    ("models/models.h", "sim/device.h", "models/ may include compiler/base/ only"),
    ("sim/device.h", "tools/permloom/main.cpp", "sim/ may not include tools/"),
    ("tools/permloom/main.cpp", "error.h", "no such file below the root"),
]


def run_on(tree):
    with tempfile.TemporaryDirectory() as root:
        for name, includes in tree.items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f'#include "{target}"\n' for target in includes))
        return subprocess.run([sys.executable, str(CHECKER), root], capture_output=True, text=True)


class CheckLevels(unittest.TestCase):
    def test_allowed_tree_passes(self):
        result = run_on(ALLOWED)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn(f"{len(ALLOWED)} files, 0 forbidden", result.stdout)

    def test_each_forbidden_include_is_named(self):
        for source, target, message in FORBIDDEN:
            with self.subTest(source=source, target=target):
                tree = dict(ALLOWED)
                tree[source] = ALLOWED[source] + [target]
                result = run_on(tree)
                self.assertEqual(result.returncode, 1)
                self.assertIn(message, result.stdout)

    def test_an_empty_tree_is_a_failure(self):
        self.assertEqual(run_on({}).returncode, 1)


if __name__ == "__main__":
    unittest.main()
