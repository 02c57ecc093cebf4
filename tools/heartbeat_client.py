#!/usr/bin/env python3
"""Sends heartbeats of one node to an attestation hub. Python 3.8 or later; unsigned heartbeats need nothing but the standard library.

    python3 tools/heartbeat_client.py --node-id node-A --build core-2026.01.15 \\
        --capability heartbeat --capability zone:worker --capability gpu:false

A hub that knows the tokens of its nodes wants the node's own in TOUCHSTONE_HEARTBEAT_TOKEN. With --key the heartbeats are signed: by the package
`cryptography` where it is there, else by the program `openssl` (3 or later). The first time, --join registers the key with a join token, and makes
the file where there is none. docs/nodes.md tells what the hub makes of it.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone

TIMEOUT_SECONDS = 10


def compute_capability_hash(capabilities):
    """SHA-256, as hex, of the JSON array of the capabilities: each once, sorted, without spaces (RFC 8785)."""
    canonical = json.dumps(sorted(set(capabilities)), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def attestation(build_id, capabilities):
    """What a node says about itself."""
    return {
        "schema": "attestation_v1",
        "build_id": build_id,
        "capability_hash": compute_capability_hash(capabilities),
        "runtime": {"os": platform.system().lower(), "python": platform.python_version()},
    }


def heartbeat(node_id, attested=None, health="GREEN", ts_utc=None):
    """One heartbeat; without an attestation the hub calls the node MISSING and holds nothing against it."""
    message = {
        "node_id": node_id,
        "health": health,
        "ts_utc": ts_utc or datetime.now(timezone.utc).isoformat(),
    }
    return message if attested is None else {**message, "attestation": attested}


def ask(url, path, message=None, token=None):
    """Asks the hub, or posts to it, and returns its answer. Raises urllib.error.HTTPError when it refuses."""
    headers = {"content-type": "application/json"} if message is not None else {}
    if token:
        headers["authorization"] = "Bearer " + token
    data = json.dumps(message).encode("utf-8") if message is not None else None
    request = urllib.request.Request(url.rstrip("/") + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
        return json.load(response)


def send(url, message, token=None):
    """Posts a heartbeat and returns what the hub holds of the node then. Raises urllib.error.HTTPError when it is refused."""
    return ask(url, "/api/hosts/heartbeat", message, token)


def statement(domain, members):
    """The bytes that a node signs: a name of their own, and the members in canonical form (RFC 8785)."""
    canonical = json.dumps(members, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return ("touchstone." + domain + ".v1|" + canonical).encode("utf-8")


class Key:
    """An Ed25519 key in a file (PKCS #8, PEM), which is made where there is none. It never leaves the machine."""

    def __init__(self, path):
        self.path = path
        try:
            from cryptography.hazmat.primitives import serialization
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        except ImportError:
            self._private = None
            if not os.path.exists(path):
                self._write(self._openssl("genpkey", "-algorithm", "ed25519"))
            public = self._openssl("pkey", "-in", path, "-pubout", "-outform", "DER")[-32:]
        else:
            raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
            if not os.path.exists(path):
                pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                self._write(Ed25519PrivateKey.generate().private_bytes(*pem))
            with open(path, "rb") as file:
                self._private = serialization.load_pem_private_key(file.read(), None)
            public = self._private.public_key().public_bytes(*raw)
        self.public_key = public.hex()
        self.key_id = hashlib.sha256(public).hexdigest()

    def sign(self, message):
        """64 bytes as hex."""
        if self._private is not None:
            return self._private.sign(message).hex()
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            return self._openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", file.name).hex()

    def _write(self, pem):
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)

    @staticmethod
    def _openssl(*arguments):
        return subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.PIPE).stdout


def join(url, node_id, key, token):
    """Registers the key of a node with a join token, and returns the nonce of its first heartbeat."""
    body = {"token": token, "node_id": node_id, "public_key": key.public_key}
    return ask(url, "/v1/nodes/join", {**body, "proof": key.sign(statement("join", body))})["nonce"]


def signed(message, key, nonce):
    """The heartbeat with a signature over all of it."""
    signature = {"key_id": key.key_id, "nonce": nonce}
    value = key.sign(statement("heartbeat", {**message, "signature": signature}))
    return {**message, "signature": {**signature, "value": value}}


class Node:
    """One node: what it says, its key if it has one, and the nonce that the hub handed out last."""

    def __init__(self, options, token):
        self.options, self.token = options, token
        self.attested = attestation(options.build, options.capability) if options.build else None
        self.key = Key(options.key) if options.key else None
        self.nonce, self.sequence, self.boot_id = None, 0, os.urandom(16).hex()

    def beat(self):
        """Sends one heartbeat and returns the answer."""
        url, node_id = self.options.url, self.options.node_id
        self.sequence += 1
        message = heartbeat(node_id, self.attested, self.options.health)
        message = {**message, "boot_id": self.boot_id, "sequence": self.sequence}
        if self.key is None:
            return send(url, message, self.token)
        if self.options.join:
            self.nonce, self.options.join = join(url, node_id, self.key, self.options.join), None
        nonce = self.nonce or ask(url, "/v1/nodes/" + urllib.parse.quote(node_id) + "/nonce")["nonce"]
        # Whatever becomes of this heartbeat, its nonce is not used again.
        self.nonce = None
        answer = send(url, signed(message, self.key, nonce), self.token)
        self.nonce = answer["nonce"]
        return answer


def main():
    parser = argparse.ArgumentParser(description="Sends heartbeats of one node to an attestation hub.")
    parser.add_argument("--url", default="http://127.0.0.1:8787", help="where the hub is (default: %(default)s)")
    parser.add_argument("--node-id", required=True)
    parser.add_argument("--build", help="build id; without it no attestation is sent")
    parser.add_argument("--capability", action="append", default=[], help="may be given several times")
    parser.add_argument("--health", default="GREEN", choices=["GREEN", "YELLOW", "RED", "DEAD"])
    parser.add_argument("--interval", type=float, help="seconds between two heartbeats; without it one is sent")
    parser.add_argument("--key", help="file of the node's private key (PEM); with it heartbeats are signed")
    parser.add_argument("--join", metavar="TOKEN", help="join token with which the key is registered first")
    options = parser.parse_args()
    if options.join and not options.key:
        parser.error("--join needs --key")
    node = Node(options, os.environ.get("TOUCHSTONE_HEARTBEAT_TOKEN"))
    while True:
        try:
            print(json.dumps(node.beat()), flush=True)
        except urllib.error.HTTPError as error:
            print(error.read().decode("utf-8", "replace"), file=sys.stderr)
            if options.interval is None:
                return 1
        except OSError as error:
            print(f"{options.url} does not answer: {error}", file=sys.stderr)
            if options.interval is None:
                return 1
        if options.interval is None:
            return 0
        time.sleep(options.interval)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
