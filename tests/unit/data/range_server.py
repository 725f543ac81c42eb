"""Serves a directory on loopback for the tests of `fetch`.

usage: range_server.py DIRECTORY

Prints its port. FOLDER.log in DIRECTORY gets a line a request of FOLDER/FILE: FILE RANGE-HEADER.
Byte ranges are served as the big servers do it: 206 from the offset, 416 for an offset at or beyond
the end; not at all in a folder whose name ends in "-no-ranges".
"""

import http.server
import sys
from pathlib import Path

directory = Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers.get("Range", "-")
        folder, name = self.path.strip("/").split("/")
        with (directory / f"{folder}.log").open("a") as log:
            log.write(f"{name} {wanted}\n")
        path = directory / folder / name
        if not path.is_file():
            self.send_error(404)
            return
        content, start = path.read_bytes(), 0
        if wanted.startswith("bytes=") and not folder.endswith("-no-ranges"):
            start = int(wanted[6:].rstrip("-"))
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:])

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
