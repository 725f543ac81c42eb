"""permloom perm: round trips of every verb in every form, streaming, and each user-facing error."""

import json
import os
import pty
import signal
import subprocess
import unittest

from cli import PERMLOOM, TIMEOUT_S, CliTest

CIRCUITS = ["crossbar", "benes", "as-waksman", "bitonic", "index"]
CODES = ["lehmer", "level-map", "multiset", "lehmer-dense", "factorial-stream", "index"]
VERBS = {
    # verb: options that its help must name
    "encode": ["--code", "--format", "--digits", "--rank", "--n", "--classes", "--devices",
               "--permutations", "--out", "--json"],
    "decode": ["--code", "--format", "--digits", "--rank", "--n", "--classes", "--devices",
               "--permutations", "--out"],
    "route": ["--circuit", "--format", "--stuck", "--limit", "--n", "--permutations", "--out",
              "--svg", "--threads", "--json"],
    "evaluate": ["--n", "--circuit", "--format", "--permutations", "--out"],
    "cost": ["--n", "--classes", "--devices", "--live", "--register-every", "--json"],
    "random": ["--n", "--classes", "--devices", "--live", "--count", "--seed", "--permutations", "--out"],
    "inverse": ["--n", "--permutations", "--out"],
    "compose": ["--then", "--n", "--permutations", "--out"],
    "check": ["--n", "--classes", "--devices", "--permutations", "--json"],
}


# Of a process that handles permutations one by one; the sanitizers keep freed memory for a while.
MOST_MEMORY_KIB = 32 << 10
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"


class PermTest(CliTest):
    def perm(self, *arguments, stdin=b""):
        """A finished process; standard input and output are bytes."""
        stdin = stdin.encode() if isinstance(stdin, str) else stdin
        return subprocess.run([PERMLOOM, "perm", *map(str, arguments)], cwd=self.directory,
                              env=self.environment, input=stdin, capture_output=True,
                              timeout=TIMEOUT_S, check=False)

    def good(self, *arguments, stdin=b""):
        """Standard output of a verb that must work."""
        result = self.perm(*arguments, stdin=stdin)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout

    def text(self, *arguments, stdin=b""):
        return self.good(*arguments, stdin=stdin).decode()

    def bad(self, status, pattern, *arguments, stdin=b""):
        """A verb that must exit with `status` and one message that matches; its output so far."""
        result = self.perm(*arguments, stdin=stdin)
        message = result.stderr.decode()
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertRegex(message, rf"(?s)\Apermloom: {pattern}")
        self.assertEqual(message.count("permloom: "), 1, message)
        return result.stdout.decode()


class Help(PermTest):
    def test_each_verb_explains_itself(self):
        for verb, options in VERBS.items():
            with self.subTest(verb):
                text = self.text(verb, "--help")
                self.assertTrue(text.startswith(f"usage: permloom perm {verb} "), text)
                self.assertIn("examples:\n", text)
                self.assertLessEqual(max(map(len, text.splitlines())), 100, text)
                for option in options:
                    self.assertRegex(text, rf"(?m)^  {option}\b")
                self.assertEqual(text, self.ok("help", "perm", verb))

    def test_the_list_of_verbs_is_complete(self):
        text = self.text("--help")
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb} ")
        result = self.perm()
        self.assertEqual((result.returncode, result.stdout), (2, b""))
        self.assertEqual(result.stderr.decode(), text)

    def test_every_circuit_and_code_is_named(self):
        for circuit in CIRCUITS:
            self.assertRegex(self.text("route", "--help"), rf"\b{circuit}\b")
        for code in CODES:
            self.assertRegex(self.text("encode", "--help"), rf"\b{code}\b")


