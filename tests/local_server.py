"""A server on this machine, which serves what it should or not."""

import http.server


class Server(http.server.BaseHTTPRequestHandler):
    """Serves ``body`` as ``how`` says: whole, cut off, in chunks of which the last is missing."""

    body, how = b"", "whole"

    def do_GET(self):
        if self.how == "missing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.how == "chunks":
            self.protocol_version = "HTTP/1.1"
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"100000\r\n" + self.body[:100])
            return
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        sent = self.body[: len(self.body) // 2] if self.how == "cut" else self.body
        self.wfile.write(sent)

    def log_message(self, *_):
        pass
