"""Runs the real permloom binary, named by $PERMLOOM, the way a user does."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

PERMLOOM = os.environ["PERMLOOM"]
TIMEOUT_S = 120


class CliTest(unittest.TestCase):
    """Each class works in its own directory, with its own data and cache directories."""

    @classmethod
    def setUpClass(cls):
        cls.directory = Path(tempfile.mkdtemp(prefix="permloom-cli-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.environment = dict(os.environ, HOME=str(cls.directory),
                               PERMLOOM_DATA=str(cls.directory / "data"),
                               PERMLOOM_CACHE=str(cls.directory / "cache"))
        for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
            cls.environment.pop(name, None)

    @classmethod
    def permloom(cls, *arguments, **environment):
        return subprocess.run([PERMLOOM, *map(str, arguments)], cwd=cls.directory,
                              env=dict(cls.environment, **environment), capture_output=True,
                              text=True, timeout=TIMEOUT_S, check=False)

    @classmethod
    def make(cls, *arguments):
        """A command that must work, when no test is there to say so."""
        result = cls.permloom(*arguments)
        if result.returncode != 0:
            raise RuntimeError(f"permloom {' '.join(map(str, arguments))}: {result.stderr}")
        return result.stdout

    def ok(self, *arguments, **environment):
        """Standard output of a command that must work."""
        result = self.permloom(*arguments, **environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def ok_json(self, *arguments):
        return json.loads(self.ok(*arguments, "--json"))

    def fails(self, status, pattern, *arguments, **environment):
        """A command that must exit with `status` and one message that matches `pattern`."""
        result = self.permloom(*arguments, **environment)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertRegex(result.stderr, re.compile(pattern, re.DOTALL))
        self.assertRegex(result.stderr, r"(?m)^permloom: ")
        self.assertNotIn("internal error", result.stderr)
        return result.stderr