class RoundTrips(PermTest):
    def test_codes(self):
        for n in (1, 3, 40):
            drawn = self.good("random", "--n", n, "--count", 40)
            for code in CODES:
                for form in ("text", "binary"):
                    with self.subTest(n=n, code=code, form=form):
                        options = ["--code", code, "--format", form]
                        coded = self.good("encode", *options, stdin=drawn)
                        self.assertEqual(
                            self.good("decode", *options, "--n", n, stdin=coded), drawn)

    def test_codes_of_device_classes(self):
        drawn = self.good("random", "--classes", "5,1,9,6", "--count", 40)
        self.assertEqual(drawn, self.good("random", "--devices", "-3,-3,-3,-3,-3,0,1,1,1,1,1,1,1,1,1,"
                                          "7,7,7,7,7,7", "--count", 40))
        for code in CODES:
            for form in (["--format", "text"], ["--format", "binary"], ["--rank"], ["--digits"]):
                if form[0] == "--digits" and code != "lehmer" or form[0] == "--rank" and code != "index":
                    continue
                with self.subTest(code=code, form=form):
                    options = ["--classes", "5,1,9,6"] + form
                    options += [] if form == ["--rank"] else ["--code", code]
                    coded = self.good("encode", *options, stdin=drawn)
                    self.assertEqual(self.good("decode", *options, stdin=coded), drawn)

    def test_encode_forgets_the_order_inside_a_class(self):
        coded = self.good("encode", "--code", "multiset", "--classes", "2,2", stdin="3 1 2 0\n")
        self.assertEqual(coded, self.good("encode", "--code", "multiset", "--classes", "2,2",
                                          stdin="1 3 0 2\n"))
        self.assertEqual(self.text("decode", "--code", "multiset", "--classes", "2,2", stdin=coded),
                         "1 3 0 2\n")

    def test_digits_and_ranks(self):
        self.assertEqual(self.text("encode", "--digits", stdin="2 0 3 1"), "2 0 1 0\n")
        self.assertEqual(self.text("decode", "--digits", "--n", 4, stdin="2 0 1 0"), "2 0 3 1\n")
        every = self.text("decode", "--rank", "--n", 4, stdin="\n".join(map(str, range(24))))
        self.assertEqual(every.splitlines(), sorted(set(every.splitlines())))
        self.assertEqual(self.text("encode", "--rank", stdin=every).split(),
                         [str(rank) for rank in range(24)])

    def test_circuits(self):
        for n in (1, 3, 40):
            drawn = self.good("random", "--n", n, "--count", 40)
            for circuit in CIRCUITS:
                for form in ("text", "hex", "binary"):
                    if (n, form) == (1, "binary"):
                        continue
                    with self.subTest(n=n, circuit=circuit, form=form):
                        options = ["--circuit", circuit, "--format", form]
                        routed = self.good("route", *options, stdin=drawn)
                        self.assertEqual(
                            self.good("evaluate", *options, "--n", n, stdin=routed), drawn)

    def test_binary_permutations(self):
        drawn = self.good("random", "--n", 37, "--count", 20)
        binary = self.good("random", "--n", 37, "--count", 20, "--permutations", "binary")
        self.assertEqual(len(binary), 20 * 37 * 4)
        first = [int.from_bytes(binary[4 * r:4 * r + 4], "little") for r in range(37)]
        self.assertEqual(first, [int(word) for word in drawn.split()[:37]])
        as_binary = ["--permutations", "binary", "--n", 37]
        self.assertEqual(self.good("encode", *as_binary, stdin=binary), self.good("encode", stdin=drawn))
        self.assertEqual(self.good("route", *as_binary, stdin=binary), self.good("route", stdin=drawn))
        self.assertEqual(self.good("decode", *as_binary, stdin=self.good("encode", stdin=drawn)), binary)
        self.assertIn("20 permutations of size 37", self.text("check", *as_binary, stdin=binary))

    def test_inverse_and_compose(self):
        drawn = self.good("random", "--n", 30, "--count", 2500)  # more than one batch
        (self.directory / "drawn.txt").write_bytes(drawn)
        inverse = self.good("inverse", "drawn.txt")
        self.assertNotEqual(inverse, drawn)
        self.assertEqual(self.good("inverse", stdin=inverse), drawn)
        identity = " ".join(map(str, range(30))) + "\n"
        self.assertEqual(self.text("compose", "--then", "drawn.txt", stdin=inverse), identity * 2500)
        (self.directory / "q.txt").write_text("1 2 0\n")
        self.assertEqual(self.text("compose", "--then", "q.txt", stdin="0 2 1\n"), "2 1 0\n")

    def test_partial_permutations(self):
        drawn = self.text("random", "--n", 30, "--live", 11, "--count", 40)
        wanted = [line.split() for line in drawn.splitlines()]
        self.assertEqual({line.count("-") for line in wanted}, {19})
        self.assertGreater(len({tuple(word == "-" for word in line) for line in wanted}), 1)
        binary = self.good("random", "--n", 30, "--live", 11, "--count", 40, "--permutations", "binary")
        for circuit in CIRCUITS:
            routed = self.good("route", "--circuit", circuit, stdin=drawn)
            self.assertEqual(routed, self.good("route", "--circuit", circuit, "--n", 30,
                                               "--permutations", "binary", stdin=binary))
            out = self.text("evaluate", "--circuit", circuit, "--n", 30, stdin=routed)
            for line, want in zip(out.splitlines(), wanted, strict=True):
                for got, word in zip(line.split(), want, strict=True):
                    self.assertIn(word, (got, "-"))
        self.assertEqual(self.text("route", stdin="x 0"), self.text("route", stdin="- 0"))

    def test_stuck_switches(self):
        # A Benes network loses no permutation to one switch; an AS-Waksman network some.
        for circuit, fewest in (("benes", 20), ("as-waksman", 1)):
            options = ["--circuit", circuit, "--stuck", "0:3:1"]
            routed = 0
            for line in self.text("random", "--n", 32, "--count", 20).splitlines(keepends=True):
                result = self.perm("route", *options, stdin=line)
                if result.returncode == 0:
                    routed += 1
                    self.assertEqual(result.stdout[3:4], b"1")
                    self.assertEqual(self.text("evaluate", "--circuit", circuit, "--n", 32,
                                               stdin=result.stdout), line)
                else:
                    self.assertIn(b"line 1: no setting of the other switches realises it", result.stderr)
            self.assertGreaterEqual(routed, fewest)

    def test_threads_do_not_change_the_bits(self):
        drawn = self.good("random", "--n", 50, "--count", 1500)
        one = self.good("route", "--threads", 1, stdin=drawn)
        self.assertEqual(one, self.good("route", "--threads", 3, stdin=drawn))

    def test_seeds(self):
        self.assertEqual(self.text("random", "--n", 9), self.text("random", "--n", 9, "--seed", 1))
        self.assertNotEqual(self.text("random", "--n", 9), self.text("random", "--n", 9, "--seed", 2))
        self.assertEqual(self.text("random", "--n", 9, "--count", 0), "")

    def test_comments_blank_lines_and_line_ends(self):
        self.assertEqual(self.text("inverse", stdin="# two\n\n 2\t0 3 1 \r\n   \n  #\n1 0 2 3"),
                         "1 3 0 2\n1 0 2 3\n")

    def test_files_instead_of_pipes(self):
        self.assertEqual(self.text("random", "--n", 5, "--count", 3, "--out", "in.txt"), "")
        self.assertEqual(self.text("encode", "in.txt", "--format", "binary", "--out", "codes.bin"), "")
        self.assertEqual(self.text("decode", "codes.bin", "--n", 5, "--format", "binary"),
                         (self.directory / "in.txt").read_text())
        self.assertEqual(self.text("route", "-", "--out", "-", stdin="1 0"), "1\n")


