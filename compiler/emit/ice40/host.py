#!/usr/bin/env python3
"""Talks to @NAME@ over its serial line.

    host.py PORT status                          what is loaded, what went wrong
    host.py PORT load load.hex                   loads a configuration
    host.py PORT select N                        runs context N from the next image on
    host.py PORT run pixels.hex [expected.hex]   sends images, prints classes, compares the answers
"""
import os
import struct
import sys
import termios

BAUD = termios.B@BAUD@
BEATS, BEAT_BYTES, RESULT_WORDS = @BEATS@, @BEAT_BYTES@, @RESULT_WORDS@


def open_port(path):
    port = os.open(path, os.O_RDWR | os.O_NOCTTY)
    attributes = termios.tcgetattr(port)
    attributes[0] = attributes[1] = attributes[3] = 0
    attributes[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    attributes[4] = attributes[5] = BAUD
    attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 0, 20
    termios.tcsetattr(port, termios.TCSANOW, attributes)
    return port


def receive(port, count):
    data = b""
    while len(data) < count:
        more = os.read(port, count - len(data))
        if not more:
            sys.exit(f"host.py: no answer within two seconds ({len(data)} of {count} bytes)")
        data += more
    return data


def send(port, data):
    while data:
        data = data[os.write(port, data):]


def answer(port, head, count):
    data = receive(port, 1 + count)
    if data[:1] != head:
        sys.exit(f"host.py: the chip answers {data[:1]!r}, expected {head!r}")
    return data[1:]


def words_of(path):
    with open(path, encoding="ascii") as file:
        return [int(line, 16) for line in file]


def status(port):
    send(port, b"Q")
    active, valid, error, flags = answer(port, b"S", 4)
    print(f"context {active} runs, loaded {valid:02b}, load error {error}, image dropped {flags & 1}, "
          f"line fault {flags >> 1 & 1}")
    return error


def run(port, images, expected):
    beats = words_of(images)
    wanted = words_of(expected) if expected else None
    wrong = 0
    for image in range(len(beats) // BEATS):
        send(port, b"P" + b"".join(beat.to_bytes(BEAT_BYTES, "little")
                                   for beat in beats[image * BEATS:(image + 1) * BEATS]))
        words = list(struct.unpack(f"<{RESULT_WORDS}I", answer(port, b"R", 4 * RESULT_WORDS)))
        same = wanted is None or words == wanted[image * RESULT_WORDS:(image + 1) * RESULT_WORDS]
        wrong += not same
        print(f"image {image}: class {words[-1]}{'' if same else ', wrong'}")
    if wanted:
        print(f"mismatches: {wrong} / {len(beats) // BEATS}")
    return wrong


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    port = open_port(arguments[0])
    command, rest = arguments[1], arguments[2:]
    if command == "status":
        return status(port)
    if command == "load" and len(rest) == 1:
        words = words_of(rest[0])
        send(port, b"L" + struct.pack("<I", len(words)) + struct.pack(f"<{len(words)}I", *words))
        return status(port)
    if command == "select" and len(rest) == 1:
        send(port, b"S" + bytes([int(rest[0])]))
        return status(port)
    if command == "run" and 1 <= len(rest) <= 2:
        return run(port, rest[0], rest[1] if len(rest) == 2 else None)
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
