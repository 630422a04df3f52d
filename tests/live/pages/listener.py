#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""listener.py FILE PORT [CERTIFICATE]: answers each request with 200, and writes it into FILE, a line of JSON each."""
import http.server
import json
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[1], "a", encoding="utf-8") as out:
            print(json.dumps({"path": self.path, "authorization": self.headers.get("Authorization"),
                              "type": self.headers.get("Content-Type"), "body": body.decode()}), file=out)
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"taken")

    do_GET = do_POST = answer  # noqa: N815 (the names that the library looks for)

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
