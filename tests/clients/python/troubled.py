"""A server before another one that makes trouble as it is told: it refuses, breaks off, is slow, is away, or speaks TLS."""

import contextlib
import datetime
import http.client
import http.server
import ipaddress
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Troubled:
    """Passes requests on to `port`, but for what `trouble` does to a PUT: it gets the number of the PUT, and says `refuse`,
    `break`, `wait`, or nothing."""

    def __init__(self, port, tls=None):
        self.behind = port
        self.tls = tls
        self.trouble = lambda number: None
        self.puts = 0
        self.lock = threading.Lock()
        self.server = None
        self.port = 0
        self.start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def start(self):
        """At the port that it had before, if it had one."""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.handler())
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def handler(troubled):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                trouble = None
                if self.command == "PUT":
                    with troubled.lock:
                        troubled.puts += 1
                        trouble = troubled.trouble(troubled.puts)
                self.close_connection = True
                if trouble == "break":
                    return
                if trouble == "refuse":
                    self.answer(503, [], b"<Error><Code>SlowDown</Code></Error>")
                    return
                if trouble == "wait":
                    time.sleep(0.5)
                connection = http.client.HTTPConnection("127.0.0.1", troubled.behind, timeout=30)
                with contextlib.closing(connection):
                    connection.request(self.command, self.path, body, dict(self.headers.items()))
                    answer = connection.getresponse()
                    kept = [(name, value) for name, value in answer.getheaders() if name.lower() == "content-type"]
                    self.answer(answer.status, kept, answer.read())

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_HEAD = pass_on

        return Handler


def authority(directory):
    """A certificate for 127.0.0.1 by an authority of its own: what a server speaks TLS with, and the file of who trusts it."""

    def certificate(name, key, issuer, signer, **extensions):
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        for critical, extension in extensions.values():
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(signer, hashes.SHA256())

    def named(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    own, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = certificate(
        named("trouble"), own, named("trouble"), own, basic=(True, x509.BasicConstraints(ca=True, path_length=None))
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    server = certificate(named("server"), key, named("trouble"), own, names=(False, address))
    trusted, chain = directory / "trusted.pem", directory / "server.pem"
    trusted.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(secret + server.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, trusted
