"""No cell is forgotten: every file of rtl/ is built, linted alone as top, and in the catalogue.

tests/rtl/CMakeLists.txt lints what the lists of rtl/CMakeLists.txt name; they come as arguments.
"""

import re
import sys
import unittest
from pathlib import Path

RTL = Path(__file__).resolve().parents[2] / "rtl"
LISTED = [Path(argument).resolve() for argument in sys.argv[1:]]


class Catalogue(unittest.TestCase):
    def test_every_file_is_listed_once(self):
        self.assertEqual(sorted(LISTED), sorted(RTL.rglob("*.sv")))

    def test_a_file_holds_one_module_of_its_name(self):
        for path in LISTED:
            modules = re.findall(r"^(?:module|package) (\w+)", path.read_text(), re.MULTILINE)
            self.assertEqual(modules, [path.stem])

    def test_every_cell_has_a_row_in_the_readme(self):
        rows = [line for line in (RTL / "README.md").read_text().splitlines() if line[:2] == "| "]
        first_columns = " ".join(row.split("|")[1] for row in rows)
        for path in LISTED:
            self.assertIn(f"`{path.stem}`", first_columns)

    def test_a_cell_stands_behind_all_that_it_uses(self):
        seen = set()
        names = {path.stem for path in LISTED}
        for path in LISTED:
            code = re.sub(r"//.*", "", path.read_text())
            used = set(re.findall(r"\bpl_\w+", code)) & names - {path.stem}
            self.assertLessEqual(used, seen, path.name)
            seen.add(path.stem)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
