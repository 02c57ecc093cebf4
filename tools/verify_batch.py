#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies signed batches of events without any Touchstone code.

Written from docs/reference/protocol.md (sections 1, 4 and 5) and docs/event-batches.md alone. Needs Python 3.9 or later and the
package `cryptography`; no network. What it shares with tools/verify_independent.py, which stands beside it, is imported from there.

    python3 tools/verify_batch.py FOLDER [--keystore FILE] [--batch TIME] [--now TIME] [--json]

Exit code: 0 valid, 1 invalid, 2 usage, 4 I/O, 5 keystore.
"""
import argparse
import json
import os
import re
import sys
import time

from cryptography.hazmat.primitives.asymmetric import ed25519

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import verify_independent as base  # noqa: E402

EVENTS_MAX = 1_000_000
EVENT_DEPTH_MAX = 62
RETIREMENT_SECONDS = 7 * 24 * 3600
SKEW_SECONDS = 300
TIMES = {
    "event-batch-v1": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    "event-batch-v2": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z",
}
FORMAT = base.one_of(*TIMES)
COUNT = base.integer(1, EVENTS_MAX)
HEAD = {"format": FORMAT, "batch_ts": base.chars(0, 32), "kid": base.KEY_ID, "leaf_count": COUNT, "merkle_root": base.HASH}
SIGNATURE = {**HEAD, "alg": base.one_of("Ed25519"), "signature": base.chars(1, 262_144)}
PROOF = base.list_of(
    {"batch_ts": base.chars(0, 32), "merkle_root": base.HASH, "leaf_count": COUNT, "prev_root": base.or_null(base.HASH)},
    0,
    100_000,
)


KEY_ENTRY = {name: form for name, form in base.KEY.items() if name != "domains?"}


class Invalid(Exception):
    """A batch that is refused; its text is one of the reasons of docs/event-batches.md."""


def need(condition, reason):
    if not condition:
        raise Invalid(reason)


# ---------------------------------------------------------------------------------------------- 1. JSON


class Members(list):
    """The members of an object in the order of the text, a name that occurs twice included."""


class Number(str):
    """The text of a number."""


def _constant(name):
    raise ValueError(f"{name} is not JSON")


def parse(data):
    """Bytes to lists, Members, texts and Numbers; what evidence may not hold is looked for by `strict`."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("not-utf8") from None
    try:
        return json.loads(text, object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=_constant)
    except json.JSONDecodeError as error:
        ended = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        raise Invalid("cut-off" if ended else "not-json") from None
    except (ValueError, RecursionError):
        raise Invalid("not-json") from None


def strict(value, reason, depth):
    """What evidence may hold (section 1): each name once, no lone surrogates, numbers within 2^53 - 1, `depth` levels."""
    if isinstance(value, Number):
        number = float(value)
        need(abs(number) <= base.NUMBER_MAX, reason)
        return int(number) if number == int(number) else number
    if isinstance(value, str):
        need(not re.search("[\ud800-\udfff]", value), reason)
    elif isinstance(value, list):
        need(depth > 0, reason)
        if not isinstance(value, Members):
            return [strict(item, reason, depth - 1) for item in value]
        names = [strict(name, reason, depth) for name, _ in value]
        need(len(set(names)) == len(names), reason)
        return {name: strict(item, reason, depth - 1) for name, item in value}
    return value


# ------------------------------------------------------------------------------------- 4, 5. events and trees


def event_of(value):
    """An event from `parse`: its id, and the bytes that are hashed."""
    need(isinstance(value, Members), "event-not-an-object")
    event = strict(value, "event-not-json", EVENT_DEPTH_MAX)
    canonical = base.jcs(event, fractions=True).encode()
    need(len(canonical) <= base.EVENT_BYTES_MAX, "too-large")
    identity = event.get("id")
    need(isinstance(identity, str) and 1 <= len(identity.encode()) <= base.EVENT_ID_BYTES_MAX, "event-id")
    return identity.encode(), canonical