class Reports(PermTest):
    def test_cost_tells_every_circuit_and_code(self):
        text = self.text("cost", "--n", 784)
        for name in CIRCUITS + CODES:
            self.assertRegex(text, rf"(?m)^  {name} ")
        cost = json.loads(self.text("cost", "--n", 784, "--json"))
        circuits = {row["name"]: row for row in cost["circuits"]}
        self.assertEqual(circuits["as-waksman"]["switches"], 6817)
        self.assertEqual(circuits["as-waksman"]["depth"], 19)
        self.assertEqual(circuits["index"]["cycles"], 784)
        codes = {row["name"]: row["bits"] for row in cost["codes"]}
        self.assertEqual((codes["lehmer"], codes["index"]), (6466, 7840))
        self.assertAlmostEqual(cost["permutations_bound_bits"], 6413, delta=1)
        self.assertAlmostEqual(circuits["as-waksman"]["over_bound"],
                               6817 / cost["permutations_bound_bits"] - 1)

    def test_cost_of_classes_and_registers(self):
        cost = json.loads(self.text("cost", "--classes", "392,392", "--register-every", 4, "--json"))
        self.assertAlmostEqual(cost["wirings_bound_bits"], 779, delta=1)
        self.assertEqual({row["name"]: row["bits"] for row in cost["codes"]}["level-map"], 784)
        latency = {row["name"]: row["latency"] for row in cost["circuits"]}
        self.assertEqual((latency["as-waksman"], latency["crossbar"]), (5, 1))

    def test_cost_of_live_outputs(self):
        cost = json.loads(self.text("cost", "--n", 64, "--live", 16, "--json"))
        self.assertEqual(cost["live"], 16)
        for row in cost["circuits"]:
            self.assertLess(row["live_configuration_bits"], row["configuration_bits"], row["name"])
        crossbar = {row["name"]: row for row in cost["circuits"]}["crossbar"]
        self.assertEqual((crossbar["live_switches"], crossbar["live_configuration_bits"]), (16 * 64, 16 * 6))
        self.assertIn("16 of 64 live", self.text("cost", "--n", 64, "--live", 16))
        self.assertNotIn("live", self.text("cost", "--n", 64))
        by_devices = json.loads(self.text("cost", "--devices", "0,0,1,1", "--json"))
        by_count = json.loads(self.text("cost", "--classes", "2,2", "--live", 2, "--json"))
        self.assertEqual(by_devices, by_count)

    def test_cost_bounds_what_encode_writes(self):
        cost = json.loads(self.text("cost", "--classes", "30,20,10", "--json"))
        drawn = self.good("random", "--classes", "30,20,10", "--count", 50)
        for row in cost["codes"]:
            lines = self.text("encode", "--classes", "30,20,10", "--code", row["name"], "--json",
                              stdin=drawn).splitlines()
            bits = [json.loads(line)["bits"] for line in lines]
            self.assertEqual(len(bits), 50)
            self.assertLessEqual(max(bits), row["bits"], row["name"])
            self.assertGreaterEqual(row["bits"], cost["wirings_bound_bits"] - 1)

    def test_cost_of_one_line(self):
        cost = json.loads(self.text("cost", "--n", 1, "--json"))
        self.assertEqual({row["over_bound"] for row in cost["circuits"]}, {0})

    def test_check_counts(self):
        self.assertEqual(self.text("check", stdin="1 0\n0 1 2\n0 1\n"),
                         "3 permutations of size 2 (2), 3 (1)\n")
        self.assertEqual(self.text("check", stdin="0"), "1 permutation of size 1\n")
        self.assertEqual(self.text("check", stdin=""), "0 permutations\n")
        self.assertEqual(json.loads(self.text("check", "--json", stdin="1 0\n0 1 2\n0 1\n")),
                         {"permutations": 3, "sizes": {"2": 2, "3": 1}})

    def test_json_lines(self):
        routed = json.loads(self.text("route", "--json", stdin="2 0 3 1"))
        self.assertEqual(" ".join(routed["rows"]) + "\n", self.text("route", stdin="2 0 3 1"))
        self.assertEqual((routed["circuit"], routed["n"], routed["configuration_bits"]),
                         ("as-waksman", 4, 5))
        coded = json.loads(self.text("encode", "--json", stdin="2 0 3 1"))
        self.assertEqual((coded["code"], coded["bits"]), ("lehmer", 5))
        self.assertEqual(coded["hex"] + "\n", self.text("encode", stdin="2 0 3 1"))

    def test_drawings(self):
        for circuit in CIRCUITS:
            text = self.text("route", "--circuit", circuit, "--svg", f"{circuit}.svg",
                             stdin="5 2 7 0 3 6 1 4")
            drawing = (self.directory / f"{circuit}.svg").read_text()
            self.assertTrue(drawing.startswith("<svg "), drawing)
            crossed = text.count("1")
            marks = ('class="switch crossed"', 'class="switch straight"', 'class="selected"')
            expected = ((0, 0, 8) if circuit in ("crossbar", "index") else
                        (crossed, text.count("0"), 0))
            self.assertEqual(tuple(map(drawing.count, marks)), expected, circuit)
            for r, source in enumerate([5, 2, 7, 0, 3, 6, 1, 4]):
                self.assertIn(f">{r} \u2190 {source}<", drawing)
        self.text("route", "--svg", "open.svg", "--stuck", "1:0:1", stdin="5 - 7 0 - 6 1 -")
        drawing = (self.directory / "open.svg").read_text()
        self.assertEqual(drawing.count(" open<"), 3)
        self.assertIn('class="switch crossed stuck"><title>stage 1, switch 0', drawing)


