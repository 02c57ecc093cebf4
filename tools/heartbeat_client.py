#!/usr/bin/env python3
"""Sends heartbeats of one node to an attestation hub. Python 3.8 or later, nothing but the standard library.

    python3 tools/heartbeat_client.py --node-id node-A --build core-2026.01.15 \\
        --capability heartbeat --capability zone:worker --capability gpu:false

A hub that knows the tokens of its nodes wants the node's own in TOUCHSTONE_HEARTBEAT_TOKEN. docs/nodes.md tells what the hub makes of it.
"""

import argparse
import hashlib
import json
import os
import platform
import sys
import time
import urllib.error
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


def send(url, message, token=None):
    """Posts a heartbeat and returns what the hub holds of the node then. Raises urllib.error.HTTPError when it is refused."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = "Bearer " + token
    request = urllib.request.Request(
        url.rstrip("/") + "/api/hosts/heartbeat", data=json.dumps(message).encode("utf-8"), headers=headers
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
        return json.load(response)


def main():
    parser = argparse.ArgumentParser(description="Sends heartbeats of one node to an attestation hub.")
    parser.add_argument("--url", default="http://127.0.0.1:8787", help="where the hub is (default: %(default)s)")
    parser.add_argument("--node-id", required=True)
    parser.add_argument("--build", help="build id; without it no attestation is sent")
    parser.add_argument("--capability", action="append", default=[], help="may be given several times")
    parser.add_argument("--health", default="GREEN", choices=["GREEN", "YELLOW", "RED", "DEAD"])
    parser.add_argument("--interval", type=float, help="seconds between two heartbeats; without it one is sent")
    options = parser.parse_args()
    token = os.environ.get("TOUCHSTONE_HEARTBEAT_TOKEN")
    attested = attestation(options.build, options.capability) if options.build else None
    while True:
        try:
            print(json.dumps(send(options.url, heartbeat(options.node_id, attested, options.health), token)), flush=True)
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
