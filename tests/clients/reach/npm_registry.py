"""A registry of npm that has the packages of one release and nothing else, as far as `npm` asks one to install them."""

import base64
import hashlib
import http.server
import json
import tarfile
import threading
import urllib.parse


class Registry:
    """Serves packed packages while it is entered; `asked` are the names that were asked for."""

    def __init__(self, packed):
        self.asked = []
        self._tarballs = {path.name: path.read_bytes() for path in packed}
        self._packages = {}
        for path in packed:
            with tarfile.open(path) as archive:
                package = json.load(archive.extractfile("package/package.json"))
            self._packages[package["name"]] = (package, path.name)

    def __enter__(self):
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request; what is not here is not found."""

            def do_GET(self):
                path = urllib.parse.unquote(self.path.partition("?")[0])
                registry.asked.append(path)
                body = registry._tarballs.get(path.rpartition("/")[2]) or registry._described(path.removeprefix("/"))
                self.send_response(200 if body else 404)
                self.send_header("Content-Length", str(len(body or b"{}")))
                self.end_headers()
                self.wfile.write(body or b"{}")

            def log_message(self, *_):
                """Says nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _described(self, name):
        """What a registry says of a package: its versions, and where each lies."""
        if name not in self._packages:
            return None
        package, file = self._packages[name]
        digest = base64.b64encode(hashlib.sha512(self._tarballs[file]).digest()).decode()
        here = {"tarball": f"{self.url}-/{file}", "integrity": f"sha512-{digest}"}
        version = package["version"]
        described = {"name": name, "dist-tags": {"latest": version}, "versions": {version: package | {"dist": here}}}
        return json.dumps(described).encode()