class Streams(PermTest):
    def start(self, *arguments, **options):
        return subprocess.Popen([PERMLOOM, "perm", *map(str, arguments)], cwd=self.directory,
                                env=self.environment, **options)

    def test_a_line_is_answered_before_the_next_is_asked_for(self):
        for verb, line, answer in ((["inverse"], b"2 0 3 1\n", b"1 3 0 2\n"),
                                   (["encode", "--digits"], b"2 0 3 1\n", b"2 0 1 0\n"),
                                   (["decode", "--digits", "--n", "4"], b"2 0 1 0\n", b"2 0 3 1\n"),
                                   (["route", "--circuit", "benes"], b"0 1\n", b"0\n"),
                                   (["evaluate", "--n", "2"], b"1\n", b"1 0\n")):
            with self.subTest(verb=verb), self.start(*verb, stdin=subprocess.PIPE,
                                                     stdout=subprocess.PIPE) as process:
                for _ in range(2):
                    process.stdin.write(line)
                    process.stdin.flush()
                    self.assertEqual(process.stdout.readline(), answer)
                process.stdin.close()
                self.assertEqual(process.wait(TIMEOUT_S), 0)

    def test_a_long_pipe_takes_little_memory(self):
        source = self.start("random", "--n", 200, "--count", 40000, stdout=subprocess.PIPE)
        coder = self.start("encode", "--format", "binary", stdin=source.stdout, stdout=subprocess.PIPE)
        decoder = self.start("decode", "--n", 200, "--format", "binary", stdin=coder.stdout,
                             stdout=subprocess.PIPE)
        router = self.start("route", stdin=decoder.stdout, stdout=subprocess.PIPE)
        checker = self.start("evaluate", "--n", 200, stdin=router.stdout, stdout=subprocess.DEVNULL)
        for process in (source, coder, decoder, router, checker):
            if process.stdout:
                process.stdout.close()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0, process.args)
            self.assertLess(usage.ru_maxrss, MOST_MEMORY_KIB, process.args)  # 28 MB went through, 32 as numbers

    def test_a_reader_that_goes_away_ends_the_writer(self):
        process = self.start("random", "--n", 1000, "--count", 10**9, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        self.assertEqual(len(process.stdout.readline().split()), 1000)
        process.stdout.close()
        self.assertEqual(process.wait(TIMEOUT_S), -signal.SIGPIPE)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_the_same_where_the_signal_is_ignored(self):
        process = self.start("random", "--n", 1000, "--count", 10**9, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, restore_signals=False)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(TIMEOUT_S), 1)
        self.assertEqual(process.stderr.read(), b"permloom: standard output: cannot write: Broken pipe\n")
        process.stderr.close()

    def test_a_full_disk_behind_a_redirection(self):
        with open("/dev/full", "wb") as full:
            process = self.start("random", "--n", 10, stdout=full, stderr=subprocess.PIPE)
            _, message = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(message, b"permloom: standard output: cannot write: No space left")

    def test_what_stands_before_a_bad_line_is_written(self):
        self.assertEqual(self.bad(1, "standard input, line 3: ", "inverse", stdin="1 0\n0 1\n1 1\n1 0\n"),
                         "1 0\n0 1\n")
        self.assertEqual(self.bad(1, "standard input, line 2: ", "evaluate", "--n", 2, stdin="1\nx\n"),
                         "1 0\n")
        self.assertEqual(self.bad(1, "standard input, line 2: ", "decode", "--n", 2, stdin="01\n02\n"),
                         "1 0\n")

    def test_binary_output_spares_a_terminal(self):
        terminal, slave = pty.openpty()
        try:
            for verb in (["encode", "--format", "binary"], ["route", "--format", "binary"],
                         ["inverse", "--permutations", "binary", "--n", "2"]):
                process = self.start(*verb, stdin=subprocess.DEVNULL, stdout=slave,
                                     stderr=subprocess.PIPE)
                _, message = process.communicate(timeout=TIMEOUT_S)
                self.assertEqual(process.returncode, 2)
                self.assertRegex(message, b"(?s)standard output: binary output on a terminal.*--out FILE")
        finally:
            os.close(terminal)
            os.close(slave)


