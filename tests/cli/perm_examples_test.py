"""Runs the examples of tools/permloom/PERM.md and compares what they print, word for word.

In a block marked `console` a line `$ COMMAND` is a command; what follows up to the next is its output, standard error
included. All blocks run in order, in one directory. `perm_examples_test.py --update` writes the output of this build
into the page.
"""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from cli import PERMLOOM, TIMEOUT_S, CliTest

PAGE = Path(__file__).resolve().parents[2] / "tools/permloom/PERM.md"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
PROMPT = "$ "


class Examples(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.directory / "bin").mkdir()
        (cls.directory / "bin/permloom").symlink_to(Path(PERMLOOM).resolve())
        cls.environment["PATH"] = f"{cls.directory / 'bin'}:{os.environ['PATH']}"

    def run_block(self, block):
        """The block with its output as this build prints it."""
        text = ""
        for line in block.splitlines():
            if line.startswith(PROMPT):
                result = subprocess.run(["bash", "-c", line[len(PROMPT):]], cwd=self.directory,
                                        env=self.environment, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S,
                                        check=False)
                text += f"{line}\n{result.stdout}"
        return text

    def test_every_example_prints_what_the_page_says(self):
        blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        self.assertGreater(sum(block.count("\n" + PROMPT) for block in blocks), 15)
        for block in blocks:
            self.assertTrue(block.startswith(PROMPT), block)
            self.maxDiff = None
            self.assertEqual(self.run_block(block), block)


def update():
    Examples.setUpClass()
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda block: Examples().run_block(block.group()), page), encoding="utf-8")
    Examples.doClassCleanups()


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        unittest.main()
