"""An issuer of tokens over HTTPS, whose certificate an authority of its own has signed (F-WEB-5)."""

import http.server
import json
import threading
import time

import botocore
import pytest
from accountd import refusal
from company import MEMBER
from joserfc import jwk, jwt
from troubled import authority

AUDIENCE = "sts.amazonaws.com"


class Issuer:
    """Publishes its keys over TLS, under its address or under a name that its certificate does not have."""

    def __init__(self, context):
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "one"})
        self.asked = 0
        self.keys_at = None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, host="127.0.0.1"):
        return f"https://{host}:{self.port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def token(self, url):
        now = int(time.time())
        claims = {"iss": url, "aud": AUDIENCE, "sub": "run", "iat": now, "exp": now + 300}
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def handler(issuer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                issuer.asked += 1
                url = issuer.url()
                page = {
                    "/.well-known/openid-configuration": {"issuer": url, "jwks_uri": issuer.keys_at or f"{url}/keys"},
                    "/keys": {"keys": [issuer.key.as_dict(private=False)]},
                }[self.path]
                body = json.dumps(page).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


@pytest.fixture
def secured(tmp_path):
    """The issuer, and the file of who trusts it."""
    context, trusted = authority(tmp_path)
    issuer = Issuer(context)
    yield issuer, trusted
    issuer.stop()


def opens(server, issuer, url):
    """A call that opens a role of the member's with a token of the issuer at `url`, which was made a provider first."""
    iam = server.client("iam", server.root(MEMBER))
    provider = iam.create_open_id_connect_provider(Url=url, ClientIDList=[AUDIENCE])["OpenIDConnectProviderArn"]
    name = url.removeprefix("https://")
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{name}:sub": "run", f"{name}:aud": AUDIENCE}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName=f"run-{name.split(':')[0]}", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    sts = server.client("sts", signature_version=botocore.UNSIGNED)
    members = {"RoleArn": role, "RoleSessionName": "run-1", "WebIdentityToken": issuer.token(url)}
    return lambda: sts.assume_role_with_web_identity(**members)


def test_an_issuer_is_asked_over_tls_by_the_file_of_who_is_trusted_f_web_5(start, secured):
    """`SSL_CERT_FILE` names the authorities, as for buckets (F-S3-5); the name in the certificate must be the one asked."""
    issuer, trusted = secured
    server = start(environment={"SSL_CERT_FILE": str(trusted)})
    opened = opens(server, issuer, issuer.url())()
    assert opened["SubjectFromWebIdentityToken"] == "run" and issuer.asked == 2
    arn = f"arn:aws:sts::{MEMBER}:assumed-role/run-127.0.0.1/run-1"
    assert opened["AssumedRoleUser"]["Arn"] == arn
    refused = refusal(opens(server, issuer, issuer.url("localhost")))
    assert (refused.code, issuer.asked) == ("IDPCommunicationError", 2)


def test_who_signed_an_issuers_certificate_must_be_trusted_f_web_5(start, secured):
    issuer, _ = secured
    refused = refusal(opens(start(), issuer, issuer.url()))
    assert (refused.status, refused.code, issuer.asked) == (400, "IDPCommunicationError", 0)


def test_an_issuer_over_tls_leads_to_no_keys_without_it_f_web_5(start, secured):
    issuer, trusted = secured
    issuer.keys_at = f"http://127.0.0.1:{issuer.port}/keys"
    refused = refusal(opens(start(environment={"SSL_CERT_FILE": str(trusted)}), issuer, issuer.url()))
    assert (refused.code, issuer.asked) == ("InvalidIdentityToken", 1)