def leaf_of(canonical, form):
    if form == "event-batch-v2":
        return base.leaf_hash(base.sha256(b"touchstone.event.v2|" + canonical))
    need(len(canonical) != 64, "event-length-64")
    return base.sha256(canonical)


def root_of(leaves, form):
    """Of a list of leaf hashes, which is not empty."""
    if form == "event-batch-v2":
        return _rfc9162(leaves)
    while len(leaves) > 1:
        pairs = [(leaves[i], leaves[min(i + 1, len(leaves) - 1)]) for i in range(0, len(leaves), 2)]
        leaves = [base.sha256(left + right) for left, right in pairs]
    return leaves[0]


def _rfc9162(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return base.sha256(b"\x01" + _rfc9162(leaves[:split]) + _rfc9162(leaves[split:]))


def message_of(root_hex, batch_ts):
    """What version 1 signs."""
    return f"{root_hex}|{batch_ts}".encode()


def note_body(batch_id, tenant, count, root_hex, batch_ts, previous):
    """What version 2 signs."""
    return (
        f"touchstone.dev/event-batch/v2\nbatch {batch_id}\ntenant {tenant}\n"
        f"tree rfc9162-sha256 {count} {root_hex}\ntime {batch_ts}\nprevious {previous}\n"
    )


def sign(seed, form, events, batch_ts, name, batch_id="", tenant="-", previous="-"):
    """Root and signature of a list of events from `parse`, in any order."""
    ordered = sorted(map(event_of, events))
    root = root_of([leaf_of(canonical, form) for _, canonical in ordered], form).hex()
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    if form == "event-batch-v1":
        return root, key.sign(message_of(root, batch_ts)).hex()
    body = note_body(batch_id, tenant, len(ordered), root, batch_ts, previous)
    line = base.base64.b64encode(key_id(name, key.public_key().public_bytes_raw()) + key.sign(body.encode())).decode()
    return root, f"{body}\n— {name} {line}\n"


def key_id(name, public_key):
    return base.sha256(name.encode() + b"\n\x01" + public_key)[:4]


# ------------------------------------------------------------------------------------------ 5. signed batches


def document(data, form, bytes_max):
    need(len(data) <= bytes_max, "too-large")
    value = strict(parse(data), "not-json", base.DEPTH_MAX)
    if isinstance(value, dict):
        need(not isinstance(value.get("format"), str) or value["format"] in TIMES, "unknown-format")
        need(form is not SIGNATURE or not isinstance(value.get("alg"), str) or value["alg"] == "Ed25519", "algorithm")
    need(base.fits(value, form), "document-shape")
    return value


def seconds(batch_ts, form):
    need(re.fullmatch(TIMES[form], batch_ts), "batch-time")
    try:
        return base.seconds(batch_ts)
    except base.Refused:
        raise Invalid("batch-time") from None


def read_batch(data, form, count):
    """The head of a batch file, and the root over its events."""
    value = parse(data)
    need(isinstance(value, Members), "no-events" if not data.strip() else "not-json")
    names = [name for name, _ in value]
    need(len(set(names)) == len(names) and "events" in names, "document-shape")
    events = dict(value)["events"]
    need(isinstance(events, list) and not isinstance(events, Members), "not-json")
    leaves, last = [], None
    for item in events:
        identity, canonical = event_of(item)
        if last is not None:
            need(identity != last[0], "duplicate-leaf" if canonical == last[1] else "duplicate-id")
            need(identity > last[0], "out-of-order")
        need(len(leaves) < count, "too-many-events")
        leaves.append(leaf_of(canonical, form))
        last = identity, canonical
    head = strict(Members(pair for pair in value if pair[0] != "events"), "not-json", base.DEPTH_MAX)
    need(not isinstance(head.get("format"), str) or head["format"] in TIMES, "unknown-format")
    need(base.fits(head, HEAD), "document-shape")
    need(leaves, "no-events")
    need(len(leaves) == count, "cut-off")
    return head, root_of(leaves, form).hex()


def check_key(keystore, kid, at, now):
    key = next((key for key in keystore if key["kid"] == kid), None)
    need(key, "unknown-key")
    need(base.state_at(key, now) == key["status"], "key-status")
    need(key["use"] == "event-batch", "other-use")
    need(at >= base.seconds(key["not_before"]), "key-not-yet-valid")
    need(at <= base.seconds(key["not_after"]), "key-expired")
    need(at <= now + SKEW_SECONDS, "declared-in-the-future")
    need(now <= base.seconds(key["not_after"]) + RETIREMENT_SECONDS, "key-retired")
    since = key.get("compromised_since")
    need("revoked_at" not in key or (since and now < base.seconds(since)), "key-revoked")
    return key


def check_signature(signature, key, previous):
    public_key = bytes.fromhex(key["public_key"])
    if signature["format"] == "event-batch-v1":
        need(re.fullmatch("[0-9a-f]{128}", signature["signature"]), "bad-signature")
        message = message_of(signature["merkle_root"], signature["batch_ts"])
        return need(base.accepts(base.check_ed25519, message, bytes.fromhex(signature["signature"]), public_key), "bad-signature")
    text, lines = read_note(signature["signature"])
    body = re.fullmatch(
        r"touchstone\.dev/event-batch/v2\nbatch [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n"
        r"tenant (-|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\ntree rfc9162-sha256 ([1-9][0-9]{0,15}) ([0-9a-f]{64})\n"
        r"time (\S{24})\nprevious (-|[0-9a-f]{64})\n",
        text,
    )
    need(body, "note-shape")
    tenant, count, root, batch_ts, before = body.groups()
    need(batch_ts == signature["batch_ts"], "re-dated")
    need(root == signature["merkle_root"] and int(count) == signature["leaf_count"], "not-of-this-batch")
    need(base.is_key_name(key.get("name")), "key-without-name")
    wanted = key["name"], key_id(key["name"], public_key)
    checked = [base.accepts(base.check_ed25519, text.encode(), data[4:], public_key) for name, data in lines if (name, data[:4]) == wanted]
    need(any(checked), "bad-signature")
    need(tenant == "-", "not-of-this-batch")
    if previous is not None:
        need(before == previous, "previous-mismatch")


def read_note(source):
    """Text of a signed note, and its lines as (name, key id and signature)."""
    body, separator, tail = source.rpartition("\n\n")
    need(separator and tail.endswith("\n") and not re.search(r"[\x00-\x09\x0b-\x1f]", source), "note-shape")
    try:
        lines = [base.Note._signature(line) for line in tail[:-1].split("\n")]
    except base.Refused:
        raise Invalid("note-shape") from None
    return body + "\n", [(name, identity + signature) for name, identity, signature, _ in lines]


def note_hash(signature):
    return base.sha256(read_note(signature["signature"])[0].encode()).hex()


def check_proof(entries):
    last, root = None, None
    for entry in entries:
        form = next((form for form in TIMES if re.fullmatch(TIMES[form], entry["batch_ts"])), None)
        need(form, "batch-time")
        at = seconds(entry["batch_ts"], form)
        need(last is None or at > last, "proof-order")
        need(entry["prev_root"] == root, "proof-chain")
        last, root = at, entry["merkle_root"]


def verify(batch, signature, keystore, now, batch_ts=None, proof=None, earlier=None, previous=None):
    """Raises Invalid with the first condition that fails, in the order of docs/event-batches.md.

    `keystore` is a list of keys, `previous` what the note has to name: `-`, the hash of the note before, or None.
    """
    signed = document(signature, SIGNATURE, 262_144)
    at = seconds(signed["batch_ts"], signed["format"])
    need(batch_ts in (None, signed["batch_ts"]), "re-dated")
    head, root = read_batch(batch, signed["format"], signed["leaf_count"])
    need(head["batch_ts"] == signed["batch_ts"], "re-dated")
    need(all(head[name] == signed[name] for name in HEAD), "not-of-this-batch")
    need(root == signed["merkle_root"], "root-mismatch")
    check_signature(signed, check_key(keystore, signed["kid"], at, now), previous)
    if proof is not None:
        entries = document(proof, PROOF, 33_554_432) if isinstance(proof, bytes) else proof
        check_proof(entries)
        if earlier is not None:
            kept = document(earlier, PROOF, 33_554_432)
            need(entries[: len(kept)] == kept, "proof-regressed")
        listed = [entry for entry in entries if entry["batch_ts"] == signed["batch_ts"]]
        same = ("merkle_root", "leaf_count")
        need(listed and all(listed[0][name] == signed[name] for name in same), "not-in-proof")
    return signed


# --------------------------------------------------------------------------------------------- command line


def read_keystore(data, now):
    """A list of keys. Raises base.Refused; a status that contradicts the times refuses its key alone, in `check_key`."""
    keystore = base.read_json(data, 1_048_576)
    base.need(base.fits(keystore, {"version": base.one_of(1), "keys": base.list_of(KEY_ENTRY, 0, 256)}), "not a keystore")
    for member in ("kid", "public_key"):
        values = [key[member] for key in keystore["keys"]]
        base.need(len(set(values)) == len(values), f"a {member} twice")
    for key in keystore["keys"]:
        base.check_key({**key, "status": base.state_at(key, now)}, now)
    return keystore["keys"]


def read_file(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def stamp(batch_ts):
    return re.sub("[-:.]", "", batch_ts)


def verify_folder(folder, keystore, now, batch_ts=None):
    entries = document(read_file(folder, "proof_append_only.json"), PROOF, 33_554_432)
    check_proof(entries)
    names = {f"{kind}_{stamp(entry['batch_ts'])}.json" for entry in entries for kind in ("batch", "signature")}
    stamped = re.compile(r"(?:batch|signature)_\d{8}T\d{6}(?:\d{3})?Z\.json")
    unlisted = [name for name in os.listdir(folder) if stamped.fullmatch(name) and name not in names]
    unfinished = os.path.exists(os.path.join(folder, ".proof_append_only.json.tmp"))
    need(not unlisted or unfinished, "proof-regressed")
    need(entries, "not-in-proof")
    chosen = batch_ts or entries[-1]["batch_ts"]
    times = [entry["batch_ts"] for entry in entries]
    earlier = times[: times.index(chosen)] if chosen in times else []
    before = [batch_ts for batch_ts in earlier if re.fullmatch(TIMES["event-batch-v2"], batch_ts)]
    previous = "-"
    if before:
        previous = note_hash(document(read_file(folder, f"signature_{stamp(before[-1])}.json"), SIGNATURE, 262_144))
    batch, signature = (read_file(folder, f"{kind}_{stamp(chosen)}.json") for kind in ("batch", "signature"))
    signed = verify(batch, signature, keystore, now, chosen, entries, None, previous)
    if chosen == entries[-1]["batch_ts"]:
        for copy, original in (("batch_latest.json", batch), ("signature.json", signature)):
            waiting = os.path.exists(os.path.join(folder, f".{copy}.tmp"))
            need(waiting or (os.path.exists(os.path.join(folder, copy)) and read_file(folder, copy) == original), "copies-differ")
    return signed


def main():
    parser = argparse.ArgumentParser(description="Verifies a signed batch of events.")
    parser.add_argument("folder")
    parser.add_argument("--keystore")
    parser.add_argument("--batch", help="its time, as 2026-01-31T12:00:00Z")
    parser.add_argument("--now", help="the verifier's clock, as 2026-01-31T12:00:00Z")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    now = base.seconds(options.now) if options.now else time.time()
    try:
        keystore = read_keystore(read_file("", options.keystore or os.path.join(options.folder, "keystore.json")), now)
        signed = verify_folder(options.folder, keystore, now, options.batch)
        answer, code = {"result": "VALID", **{name: signed[name] for name in HEAD}}, 0
    except Invalid as reason:
        answer, code = {"result": "INVALID", "reason": str(reason)}, 1
    except base.Refused as reason:
        print(f"keystore: {reason}", file=sys.stderr)
        return 5
    except OSError as error:
        print(error, file=sys.stderr)
        return 4
    print(json.dumps(answer) if options.json else " ".join(str(value) for value in answer.values()))
    return code


if __name__ == "__main__":
    sys.exit(main())