class Errors(PermTest):
    def test_unknown_words(self):
        self.bad(2, "perm rout: unknown verb, did you mean 'route'\\?.*perm --help", "rout")
        self.bad(2, "--cirquit: unknown option, did you mean '--circuit'", "route", "--cirquit", "benes")
        self.bad(2, "--circuit: 'as-waxman' is unknown, did you mean 'as-waksman'.*one of: crossbar",
                 "route", "--circuit", "as-waxman")
        self.bad(2, "--circuit: 'bens' is unknown, did you mean 'benes'", "evaluate", "--n", 4,
                 "--circuit", "bens")
        self.bad(2, "--code: 'lemer' is unknown, did you mean 'lehmer'", "encode", "--code", "lemer")
        self.bad(2, "--code: 'multset' is unknown, did you mean 'multiset'", "decode", "--n", 4,
                 "--code", "multset")
        for verb in ("encode", "decode", "route", "evaluate"):
            self.bad(2, "--format: 'octal' is unknown.*one of: text", verb, "--n", 4, "--format", "octal")
            self.bad(2, "--permutations: 'words' is unknown", verb, "--n", 4, "--permutations", "words")

    def test_arguments(self):
        self.bad(2, "b: one IN at a time", "check", "a", "b")
        self.bad(2, "cost: takes no argument|perm cost: takes no argument", "cost", "784")
        for verb in ("decode", "evaluate", "cost", "random"):
            self.bad(2, "--n: missing: needed to", verb)
        for verb in ("inverse", "encode", "route", "check"):
            self.bad(2, "--n: missing: binary permutations", verb, "--permutations", "binary")
        self.bad(2, "--n: '0' is not a whole number from 1", "random", "--n", 0)
        self.bad(2, "--n: 'x' is not a whole number", "random", "--n", "x")
        self.bad(2, "--n: 16777216 is more than", "cost", "--n", 1 << 24)
        self.bad(2, "--count: '-1' is not a whole number", "random", "--n", 4, "--count=-1")
        self.bad(2, "--register-every: '0' is not", "cost", "--n", 4, "--register-every", 0)
        self.bad(2, "--then: missing", "compose")
        self.bad(2, "--then: standard input cannot be both", "compose", "--then", "-")
        self.bad(2, "--format: cannot be combined with --digits", "encode", "--format", "binary", "--digits")
        self.bad(2, "--digits: cannot be combined with --rank", "encode", "--rank", "--digits")
        self.bad(2, "--json: cannot be combined with --format", "route", "--json", "--format", "hex")
        self.bad(2, "--digits: only the code lehmer", "encode", "--digits", "--code", "index")

    def test_classes(self):
        self.bad(2, "--classes: '' is not a whole number, 1 or more", "cost", "--classes", "3,")
        self.bad(2, "--classes: '0' is not a whole number, 1 or more", "cost", "--classes", "0,3")
        self.bad(2, "--classes: 'x3' is not", "cost", "--classes", "x3")
        self.bad(2, "--classes: .* slots are more than", "cost", "--classes", "2000000000,2000000000")
        self.bad(2, "--devices: the values are not in ascending order", "cost", "--devices", "1,0")
        self.bad(2, "--n: 5, but the classes have 4 slots", "cost", "--n", 5, "--classes", "2,2")
        self.bad(2, "--classes: cannot be combined with --devices", "cost", "--classes", "1", "--devices", "1")

    def test_files(self):
        for verb in (["check"], ["encode"], ["decode", "--n", 4], ["route"], ["evaluate", "--n", 4],
                     ["inverse"]):
            self.bad(1, "nowhere: cannot open: No such file", *verb, "nowhere")
            self.bad(1, ".*: cannot read: Is a directory", *verb, ".")
        self.bad(1, "nowhere: cannot open", "compose", "--then", "nowhere", stdin="0")
        for verb in (["random", "--n", 4], ["encode"], ["route"], ["inverse"]):
            self.bad(1, "nowhere/out: cannot write: No such file", *verb, "--out", "nowhere/out")
            self.bad(1, "/dev/null: exists and is not a regular file.*--out -", *verb, "--out", "/dev/null")
        self.bad(1, "nowhere/f.svg: cannot write", "route", "--svg", "nowhere/f.svg", stdin="1 0")

    def test_nothing_half_written(self):
        (self.directory / "old").write_text("old")
        before = sorted(os.listdir(self.directory))
        bad_line = "0 1\n" * 2000 + "0 0\n"
        for verb in (["encode"], ["route"], ["inverse"]):
            for name in ("old", "new"):
                self.bad(1, "standard input, line 2001: ", *verb, "--out", name, stdin=bad_line)
        self.assertEqual((self.directory / "old").read_text(), "old")
        self.assertEqual(sorted(os.listdir(self.directory)), before)

    def test_lines_that_are_no_permutation(self):
        cases = {
            "0 0\n": "line 1: the value 0 occurs twice, the second time at entry 1",
            "1 0\n\n# c\n0 3\n": "line 4: entry 1 is 3, outside 0..1",
            "1 2 3\n": "line 1: entry 2 is 3, outside 0..2.*count from 0, not from 1",
            "0 one\n": "line 1: entry 1 is 'one', not a number",
            "0,1\n": "line 1: entry 0 is '0,1', not a number.*separate the entries by blanks",
            "0 -1\n": "line 1: entry 1 is '-1', not a number",
            "0 99999999999999999999\n": "line 1: entry 1 is '99999999999999999999'",
            "0 \x01\x7f" + "y" * 90 + "\n": r"line 1: entry 1 is '\?\?y{22}\.\.\.'",
            "1 - 0\n": "line 1: entry 1 does not matter",
        }
        for line, message in cases.items():
            for verb in ("check", "encode", "inverse"):
                with self.subTest(line=line, verb=verb):
                    self.bad(1, f"standard input, {message}", verb, stdin=line)

    def test_sizes_that_differ(self):
        for verb in ("encode", "route", "inverse"):
            self.bad(1, "standard input, line 2: 3 entries, and the first permutation has 2", verb,
                     stdin="1 0\n0 1 2\n")
        for verb in ("check", "encode", "route"):
            self.bad(1, "standard input, line 1: 2 entries, and n is 3", verb, "--n", 3, stdin="1 0\n")
        self.bad(1, "standard input, line 1: the inputs of class 1 are not in ascending order "
                 r"\(entry 1\)", "check", "--classes", "1,2", stdin="1 2 0")

    def test_compose_of_unequal_files(self):
        (self.directory / "two.txt").write_text("0 1\n1 0\n")
        self.bad(1, "two.txt: holds fewer permutations than standard input", "compose", "--then",
                 "two.txt", stdin="0 1\n1 0\n0 1\n")
        self.bad(1, "two.txt, line 2: no permutation of standard input is left for it", "compose",
                 "--then", "two.txt", stdin="0 1\n")
        self.bad(1, "two.txt, line 1: 2 entries, those of standard input have 3", "compose", "--then",
                 "two.txt", stdin="0 1 2\n")

    def test_binary_permutations(self):
        options = ["--permutations", "binary", "--n", 2]
        good = bytes([1, 0, 0, 0, 0, 0, 0, 0])
        self.bad(1, "standard input, byte 8: a permutation of 2 takes 8 bytes, and only 5 are left",
                 "inverse", *options, stdin=good + good[:5])
        self.bad(1, "standard input, byte 8: the value 0 occurs twice", "check", *options,
                 stdin=good + bytes(8))
        self.bad(1, "standard input, byte 0: entry 1 is 4278190080, too large", "check", *options,
                 stdin=bytes([0, 0, 0, 0, 0, 0, 0, 255]))

    def test_codes_as_text(self):
        self.bad(1, "standard input, line 1: 3 hexadecimal digits are no whole bytes", "decode",
                 "--n", 9, stdin="abc")
        self.bad(1, "standard input, line 1: character 3 is no hexadecimal digit", "decode", "--n", 9,
                 stdin="abcz")
        coded = self.text("encode", stdin=self.good("random", "--n", 40)).strip()
        self.bad(1, "standard input, line 1: ends after", "decode", "--n", 40, stdin=coded[:-4])
        self.bad(1, r"standard input, line 1: \d+ bits are left", "decode", "--n", 40, stdin=coded + "00")
        self.bad(1, "standard input, line 1: .*out of range", "decode", "--n", 40,
                 stdin="ff" * (len(coded) // 2))
        for n in (30, 50):
            self.bad(1, "standard input, line 1: ", "decode", "--n", n, stdin=coded)
        self.bad(1, "standard input, line 1: 3 digits, and n is 4", "decode", "--digits", "--n", 4,
                 stdin="2 0 1")
        self.bad(1, r"standard input, line 1: digit 3 is 1, outside 0\.\.0", "decode", "--digits",
                 "--n", 4, stdin="2 0 1 1")
        self.bad(1, "standard input, line 1: .*ascending", "decode", "--digits", "--classes", "2,2",
                 stdin="2 0 1 0")
        self.bad(1, "standard input, line 1: .*24", "decode", "--rank", "--n", 4, stdin="24")
        for rank in ("-1", "1.5", "99999999999999999999", "1 2"):
            self.bad(1, "standard input, line 1: not a whole number below 2\\^64", "decode", "--rank",
                     "--n", 4, stdin=rank)
        self.bad(1, "rank: permutations of 21 entries .*20", "encode", "--rank",
                 stdin=" ".join(map(str, range(21))))

    def test_codes_as_bytes(self):
        drawn = self.good("random", "--n", 40, "--count", 3)
        for code in CODES:
            with self.subTest(code):
                options = ["--n", 40, "--code", code, "--format", "binary"]
                coded = self.good("encode", *options, stdin=drawn)
                self.bad(1, r"standard input: wiring 2 at byte \d+: ", "decode", *options,
                         stdin=coded[:-2])
                self.bad(1, r"standard input: wiring 3 at byte \d+: ", "decode", *options,
                         stdin=coded + b"\xff")
                other = ["--n", 43, "--code", code, "--format", "binary"]
                self.bad(1, r"standard input: wiring \d at byte \d+: ", "decode", *other, stdin=coded)

    def test_switch_bits_as_text(self):
        routed = self.text("route", stdin="2 0 3 1").strip()
        stages = routed.split()
        same = "same circuit"
        cases = {
            routed + " 1": f"row 3 is too many: the circuit has 3 rows.*{same}",
            " ".join(stages[:2]): f"row 2 is missing: the circuit has 3 rows.*{same}",
            routed.replace(stages[0], stages[0] + "0", 1): r"row 0 has 3 digits for 2 \(2 bits\).*same",
            "2" + routed[1:]: "row 0 has a character at 0 that is neither 0 nor 1",
        }
        for line, message in cases.items():
            with self.subTest(line):
                self.bad(1, f"standard input, line 1: {message}", "evaluate", "--n", 4, stdin=line)
        self.bad(1, "standard input, line 1: row 0 has a character at 0 that is no hexadecimal digit",
                 "evaluate", "--n", 4, "--format", "hex", stdin="g 0 0")
        self.bad(1, "standard input, line 1: row 0 sets bit 3 of 2", "evaluate", "--n", 4,
                 "--format", "hex", stdin="8 0 0")
        self.bad(1, "standard input, line 1: the value 0 occurs twice", "evaluate", "--n", 2,
                 "--circuit", "crossbar", stdin="0 0")
        self.bad(1, "standard input, line 1: ", "evaluate", "--n", 5, stdin=routed)
        self.bad(1, "standard input, line 1: ", "evaluate", "--n", 4, "--circuit", "benes", stdin=routed)

    def test_switch_bits_as_bytes(self):
        options = ["--n", 4, "--format", "binary"]
        routed = self.good("route", "--format", "binary", stdin="2 0 3 1\n0 1 2 3\n")
        self.assertEqual(len(routed), 2 * 3 * 4)
        self.bad(1, "standard input, byte 12: a set takes 12 bytes, and only 11 are left", "evaluate",
                 *options, stdin=routed[:-1])
        self.bad(1, "standard input, byte 12: row 2 sets a bit behind its 1 bits", "evaluate",
                 *options, stdin=routed[:-1] + b"\x80")
        self.bad(2, "--format: a circuit of one line has no bytes", "evaluate", "--n", 1,
                 "--format", "binary")

    def test_live_and_stuck(self):
        self.bad(2, "--live: '9' is not a whole number from 0 to 8", "random", "--n", 8, "--live", 9)
        self.bad(2, "--live: '9' is not a whole number from 0 to 8", "cost", "--n", 8, "--live", 9)
        self.bad(2, "--live: cannot be combined with --classes", "random", "--live", 2, "--classes", "4,4")
        for text in ("1", "1:2", "1:2:3", "1:2:0:0", "a:0:1", "-1:0:1", "0:0:1,"):
            self.bad(2, "--stuck: '.*' is not STAGE:INDEX:0 or STAGE:INDEX:1", "route",
                     f"--stuck={text}", stdin="0 1 2 3")
        for circuit in ("bitonic", "crossbar", "index"):
            self.bad(2, f"--stuck: {circuit} has only one way", "route", "--circuit", circuit,
                     "--stuck", "0:0:1", stdin="0 1 2 3")
        for text in ("9:0:1", "0:9:1", "0:0:1,0:0:0"):
            self.bad(1, ".*(stage|switch|stuck)", "route", "--stuck", text, stdin="0 1 2 3")
        self.bad(1, "standard input, line 2: no setting of the other switches realises it", "route",
                 "--stuck", "0:0:0", stdin="0 1\n1 0\n")
        self.bad(1, r"standard input, line 1: no way around the stuck switches after \d+ choices"
                 ".*--limit", "route", "--circuit", "benes", "--limit", 1, "--stuck", "0:3:1",
                 stdin=self.good("random", "--n", 32))
        for verb in (["encode"], ["inverse"]):
            self.bad(1, "standard input, line 1: entry 0 does not matter.*only a router", *verb, stdin="- 0")
        self.bad(1, "standard input, line 1: the value 1 occurs twice|standard input, line 1: .*twice",
                 "route", stdin="1 1 -")

    def test_drawings(self):
        self.bad(2, "--svg: 65 lines are too many to draw.*up to 64 lines", "route", "--svg", "f.svg",
                 stdin=self.good("random", "--n", 65))
        self.assertFalse((self.directory / "f.svg").exists())
        self.bad(1, "--svg: there is no permutation to draw", "route", "--svg", "f.svg")


if __name__ == "__main__":
    unittest.main()
