#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies Touchstone evidence without any Touchstone code.

Written from docs/reference/protocol.md and docs/trust-files.md alone, so that nobody has to believe the TypeScript
verifier. Needs Python 3.9 or later and the package `cryptography` (for RSA, ECDSA and Ed25519), for proofs of an execution
also `py_ecc`; no network.

    python3 tools/verify_independent.py evidence.json --trust trust.json [--require L1|L2|L5|L6] [--allow-test] [--strict] [--json]

Several evidence files are checked one after the other. Section numbers below are those of the protocol page.
Exit code (section 12): 0 enough, 1 invalid or too low a label, 2 usage, 3 not anchored yet, 4 I/O, 5 trust file.
"""
import argparse
import base64
import functools
import hashlib
import itertools
import json
import re
import struct
import sys
import time
from datetime import datetime, timezone

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

NUMBER_MAX = 2**53 - 1
DEPTH_MAX = 64
TEXT_BYTES_MAX = 4_194_304
ENTRY_BYTES_MAX = 65_535
NOTE_BYTES_MAX = 131_072
DIMENSION_MAX = 2**31 - 1
SKEW_MS = 300_000
RETIREMENT_SECONDS = 7 * 24 * 3600
SOURCE_UNCERTAINTY_MS = 60_000
LONG_BEFORE_ANCHOR_MS = 3_600_000
SOURCE_MS_MAX = 8_640_000_000_000_000
SOURCE_SECONDS_MAX = 8_640_000_000_000 - 60
CURVE_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


class Refused(Exception):
    """What is wrong with a piece of untrusted input."""


def need(condition, reason):
    if not condition:
        raise Refused(reason)


def accepts(check, *arguments):
    try:
        check(*arguments)
        return True
    except Refused:
        return False


# ---------------------------------------------------------------------------------------------- 1. JSON


def read_json(data, bytes_max):
    """The strict gate: bytes to a value, or Refused."""
    need(len(data) <= bytes_max, f"more than {bytes_max} bytes")
    need(not data.startswith(b"\xef\xbb\xbf"), "a byte order mark")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_members,
            parse_int=_number,
            parse_float=_number,
            parse_constant=lambda name: _refuse(f"{name} is not JSON"),
        )
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from None
    _check(value, 0)
    return value


def _refuse(reason):
    raise Refused(reason)


def _number(text):
    number = float(text)  # every number is binary64, integer literals too
    need(abs(number) <= NUMBER_MAX, f"the number {text[:40]} is out of range")
    return int(number) if number == int(number) else number


def _members(pairs):
    need(len({name for name, _ in pairs}) == len(pairs), "a member name twice")
    return dict(pairs)


def _check(value, depth):
    if isinstance(value, str):
        need(not re.search("[\ud800-\udfff]", value), "a lone surrogate")
    elif isinstance(value, (dict, list)):
        need(depth < DEPTH_MAX, f"nested deeper than {DEPTH_MAX}")
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth + 1)
        for name in value if isinstance(value, dict) else ():
            _check(name, depth)


def jcs(value, fractions=False):
    """RFC 8785. Of what evidence holds, events alone may have fractions."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{jcs(name)}:{jcs(value[name], fractions)}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(jcs(item, fractions) for item in value) + "]"
    if isinstance(value, float):
        need(fractions, "a fraction where only integers may stand")
        return fraction_text(value)
    return json.dumps(value, ensure_ascii=False)


def fraction_text(value):
    """A number that is not whole as ECMAScript writes it (RFC 8785, section 3.2.2.3); Python's repr has the same digits."""
    sign, mantissa, fraction, exponent = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?(?:e([-+]\d+))?", repr(value)).groups()
    digits = mantissa + (fraction or "")
    point = len(mantissa) + int(exponent or 0)
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.lstrip("0").rstrip("0")
    if 0 < point:  # a fraction below 2^53 has digits on both sides of its point
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = "." + digits[1:] if digits[1:] else ""
    return f"{sign}{digits[0]}{rest}e{point - 1}"


def sha256(data):
    return hashlib.sha256(data).digest()


def hash_of(value):
    return sha256(jcs(value).encode()).hex()


# ------------------------------------------------------------------------------- 12. forms of the members


def text(pattern):
    expression = re.compile(pattern)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def utf16_length(value):
    return len(value.encode("utf-16-be")) // 2


def chars(least, most):
    return lambda value: isinstance(value, str) and least <= utf16_length(value) <= most


def integer(least=0, most=NUMBER_MAX):
    return lambda value: type(value) is int and least <= value <= most


def one_of(*values):
    return lambda value: type(value) in {type(known) for known in values} and value in values


def list_of(form, least=0, most=10**6):
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(fits(v, form) for v in value)


def tuple_of(*forms):
    return lambda value: isinstance(value, list) and len(value) == len(forms) and all(map(fits, value, forms))


def or_null(form):
    return lambda value: value is None or fits(value, form)


def either(*forms):
    return lambda value: any(fits(value, form) for form in forms)


def fits(value, form):
    """Whether a value has a form: a predicate, or a closed object whose names end in ? where they are optional."""
    if callable(form):
        return form(value)
    if not isinstance(value, dict):
        return False
    members = {name.rstrip("?"): inner for name, inner in form.items()}
    required = {name for name in form if not name.endswith("?")}
    return required <= set(value) <= set(members) and all(fits(v, members[name]) for name, v in value.items())


HASH = text(r"[0-9a-f]{64}")
BYTES = text(r"(?:[0-9a-f]{2})*")
DECIMAL = text(r"0|[1-9][0-9]{0,77}")
ADDRESS = text(r"0x[0-9a-f]{40}")
NETWORK = text(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}")
KEY_ID = text(r"[A-Za-z0-9._:-]{1,128}")
DOMAIN = text(r"[a-z0-9.-]{0,64}")
TIME = text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?Z")
PUBLIC_KEY = text(r"(?:[0-9a-f]{2}){32,33}")
ALGORITHM = one_of("ES256K", "Ed25519")

TENSOR_BYTES = {
    "BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2, "INT32": 4, "INT64": 8,
    "FP16": 2, "FP32": 4, "FP64": 8, "BYTES": None,
}  # fmt: skip
EXPONENTS = {"FP16": 0x7C00, "FP32": 0x7F800000, "FP64": 0x7FF0000000000000}

TENSOR = {
    "name": chars(1, 256),
    "datatype": one_of(*TENSOR_BYTES),
    "shape": list_of(integer(), 0, 32),
    "data": chars(0, TEXT_BYTES_MAX),
}
PROOF = {
    "modelVersionId": HASH, "inputHash": HASH, "outputHash": HASH, "nonce": HASH, "timestamp": integer(),
    "domain": DOMAIN, "keyId": KEY_ID, "signature": text(r"(?:[0-9a-f]{2}){8,72}"),
}  # fmt: skip
PAID = {"network": NETWORK, "asset": ADDRESS, "payer": ADDRESS, "payTo": ADDRESS, "amount": DECIMAL}
CONTEXT = {
    "salt": HASH,
    "requestDigest": or_null(HASH),
    "payment": or_null(either({**PAID, "nonce": HASH}, {**PAID, "txHash": HASH, "logIndex": integer()})),
    "node": or_null({
        "nodeId": chars(1, 128),
        "attestationStatus": one_of("OK", "DRIFT", "SPOOF_SUSPECT", "MISSING", "STALE", "UNKNOWN"),
        "buildId": or_null(chars(0, 256)),
        "capabilityHash": or_null(HASH),
    }),
    "build": {"service": chars(0, 64), "version": chars(0, 64), "hash": HASH},
}  # fmt: skip
COMMITMENT = {
    "type": one_of("touchstone.model-commitment.v1"),
    "modelVersionId": HASH,
    "model": {"developer": chars(1, 128), "modelHash": HASH, "name": chars(1, 128), "version": chars(1, 64)},
    "sequence": integer(),
    "keys": list_of({"kid": KEY_ID, "alg": ALGORITHM, "publicKey": PUBLIC_KEY}, 1, 64),
    "currentKeyId": KEY_ID,
    "vkDigest": or_null(HASH),
    "previous": or_null(HASH),
    "effectiveAt": integer(),
}
INCLUSION = {
    "leafIndex": integer(),
    "treeSize": integer(1),
    "path": list_of({"hash": HASH, "pos": one_of("L", "R")}, 0, 63),
    "rootHex": HASH,
}
LOG_PROOF = {
    "checkpoint": chars(1, NOTE_BYTES_MAX),
    "leafIndex": DECIMAL,
    "treeSize": DECIMAL,
    "path": list_of(HASH, 0, 63),
}
ANCHORED = {"logProof": integer(0, 15), "commitment": HASH, "level": one_of("finalized")}
EVM_ANCHOR = {
    **ANCHORED,
    "kind": one_of("evm"),
    "network": NETWORK,
    "proof": {"header": BYTES, "accountProof": list_of(BYTES, 1, 64), "storageProof": list_of(BYTES, 1, 64)},
}
DER_BYTES_MAX = 65_536
ATTACHMENTS_MAX = 16
AUTHORITY = text(r"tsa:[a-z0-9.-]{1,64}")
BASE64 = text(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def is_der_text(value):
    """Base64 of at most that many bytes; whether they are DER is for the step."""
    return BASE64(value) and len(value) >= 4 and len(value) // 4 * 3 - value.count("=") <= DER_BYTES_MAX


ATTACHED = list_of(is_der_text, 0, ATTACHMENTS_MAX)
TOKEN = {"token": is_der_text, "certificates": ATTACHED, "revocation": ATTACHED}


def is_token_proof(value):
    return fits(value, TOKEN) and len(value["certificates"]) + len(value["revocation"]) <= ATTACHMENTS_MAX


TOKEN_ANCHOR = {**ANCHORED, "kind": one_of("rfc3161"), "network": AUTHORITY, "proof": is_token_proof}
REQUEST = {
    "bodyDigest": HASH,
    "method": text(r"[A-Z]{1,16}"),
    "modelVersionId": HASH,
    "quoteId": or_null(chars(0, 128)),
    "target": chars(1, 2048),
}
PROVEN = {
    "version": one_of(1),
    "inclusion": INCLUSION,
    "entry": chars(2, ENTRY_BYTES_MAX),
    "logProofs": list_of(LOG_PROOF, 1, 16),
    "anchors": list_of(either(EVM_ANCHOR, TOKEN_ANCHOR), 0, 16),
}
FIELD_TEXT = chars(1, 80)
G1 = tuple_of(FIELD_TEXT, FIELD_TEXT)
G2 = tuple_of(G1, G1)
SIGNALS_MAX = 4_096
SHAPE = list_of(integer(1, SIGNALS_MAX), 0, 32)
SCALE = integer(-1_074, 1_074)
CIRCUIT_RANGES = {"UINT8": (0, 255), "INT8": (-128, 127), "UINT16": (0, 65_535), "INT32": (-(2**31), 2**31 - 1)}
DESCRIPTOR = {
    "version": one_of(1),
    "compiler": text(r"[a-z0-9.-]{1,64}/[a-z0-9.-]{1,32}"),
    "modelHash": HASH,
    "inputs": list_of({
        "name": chars(1, 256), "datatype": one_of("UINT8", "INT8", "UINT16"), "shape": SHAPE,
        "scaleLog2": list_of(SCALE, 1, SIGNALS_MAX), "zeroPoint": integer(-65_535, 65_535),
    }, 1, 16),
    "activations": list_of(SCALE, 0, 4_096),
    "outputs": list_of({
        "name": chars(1, 256), "datatype": one_of("INT32"), "shape": SHAPE, "scaleLog2": SCALE,
    }, 1, 16),
    "post": list_of({
        "op": one_of("Softmax", "Sigmoid", "ArgMax"), "from": chars(1, 256), "name": chars(1, 256),
    }, 0, 16),
    "constraints": integer(1),
}  # fmt: skip
ZK = {
    "vk": {
        "protocol": one_of("groth16"), "curve": one_of("bn128"), "nPublic": integer(1, SIGNALS_MAX),
        "vk_alpha_1": G1, "vk_beta_2": G2, "vk_gamma_2": G2, "vk_delta_2": G2, "IC": list_of(G1, 0, SIGNALS_MAX + 1),
    },
    "proof": {"pi_a": G1, "pi_b": G2, "pi_c": G1},
    "publicSignals": list_of(FIELD_TEXT, 0, SIGNALS_MAX),
    "descriptor": DESCRIPTOR,
}  # fmt: skip
OUTPUT_BUNDLE = {
    **PROVEN,
    "subject": {
        "kind": one_of("output"),
        "proof": PROOF,
        "context": CONTEXT,
        "inputs?": list_of(TENSOR, 0, 256),
        "outputs?": list_of(TENSOR, 0, 256),
    },
    "commitment": COMMITMENT,
    "zk?": ZK,
    "payment?": {"requestParts": REQUEST, "receipt": one_of(None)},
}
BATCH_TIMES = {
    "event-batch-v1": text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"),
    "event-batch-v2": text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"),
}


def batch_time(form):
    """A time that exists, as a format of batches writes it."""
    return lambda value: BATCH_TIMES[form](value) and accepts(seconds, value)


EVENT_BUNDLE = {
    **PROVEN,
    "subject": {"kind": one_of("event"), "event": lambda value: isinstance(value, dict)},
    "batch": either(
        {
            "format": one_of("event-batch-v1"), "batchTs": batch_time("event-batch-v1"), "kid": KEY_ID,
            "signature": text(r"[0-9a-f]{128}"),
        },
        {
            "format": one_of("event-batch-v2"), "batchTs": batch_time("event-batch-v2"), "kid": KEY_ID,
            "note": chars(1, NOTE_BYTES_MAX),
        },
    ),
}  # fmt: skip
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-%s[0-9a-f]{3}-[0-9a-f]{12}"
ENTRY = {
    "type": one_of("touchstone.batch.v1"),
    "batchId": text(UUID % ("7", "[89ab]")),
    "kind": one_of("output", "event"),
    "leafFormat": one_of("model-output-v1", "event-v1", "event-v2"),
    "treeProfile": one_of("rfc9162-sha256", "event-batch-v1"),
    "leafCount": integer(1, 5_000),
    "root": HASH,
    "scope": either({"modelVersionId": HASH}, {"tenant": text(UUID % ("[0-9a-f]", "[0-9a-f]"))}),
    "sealedAt": text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"),
    "nodeId": chars(1, 128),
    "signature": or_null(HASH),
}
KEY = {
    "kid": KEY_ID,
    "alg": ALGORITHM,
    "use": one_of("output", "event-batch", "checkpoint", "witness", "device", "attestation", "receipt", "chain-tx"),
    "name?": chars(0, 256),
    "public_key": PUBLIC_KEY,
    "status": one_of("pending", "active", "retiring", "retired", "revoked"),
    "not_before": TIME, "not_after": TIME, "retired_at?": TIME, "revoked_at?": TIME, "compromised_since?": TIME,
    "domains?": list_of(DOMAIN, 0, 16),
}  # fmt: skip
OBJECT_ID = text(r"[0-2](?:\.(?:0|[1-9][0-9]{0,18})){1,31}")


def is_oid(value):
    return OBJECT_ID(value) and len(value) <= 256


TRUST = {
    "version": one_of(1),
    "asOf": TIME,
    "keys": list_of(KEY, 0, 1_024),
    "models": list_of({
        "modelVersionId": HASH, "commitmentHash?": HASH, "vkDigest?": HASH,
        "setup?": one_of("single-party", "multi-party", "universal", "transparent"),
    }, 0, 10_000),
    "logs": list_of({"origin": chars(1, 256), "vkey": chars(0, 512)}, 0, 64),
    "witnesses": {"k": integer(0, 64), "vkeys": list_of(chars(0, 512), 0, 64)},
    "chains": list_of({
        "network": NETWORK, "test": one_of(True, False), "contract?": ADDRESS,
        "submitters?": list_of(ADDRESS, 0, 64),
        "blocks?": list_of({"number": DECIMAL, "hash": HASH}, 0, 100_000),
    }, 0, 64),
    "tsas": list_of({
        "network": AUTHORITY, "test": one_of(True, False),
        "roots": list_of(is_der_text, 1, 16), "policies": list_of(is_oid, 1, 16),
        "accuracyMaxMs?": integer(0, 86_400_000), "serials?": list_of(DECIMAL, 1, 64),
    }, 0, 64),
    "independent": list_of(chars(0, 256), 0, 64),
}  # fmt: skip


# -------------------------------------------------------------------------------------- 4. Merkle trees


def leaf_hash(leaf):
    return sha256(b"\x00" + leaf)


def sides(index, size):
    """On which side the siblings stand, from leaf to root (RFC 9162 section 2.1)."""
    need(size > 0, "tree-size-out-of-range: the tree is empty")
    need(0 <= index < size, "index-out-of-range: there is no such leaf in the tree")
    found = []
    while size > 1:
        split = 1 << ((size - 1).bit_length() - 1)  # the largest power of two below size
        if index < split:
            found.append("R")
            size = split
        else:
            found.append("L")
            index, size = index - split, size - split
    return found[::-1]


def path_of(inclusion, places):
    """The siblings of a path that has the length and the sides of its place, which the proof may not choose."""
    path = inclusion["path"]
    need(len(path) == len(places), "path-length: the path has another length than the place asks for")
    need([step["pos"] for step in path] == places, "path-side: the sides are not those of the place")
    return [bytes.fromhex(step["hash"]) for step in path]


def event_tree_places(index, count):
    """Section 4, profile event-batch-v1: for each level the side of the sibling, and whether the node is its own."""
    need(0 <= index < count, "index-out-of-range: there is no such leaf in the tree")
    found = []
    while count > 1:
        found.append(("L" if index % 2 else "R", index % 2 == 0 and index == count - 1))
        index, count = index // 2, (count + 1) // 2
    return found


def event_tree_root(node, path, places):
    for sibling, (side, alone) in zip(path, places):
        # CVE-2012-2459: a node that is its own sibling where it has a neighbour belongs to a longer list than was signed.
        need((sibling == node) == alone, "sibling-rule: a node is its own sibling exactly where it has none")
        node = sha256(sibling + node if side == "L" else node + sibling)
    return node


def root_of(node, path, places):
    need(len(path) == len(places), "path-length: the path has another length than the place asks for")
    for sibling, side in zip(path, places):
        node = sha256(b"\x01" + (sibling + node if side == "L" else node + sibling))
    return node


# ---------------------------------------------------------------------------- 2, 3, 8. output, leaf, tensors


def strict_base64(value):
    try:
        data = base64.b64decode(value, validate=True)
    except ValueError:
        raise Refused("not base64") from None
    need(base64.b64encode(data).decode() == value, "another spelling of base64")
    return data


def check_tensor(tensor):
    data, datatype = strict_base64(tensor["data"]), tensor["datatype"]
    need(all(extent <= DIMENSION_MAX for extent in tensor["shape"]), "a dimension beyond 2^31 - 1")
    count = 0 if 0 in tensor["shape"] else 1
    for extent in tensor["shape"] if count else ():
        count *= extent
    if datatype == "BYTES":
        offset = elements = 0
        while offset < len(data):
            need(offset + 4 <= len(data), "a BYTES element is cut short")
            offset += 4 + struct.unpack_from("<I", data, offset)[0]
            elements += 1
        need(offset == len(data) and elements == count, "the BYTES elements do not fill the shape")
        return
    size = TENSOR_BYTES[datatype]
    need(len(data) == count * size, "the data do not fill the shape")
    if datatype == "BOOL":
        need(set(data) <= {0, 1}, "a BOOL that is neither 0 nor 1")
    if datatype in EXPONENTS:
        mask = EXPONENTS[datatype]
        for at in range(0, len(data), size):
            need(int.from_bytes(data[at : at + size], "little") & mask != mask, "not a finite number")


def tensors_hash(tensors):
    names = [tensor["name"].encode() for tensor in tensors]
    need(len(set(names)) == len(names), "a tensor name twice")
    need(names == sorted(names), "the tensors do not stand in the order of their names")
    for tensor in tensors:
        check_tensor(tensor)
    return hash_of(tensors)


NEEDS_PY_ECC = "The evidence holds a proof of an execution, which takes the package py_ecc to check: {}."
FIELD_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617


def groth16_verifier():
    """Only whoever checks a proof of an execution needs the package that has its curve."""
    try:
        import verify_groth16
    except ImportError as missing:
        print(NEEDS_PY_ECC.format(missing), file=sys.stderr)
        sys.exit(5)
    return verify_groth16


def circuit_tensor(declared, signals):
    """The canonical tensor of a circuit's input or output, which takes its elements from the signals."""
    count = 1
    for extent in declared["shape"]:
        count *= extent
    values = list(itertools.islice(signals, min(count, SIGNALS_MAX)))
    least, most = CIRCUIT_RANGES[declared["datatype"]]
    need(len(values) == count, "signal-out-of-range: the signals end before the tensors do")
    need(all(least <= value <= most for value in values), "signal-out-of-range: an element is beyond its datatype")
    size = TENSOR_BYTES[declared["datatype"]]
    data = b"".join(value.to_bytes(size, "little", signed=least < 0) for value in values)
    named = {name: declared[name] for name in ("name", "datatype", "shape")}
    return {**named, "data": base64.b64encode(data).decode()}


def output_digest(proof):
    names = ("modelVersionId", "inputHash", "outputHash", "nonce")
    payload = ",".join(f'"{name}":"{proof[name]}"' for name in names) + f',"timestamp":{proof["timestamp"]}'
    prefix = f'{proof["domain"]}|' if proof["domain"] else ""
    return sha256(f"{prefix}{{{payload}}}".encode())


def compact_signature(value):
    """r || s, from 128 hex characters or strict DER."""
    data = bytes.fromhex(value)
    if len(data) != 64:
        try:
            r, s = decode_dss_signature(data)
        except ValueError:
            raise Refused("not strict DER") from None
        need(0 <= r < 2**256 and 0 <= s < 2**256 and encode_dss_signature(r, s) == data, "not strict DER")
        data = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return data


def output_leaf(proof):
    fixed = b"".join(bytes.fromhex(proof[name]) for name in ("modelVersionId", "inputHash", "outputHash", "nonce"))
    return sha256(fixed + struct.pack(">Q", proof["timestamp"]) + compact_signature(proof["signature"]))


def check_ecdsa(digest, signature, public_key):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    need(0 < r < CURVE_ORDER and 0 < s <= CURVE_ORDER // 2, "r or s is out of range, or s is in the upper half")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public_key)
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except (ValueError, InvalidSignature):
        raise Refused("the signature does not verify") from None


# ---------------------------------------------------------------------------------------- 6. checkpoints


# The characters with the property White_Space (Unicode).
SPACES = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


class SignedNote:
    """A C2SP signed note: text, and signature lines as (name, key id, signature, line), equal ones once."""

    def __init__(self, source):
        need(len(source.encode()) <= NOTE_BYTES_MAX, "the note is too large")
        need(not re.search(r"[\x00-\x09\x0b-\x1f]", source), "a control character in the note")
        body, separator, tail = source.rpartition("\n\n")
        need(separator and tail.endswith("\n"), "the note has no signatures")
        self.text = body + "\n"
        lines = tail[:-1].split("\n")
        need(len(lines) <= 64, "too many signatures")
        self.signatures = [self._signature(line) for line in dict.fromkeys(lines)]

    @staticmethod
    def _signature(line):
        match = re.fullmatch(rf"— ([^{SPACES}+]+) (\S+)", line)
        need(match and utf16_length(match[1]) <= 255, "not a signature line")
        data = strict_base64(match[2])
        need(len(data) > 4, "an empty signature")
        return match[1], data[:4], data[4:], line

    def judged(self, vkey, key_type):
        """For each line that claims a verifier key: whether it is valid, and the time that a cosignature states."""
        name, key_id, material = split_vkey(vkey)
        for signer, claimed, signature, _ in self.signatures:
            if (signer, claimed) == (name, key_id):
                signed, stamp = self.text, None
                if key_type == 4:
                    stamp = struct.unpack(">Q", signature[:8])[0] if len(signature) == 72 else 2**63
                    signed, signature = f"cosignature/v1\ntime {stamp}\n{self.text}", signature[8:]
                valid = stamp is None or stamp < 2**63
                yield valid and accepts(check_ed25519, signed.encode(), signature, material[1:]), stamp


class Note(SignedNote):
    """A checkpoint of a log."""

    def __init__(self, source):
        super().__init__(source)
        lines = self.text[:-1].split("\n")
        need(len(lines) >= 3 and 0 < utf16_length(lines[0]) <= 255, "not a checkpoint")
        need(re.fullmatch(r"0|[1-9][0-9]{0,19}", lines[1]) and int(lines[1]) < 2**64, "not a tree size")
        self.origin, self.size, self.root = lines[0], int(lines[1]), strict_base64(lines[2])
        need(len(self.root) == 32, "the root has not 32 bytes")
        need(len(lines) <= 19 and all(lines[3:]), "extension lines")

    def commitments(self):
        """Section 7: for each line under the log's own name the hash of the text with this line alone."""
        own = [line for name, _, _, line in self.signatures if name == self.origin]
        return [sha256(f"{self.text}\n{line}\n".encode()).hex() for line in own]


def is_key_name(name):
    """Whether a signature line can carry it: 1 to 255 characters without white space, plus sign and control characters."""
    return isinstance(name, str) and re.fullmatch(rf"[^{SPACES}+\x00-\x1f]{{1,255}}", name) is not None and utf16_length(name) <= 255


def split_vkey(vkey):
    match = re.fullmatch(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)", vkey)
    need(match, "not a verifier key")
    name, key_id, material = match[1], bytes.fromhex(match[2]), strict_base64(match[3])
    need(re.fullmatch(rf"[^{SPACES}\x00-\x1f]+", name) and utf16_length(name) <= 255, "a key name with white space")
    need(len(material) == 33, "not an Ed25519 verifier key")
    need(sha256(name.encode() + b"\n" + material)[:4] == key_id, "the key id is not the key's")
    return name, key_id, material


FIELD = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
EDWARDS_D = -121665 * pow(121666, FIELD - 2, FIELD) % FIELD


def _edwards_add(left, right):
    """Sum of two points in extended coordinates (RFC 8032, section 5.1.4)."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = left, right
    a, b = (y1 - x1) * (y2 - x2) % FIELD, (y1 + x1) * (y2 + x2) % FIELD
    c, d = 2 * t1 * t2 * EDWARDS_D % FIELD, 2 * z1 * z2 % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


@functools.lru_cache
def check_ed25519_key(public_key):
    """Section 5: a canonical encoding of a point of prime order."""
    need(len(public_key) == 32, "an Ed25519 key has 32 bytes")
    number = int.from_bytes(public_key, "little")
    y, odd = number & (2**255 - 1), number >> 255
    need(y < FIELD, "an Ed25519 key that is not canonical")
    square = (y * y - 1) * pow(EDWARDS_D * y * y + 1, FIELD - 2, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    need((x * x - square) % FIELD == 0 and (x or not odd), "an Ed25519 key that is not a point")
    x = x if x & 1 == odd else FIELD - x
    point, scalar, total = (x, y, 1, x * y % FIELD), GROUP_ORDER, (0, 1, 1, 0)
    need(x, "an Ed25519 key of small order")
    while scalar:
        total = _edwards_add(total, point) if scalar & 1 else total
        point, scalar = _edwards_add(point, point), scalar >> 1
    need(total[0] == 0 and total[1] == total[2], "an Ed25519 key with a torsion component")


def check_ed25519(message, signature, public_key):
    # The library verifies without cofactor. With a public key of prime order, which the trust file was checked for, an R
    # of mixed order cannot satisfy that equation, and it compares R byte for byte: R is canonical and of prime order.
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (ValueError, InvalidSignature):
        raise Refused("the Ed25519 signature does not verify") from None


# ----------------------------------------------------------------------------------------- 7. EVM anchor


def _round_constants():
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            if register & 1:
                constant |= 1 << ((1 << bit) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


ROUND_CONSTANTS = _round_constants()
MASK = 2**64 - 1


def _rotate(word, by):
    return ((word << by) | (word >> (64 - by))) & MASK if by else word


def _keccak_f(lanes):
    for constant in ROUND_CONSTANTS:
        parity = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        lanes = [lane ^ parity[(i + 4) % 5] ^ _rotate(parity[(i + 1) % 5], 1) for i, lane in enumerate(lanes)]
        moved, x, y, current = lanes[:], 1, 0, lanes[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            at = x + 5 * y
            moved[at], current = _rotate(current, (step + 1) * (step + 2) // 2 % 64), lanes[at]
        lanes = [
            moved[i] ^ (~moved[i - i % 5 + (i + 1) % 5] & moved[i - i % 5 + (i + 2) % 5]) for i in range(25)
        ]
        lanes[0] ^= constant
    return lanes


@functools.lru_cache(maxsize=1024)
def keccak256(data):
    """Keccak-256 as Ethereum has it: rate 136 bytes, padding 01…80 (not SHA-3's 06)."""
    padding = 136 - len(data) % 136
    data += b"\x81" if padding == 1 else b"\x01" + bytes(padding - 2) + b"\x80"
    lanes = [0] * 25
    for at in range(0, len(data), 136):
        for i, word in enumerate(struct.unpack_from("<17Q", data, at)):
            lanes[i] ^= word
        lanes = _keccak_f(lanes)
    return struct.pack("<4Q", *lanes[:4])


def rlp(data):
    item, end = _rlp_item(data, 0, 0)
    need(end == len(data), "bytes after the RLP item")
    return item


def _rlp_item(data, at, depth):
    need(at < len(data) and depth <= 8, "RLP is cut short or too deep")
    first, at = data[at], at + 1
    if first < 0x80:
        return bytes([first]), at
    base = 0x80 if first < 0xC0 else 0xC0
    length = first - base
    if length > 55:
        width = length - 55
        need(at + width <= len(data) and data[at] != 0, "an RLP length")
        length, at = int.from_bytes(data[at : at + width], "big"), at + width
        need(length > 55, "an RLP length that is not the shortest")
    end = at + length
    need(end <= len(data), "RLP is cut short")
    if base == 0x80:
        need(length != 1 or data[at] >= 0x80, "an RLP byte that is not the shortest")
        return data[at:end], end
    items = []
    while at < end:
        item, at = _rlp_item(data[:end], at, depth + 1)
        items.append(item)
    return items, end


def rlp_integer(item, width):
    need(isinstance(item, bytes) and len(item) <= width and item[:1] != b"\x00", "not an RLP integer")
    return int.from_bytes(item, "big")


def trie_value(root, key, nodes):
    """Follows a Merkle-Patricia proof to the value under a key; every node must be used."""
    path = key.hex()
    reference, nodes = root, list(nodes)
    while True:
        if isinstance(reference, bytes):
            need(nodes, "the trie proof ends too early")
            node = nodes.pop(0)
            need(keccak256(node) == reference, "a trie node has another hash")
            node = rlp(node)
        else:
            node = reference
        need(isinstance(node, list) and len(node) in (2, 17), "not a trie node")
        if len(node) == 17:
            need(path, "the trie path is too short")
            reference, path = node[int(path[0], 16)], path[1:]
        else:
            need(isinstance(node[0], bytes) and node[0] and node[0][0] < 0x40, "not a trie path")
            nibbles, flag = node[0].hex(), node[0][0] >> 4
            part = nibbles[1:] if flag & 1 else nibbles[2:]
            need(flag & 1 or nibbles[1] == "0", "not a trie path")
            need(path.startswith(part), "the trie holds nothing under this key")
            reference, path = node[1], path[len(part) :]
            if flag & 2:
                need(not path and not nodes and isinstance(reference, bytes), "the trie leaf is not the key's")
                return reference
        need(reference and (isinstance(reference, list) or len(reference) == 32), "the trie holds nothing here")


def verify_evm(proof, contract, submitter, commitment):
    """Block number and hash of the header, and the time of the first write."""
    raw = bytes.fromhex(proof["header"])
    fields = rlp(raw)
    need(isinstance(fields, list) and 15 <= len(fields) <= 32 and all(isinstance(f, bytes) for f in fields), "header")
    need(len(fields[3]) == 32, "the header's state root")
    number, stamp = rlp_integer(fields[8], 8), rlp_integer(fields[11], 8)
    nodes = [bytes.fromhex(node) for node in proof["accountProof"]]
    account = rlp(trie_value(fields[3], keccak256(contract), nodes))
    need(isinstance(account, list) and len(account) == 4, "not an account")
    key = keccak256(bytes(12) + submitter + commitment)
    slot = keccak256(key + bytes(32))
    nodes = [bytes.fromhex(node) for node in proof["storageProof"]]
    record = rlp_integer(rlp(trie_value(account[2], keccak256(slot), nodes)), 32)
    written, at = record >> 64, record & MASK
    need(1 <= written <= number and 1 <= at <= stamp, "the record is younger than the header")
    need(written < number or at == stamp, "the record has not its block's time")
    return str(number), keccak256(raw).hex(), at


# ------------------------------------------------------------------------------- 7. time-stamp tokens: DER

DER_DEPTH_MAX = 32
OID_BYTES_MAX = 256
CONSTRUCTED = {16, 17}  # SEQUENCE, SET; every other universal type is primitive in DER
INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED, UTC_TIME, GENERALIZED_TIME = 2, 3, 4, 5, 6, 10, 23, 24
BOOLEAN, SEQUENCE, SET = 1, 0x30, 0x31


def context_tag(number, constructed=True):
    return (0xA0 if constructed else 0x80) | number


class Der:
    """One element of X.690 DER: its tag, all of its bytes, its contents, and the elements in a constructed one."""

    def __init__(self, data, at=0, most=None, depth=0):
        """Reads one from `at` on and before `most`; without `most` it must be all of `data`."""
        bound = len(data) if most is None else most
        need(depth <= DER_DEPTH_MAX and at + 2 <= bound, "DER is cut short or too deep")
        start, self.tag, length, at = at, data[at], data[at + 1], at + 2
        need(self.tag & 0x1F != 0x1F, "a tag of several bytes")
        if length >= 0x80:
            width = length & 0x7F
            need(1 <= width <= 4 and at + width <= bound, "a DER length")
            length, at = int.from_bytes(data[at : at + width], "big"), at + width
            need(length >= 0x80 and length >> 8 * (width - 1), "a DER length that is not the shortest")
        self.end = at + length
        need(self.end <= bound and (most is not None or self.end == bound), "DER is cut short, or bytes follow it")
        self.raw, self.content, self.children = data[start : self.end], data[at : self.end], []
        if self.tag < 0x40:
            need(bool(self.tag & 0x20) == (self.tag & 0x1F in CONSTRUCTED), "primitive or constructed, wrongly")
            _check_universal(self.tag, self.content)
        while self.tag & 0x20 and at < self.end:
            self.children.append(Der(data, at, self.end, depth + 1))
            at = self.children[-1].end

    def as_(self, tag):
        need(self.tag == tag, f"tag {self.tag:02x} where {tag:02x} stands")
        return self

    def integer(self):
        return int.from_bytes(self.as_(INTEGER).content, "big", signed=True)

    def oid(self):
        need(len(self.as_(OID).content) <= OID_BYTES_MAX, "an object identifier of too many bytes")
        numbers, value = [], 0
        for byte in self.content:
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                numbers.append(value)
                value = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, [first, numbers[0] - 40 * first] + numbers[1:]))

    def bits(self):
        """The bytes of a bit string of whole bytes: a key or a signature."""
        need(self.as_(BIT_STRING).content[0] == 0, "a bit string that has not whole bytes")
        return self.content[1:]


def _check_universal(tag, content):
    if tag == BOOLEAN:
        need(content in (b"\x00", b"\xff"), "a boolean that is neither 00 nor ff")
    elif tag in (INTEGER, ENUMERATED):
        need(content, "an integer without bytes")
        spare = len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (0xFF, 1))
        need(not spare, "an integer that is longer than it must be")
    elif tag == BIT_STRING:
        need(content and content[0] <= 7 and (len(content) > 1 or content[0] == 0), "a bit string's unused bits")
        need(len(content) == 1 or content[-1] & ((1 << content[0]) - 1) == 0, "an unused bit that is set")
    elif tag == NULL:
        need(content == b"", "a null with contents")
    elif tag == OID:
        need(content and content[-1] < 0x80, "an object identifier is cut short")
        starts = [content[0]] + [byte for before, byte in zip(content, content[1:]) if before < 0x80]
        need(0x80 not in starts, "an object identifier that is longer than it must be")
    need(tag != 0, "an end of contents")


NOTHING = Der(b"\x30\x00")


class Fields:
    """Reads the elements of a constructed one in their order."""

    def __init__(self, element, tag=SEQUENCE):
        self.rest = list(element.as_(tag).children)

    def next(self, *tags):
        need(self.rest and (not tags or self.rest[0].tag in tags), "another element than expected")
        return self.rest.pop(0)

    def optional(self, tag):
        return self.rest.pop(0) if self.rest and self.rest[0].tag == tag else None

    def end(self):
        need(not self.rest, "more elements than expected")


def der_time(element, fractions=False):
    """UTCTime or GeneralizedTime (RFC 5280, section 4.1.2.5) in milliseconds, whose fractions RFC 3161 has alone."""
    source = element.content.decode("ascii", "replace")
    if element.tag == UTC_TIME:
        need(re.fullmatch(r"[0-9]{12}Z", source), "not a UTCTime")
        source = ("19" if source[:2] >= "50" else "20") + source
    pattern = r"([0-9]{14})(\.[0-9]*[1-9])?Z" if fractions else r"([0-9]{14})()Z"
    match = re.fullmatch(pattern, source)
    need(element.tag in (UTC_TIME, GENERALIZED_TIME) and match, "not a time")
    digits = match[1]
    parts = [int(digits[:4])] + [int(digits[at : at + 2]) for at in range(4, 14, 2)]
    try:
        at = datetime(*parts, tzinfo=timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    except ValueError:
        raise Refused("not a time") from None
    fraction = (match[2] or ".0")[1:] + "00"
    return at.days * 86_400_000 + at.seconds * 1_000 + int(fraction[:3])


# ---------------------------------------------------------------- 7. time-stamp tokens: certificates (RFC 5280)

HASHES = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
SHA1, SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
RSA, RSA_PSS, MGF1 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
RSA_WITH = {
    "1.2.840.113549.1.1.11": hashes.SHA256,
    "1.2.840.113549.1.1.12": hashes.SHA384,
    "1.2.840.113549.1.1.13": hashes.SHA512,
}
ECDSA_WITH = {
    "1.2.840.10045.4.3.2": hashes.SHA256,
    "1.2.840.10045.4.3.3": hashes.SHA384,
    "1.2.840.10045.4.3.4": hashes.SHA512,
}
RSA_BITS_MIN, RSA_BITS_MAX, RSA_EXPONENT_MAX = 2_048, 8_192, 2**32 - 1
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
PATH_CERTIFICATES_MAX = 8
PATH_CANDIDATES_MAX = 32
KEY_CERT_SIGN = 5
BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, SUBJECT_KEY_ID = "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.14"
# Other names of the subject, and policies, ask nothing of a path that a verifier without policies of its own must do.
UNDERSTOOD = {BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, "2.5.29.17", "2.5.29.32"}
MEANT = (BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, SUBJECT_KEY_ID)
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
COMPROMISED = (1, 2)  # keyCompromise, cACompromise (RFC 5280, section 5.3.1)


def algorithm(element):
    """The object identifier of an AlgorithmIdentifier, and its parameters."""
    fields = Fields(element)
    name, parameters = fields.next().oid(), fields.rest[0] if fields.rest else None
    need(len(fields.rest) <= 1, "more than an algorithm")
    return name, parameters


def plain_algorithm(element):
    """The same where there are no parameters, or NULL (RFC 5754, section 2)."""
    name, parameters = algorithm(element)
    need(parameters is None or parameters.tag == NULL, "parameters of an algorithm that has none")
    return name


def pss_hash(parameters):
    """Hash and salt's length of RSASSA-PSS (RFC 4055, section 3.1), whose defaults are SHA-1 and therefore refused."""
    need(parameters, "RSASSA-PSS without parameters")
    fields = Fields(parameters)
    explicit = [fields.optional(context_tag(number)) for number in range(4)]
    fields.end()
    need(explicit[0] and explicit[1], "RSASSA-PSS with SHA-1")
    need(all(len(element.children) == 1 for element in explicit if element), "RSASSA-PSS parameters")
    name = plain_algorithm(explicit[0].children[0])
    mask, inner = algorithm(explicit[1].children[0])
    need(mask == MGF1 and inner and plain_algorithm(inner) == name and name in HASHES, "RSASSA-PSS parameters")
    salt = explicit[2].children[0].integer() if explicit[2] else 20
    need(0 <= salt <= 512 and (not explicit[3] or explicit[3].children[0].integer() == 1), "RSASSA-PSS parameters")
    return HASHES[name], salt


def public_key(spki):
    """A key that counts, of a SubjectPublicKeyInfo: RSA of bounded size, or an uncompressed point of three curves."""
    fields = Fields(Der(spki))
    kind, bits = algorithm(fields.next(SEQUENCE))[0], fields.next().bits()
    fields.end()
    try:
        key = load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Refused("not a public key") from None
    if kind == EC_PUBLIC_KEY:
        need(isinstance(key.curve, CURVES) and bits[:1] == b"\x04", "another curve, or a compressed point")
    else:
        need(kind == RSA and RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX, "not an RSA key of these sizes")
        need(key.public_numbers().e <= RSA_EXPONENT_MAX, "an RSA exponent of too many bytes")
    return key


def check_signed(spki, signed_by, data, signature, digest=None):
    """A signature of RSA or ECDSA by a SubjectPublicKeyInfo; `digest` is what CMS says the hash is, if it says so."""
    (name, parameters), key = algorithm(signed_by), public_key(spki)
    if name in ECDSA_WITH:
        need(parameters is None and isinstance(key, ec.EllipticCurvePublicKey), "not an ECDSA key")
        kind, arguments = ECDSA_WITH[name], lambda: (ec.ECDSA(kind()),)
    else:
        need(isinstance(key, rsa.RSAPublicKey), "not an RSA key")
        if name == RSA_PSS:
            kind, salt = pss_hash(parameters)
            arguments = lambda: (padding.PSS(padding.MGF1(kind()), salt), kind())
        else:
            need(parameters is None or parameters.tag == NULL, "parameters of RSA")
            kind = digest if name == RSA else RSA_WITH.get(name)
            need(kind, "another signature algorithm")
            arguments = lambda: (padding.PKCS1v15(), kind())
    need(digest in (None, kind), "the signature is over another hash")
    try:
        key.verify(signature, data, *arguments())
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        raise Refused("the signature does not verify") from None


class Certificate:
    """What a path needs of an X.509 certificate (RFC 5280, section 4.1)."""

    def __init__(self, element):
        self.raw = element.raw
        outer = Fields(element)
        body, self.algorithm, self.signature = outer.next(SEQUENCE), outer.next(SEQUENCE), outer.next().bits()
        outer.end()
        self.body, fields = body.raw, Fields(body)
        version = fields.optional(context_tag(0))
        need(version and len(version.children) == 1 and version.children[0].integer() == 2, "not version 3")
        serial = fields.next(INTEGER)
        self.serial, self.serial_raw = serial.integer(), serial.raw
        need(fields.next(SEQUENCE).raw == self.algorithm.raw, "two signature algorithms")
        self.issuer = fields.next(SEQUENCE).raw
        validity = Fields(fields.next(SEQUENCE))
        self.not_before, self.not_after = der_time(validity.next()), der_time(validity.next())
        validity.end()
        self.subject = fields.next(SEQUENCE).raw
        key = fields.next(SEQUENCE)
        self.spki, self.key_bits = key.raw, key.children[1].bits() if len(key.children) == 2 else b""
        for number in (1, 2):
            fields.optional(context_tag(number, constructed=False))
        self.extensions = self._extensions(fields.optional(context_tag(3)))
        fields.end()
        self._read_extensions()

    @staticmethod
    def _extensions(element):
        found = {}
        need(element is None or len(element.children) == 1, "extensions")
        for extension in Fields(element.children[0]).rest if element else ():
            fields = Fields(extension)
            name, critical = fields.next().oid(), fields.optional(BOOLEAN)
            value = fields.next(OCTET_STRING).content
            fields.end()
            need(name not in found and (critical is None or critical.content == b"\xff"), "an extension")
            found[name] = (critical is not None, value)
        return found

    def _read_extensions(self):
        """What a path and a token ask of them; one that is not of its form spoils the certificate."""
        value = {name: Der(self.extensions[name][1]) for name in MEANT if name in self.extensions}
        constraints = Fields(value.get(BASIC_CONSTRAINTS, NOTHING))
        authority, length = constraints.optional(BOOLEAN), constraints.optional(INTEGER)
        constraints.end()
        self.below = length.integer() if length else PATH_CERTIFICATES_MAX
        usage = value[KEY_USAGE].as_(BIT_STRING).content[1:2] if KEY_USAGE in value else b""
        signs = bool(usage) and bool(usage[0] >> (7 - KEY_CERT_SIGN) & 1)
        self.is_authority = authority is not None and authority.content == b"\xff" and signs
        purposes = [purpose.oid() for purpose in Fields(value.get(EXTENDED_KEY_USAGE, NOTHING)).rest]
        critical = {name for name, (is_critical, _) in self.extensions.items() if is_critical}
        self.is_for_time_stamping_alone = EXTENDED_KEY_USAGE in critical and purposes == [TIME_STAMPING]
        self.is_understood = critical <= UNDERSTOOD
        self.key_id = value[SUBJECT_KEY_ID].content if SUBJECT_KEY_ID in value else None

    def is_valid_at(self, at):
        return self.not_before <= at <= self.not_after

    @functools.lru_cache(maxsize=1024)
    def is_issued_by(self, issuer):
        return (
            self.issuer == issuer.subject
            and issuer.is_authority
            and issuer.is_understood
            and self.is_understood
            and accepts(check_signed, issuer.spki, self.algorithm, self.body, self.signature)
        )


def certificates_of(elements):
    """Those that are X.509 certificates, each once: CMS knows other kinds beside them."""
    found = {}
    for element in elements:
        try:
            found.setdefault(element.raw, Certificate(element))
        except (Refused, IndexError):
            continue
    return list(found.values())


def has_path(signer, known, roots, suits):
    """Whether a path of certificates and issuers that suit leads to a root, and is short enough for all of them."""
    trusted = {root.raw for root in roots}
    seen, level = {signer.raw}, [signer]
    for below in range(PATH_CERTIFICATES_MAX):  # authorities that stand below an issuer of this level's certificates
        if any(certificate.raw in trusted and suits(certificate, None) for certificate in level):
            return True
        above = {}
        for certificate in level:
            for issuer in roots + known:
                may = issuer.raw not in seen and below <= issuer.below
                if may and certificate.is_issued_by(issuer) and suits(certificate, issuer):
                    above[issuer.raw] = issuer
        seen.update(above)
        level = list(above.values())
    return False


# ------------------------------------------------------- 7. time-stamp tokens: revocation (RFC 5280, RFC 6960)

BASIC_OCSP = "1.3.6.1.5.5.7.48.1.1"
REASON_CODE = "2.5.29.21"


def enumerated(element):
    return int.from_bytes(element.as_(ENUMERATED).content, "big", signed=True)


class Crl:
    """A certificate revocation list (RFC 5280, section 5.1)."""

    def __init__(self, element):
        outer = Fields(element)
        body, self.algorithm, self.signature = outer.next(SEQUENCE), outer.next(SEQUENCE), outer.next().bits()
        outer.end()
        self.body, fields = body.raw, Fields(body)
        version = fields.optional(INTEGER)
        need(version is None or version.integer() == 1, "not version 2")
        need(fields.next(SEQUENCE).raw == self.algorithm.raw, "two signature algorithms")
        self.issuer = fields.next(SEQUENCE).raw
        der_time(fields.next(UTC_TIME, GENERALIZED_TIME))
        for tag in (UTC_TIME, GENERALIZED_TIME):
            fields.optional(tag)
        self.entries = Fields(fields.optional(SEQUENCE) or NOTHING).rest
        fields.optional(context_tag(0))
        fields.end()

    @staticmethod
    def _revocation(entry):
        fields = Fields(entry)
        fields.next(INTEGER)
        at, reason = der_time(fields.next()), None
        for extension in Fields(fields.optional(SEQUENCE) or NOTHING).rest:
            if extension.children[0].oid() == REASON_CODE:
                reason = enumerated(Der(extension.children[-1].as_(OCTET_STRING).content))
        fields.end()
        return at, reason

    def is_of(self, issuer):
        signed = issuer.spki, self.algorithm, self.body, self.signature
        return self.issuer == issuer.subject and accepts(check_signed, *signed)

    def revocations(self, certificate, issuer):
        if not self.is_of(issuer):
            return
        for entry in self.entries:
            if entry.children and entry.children[0].raw == certificate.serial_raw:
                yield self._revocation(entry)


class Ocsp:
    """A basic OCSP response (RFC 6960, section 4.2.1)."""

    def __init__(self, element):
        outer = Fields(element)
        need(outer.next(ENUMERATED).content == b"\x00", "not a successful response")
        explicit = outer.next(context_tag(0)).children
        outer.end()
        need(len(explicit) == 1, "not one response")
        wrapped = Fields(explicit[0])
        need(wrapped.next().oid() == BASIC_OCSP, "not a basic response")
        basic = Fields(Der(wrapped.next(OCTET_STRING).content))
        wrapped.end()
        body, self.algorithm, self.signature = basic.next(SEQUENCE), basic.next(SEQUENCE), basic.next().bits()
        self.body, fields = body.raw, Fields(body)
        fields.optional(context_tag(0))
        fields.next(context_tag(1), context_tag(2))  # who answers: the signature says so
        fields.next(GENERALIZED_TIME)
        self.answers = [self._answer(answer) for answer in Fields(fields.next(SEQUENCE)).rest]

    @staticmethod
    def _answer(element):
        fields = Fields(element)
        names = Fields(fields.next(SEQUENCE))
        of = plain_algorithm(names.next()), names.next(OCTET_STRING).content, names.next(OCTET_STRING).content
        serial = names.next().integer()
        names.end()
        status, revoked = fields.next(), None
        if status.tag == context_tag(1):
            inner = Fields(status, context_tag(1))
            at, reason = der_time(inner.next(GENERALIZED_TIME)), inner.optional(context_tag(0))
            inner.end()
            revoked = at, enumerated(reason.children[0]) if reason else None
        return of, serial, revoked

    def is_of(self, issuer):
        return accepts(check_signed, issuer.spki, self.algorithm, self.body, self.signature)

    def revocations(self, certificate, issuer):
        if not self.is_of(issuer):
            return
        for (name, by_name, by_key), serial, revoked in self.answers:
            digest = hashlib.sha1 if name == SHA1 else HASHES.get(name) and getattr(hashlib, HASHES[name].name)
            if digest and revoked and serial == certificate.serial:
                if (digest(issuer.subject).digest(), digest(issuer.key_bits).digest()) == (by_name, by_key):
                    yield revoked


def revocation_list(element):
    """A CRL or an OCSP response; what is neither says nothing."""
    for kind in (Crl, Ocsp):
        try:
            return kind(element)
        except (Refused, IndexError):
            continue
    return None


def is_revoked(certificate, issuer, lists, at):
    """Whether an authentic list revokes a certificate before a time, or because its key was compromised at any."""
    for each in lists:
        try:
            said = list(each.revocations(certificate, issuer))
        except (Refused, IndexError):
            continue
        if any(since < at or reason in COMPROMISED for since, reason in said):
            return True
    return False


# ------------------------------------------- 7. time-stamp tokens (RFC 3161, RFC 5652, RFC 5816, RFC 5035)

SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
ACCURACY_MS = 1_000


class Token:
    """The parts of a TimeStampToken, read without judging them."""

    def __init__(self, element):
        outer = Fields(element)
        need(outer.next().oid() == SIGNED_DATA, "not SignedData")
        explicit = outer.next(context_tag(0)).children
        outer.end()
        need(len(explicit) == 1, "not one content")
        fields = Fields(explicit[0])
        need(1 <= fields.next().integer() <= 5, "the version of SignedData")
        fields.next(SET)
        inner = Fields(fields.next(SEQUENCE))
        need(inner.next().oid() == TST_INFO, "not TSTInfo")
        content = inner.next(context_tag(0)).children
        inner.end()
        need(len(content) == 1, "not one TSTInfo")
        self.content = content[0].as_(OCTET_STRING).content
        certificates = fields.optional(context_tag(0))
        self.certificates = certificates.children if certificates else []
        fields.optional(context_tag(1))
        signers = fields.next(SET).children
        fields.end()
        need(len(signers) == 1, "not one signer")
        self._signer(Fields(signers[0]))
        self._info(Fields(Der(self.content)))

    def _signer(self, fields):
        need(fields.next().integer() in (1, 3), "the version of SignerInfo")
        self.signer_id = fields.next(SEQUENCE, context_tag(0, constructed=False))
        if self.signer_id.tag == SEQUENCE:
            named = Fields(self.signer_id)
            named.next(SEQUENCE)
            named.next(INTEGER)
            named.end()
        self.digest_algorithm = plain_algorithm(fields.next(SEQUENCE))
        attributes = fields.optional(context_tag(0))
        # What is signed is the set itself and not its place in SignerInfo (RFC 5652, section 5.4).
        self.signed = b"\x31" + attributes.raw[1:] if attributes else self.content
        self.attributes = [self._attribute(each) for each in attributes.children] if attributes else []
        self.algorithm = fields.next(SEQUENCE)
        self.signature = fields.next(OCTET_STRING).content
        fields.optional(context_tag(1))
        fields.end()

    @staticmethod
    def _attribute(element):
        fields = Fields(element)
        name, values = fields.next().oid(), fields.next(SET).children
        fields.end()
        return name, values

    def _info(self, fields):
        need(fields.next().integer() == 1, "not version 1 of TSTInfo")
        self.policy = fields.next().oid()
        imprint = Fields(fields.next(SEQUENCE))
        self.imprint_algorithm, self.imprint = imprint.next(SEQUENCE), imprint.next(OCTET_STRING).content
        imprint.end()
        fields.next(INTEGER)
        self.time_ms = der_time(fields.next(GENERALIZED_TIME), fractions=True)
        accuracy = fields.optional(SEQUENCE)
        self.accuracy_us = self._accuracy(Fields(accuracy)) if accuracy else ACCURACY_MS * 1_000
        for tag in (BOOLEAN, INTEGER, context_tag(0), context_tag(1)):
            fields.optional(tag)
        fields.end()

    @staticmethod
    def _accuracy(fields):
        """A part that is missing is zero (RFC 3161, section 2.4.2)."""
        whole = fields.optional(INTEGER)
        total = whole.integer() * 1_000_000 if whole else 0
        need(total >= 0, "an accuracy below zero")
        for number, unit in ((0, 1_000), (1, 1)):
            part = fields.optional(context_tag(number, constructed=False))
            if part:
                value = Der(b"\x02" + part.raw[1:]).integer()
                need(1 <= value <= 999, "a part of the accuracy")
                total += value * unit
        fields.end()
        return total

    def attribute(self, name):
        """The one value of an attribute that stands there once."""
        found = [values for each, values in self.attributes if each == name]
        need(len(found) == 1 and len(found[0]) == 1, "an attribute is missing or repeated")
        return found[0][0]

    def is_named(self, certificate):
        """SignerIdentifier (RFC 5652, section 5.3)."""
        if self.signer_id.tag == SEQUENCE:
            return self.signer_id.content == certificate.issuer + certificate.serial_raw
        return self.signer_id.content == certificate.key_id

    def signing_certificate(self, known):
        """The one that SignerIdentifier names, which each attribute about it must name too (RFC 5035)."""
        names = {name for name, _ in self.attributes} & {SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2}
        need(names, "no attribute about the signing certificate")
        first = [(name, Fields(Fields(self.attribute(name)).next(SEQUENCE)).next(SEQUENCE)) for name in names]
        for certificate in filter(self.is_named, known):
            if all(names_it(certificate, *id_) for id_ in first):
                return certificate
        raise Refused("the signing certificate is not there, or another")

    def check_attributes(self):
        need(self.attribute(CONTENT_TYPE).oid() == TST_INFO, "the content type")
        kind = hashes.SHA1 if self.digest_algorithm == SHA1 else HASHES.get(self.digest_algorithm)
        need(kind, "another digest")
        digest = hashlib.new(kind.name, self.content).digest()
        need(self.attribute(MESSAGE_DIGEST).as_(OCTET_STRING).content == digest, "the message digest")


def names_it(certificate, attribute, id_):
    """Whether an ESSCertID (of SHA-1) or ESSCertIDv2 is that of a certificate."""
    fields, kind = Fields(id_), "sha1"
    if attribute == SIGNING_CERTIFICATE_V2:
        explicit = fields.optional(SEQUENCE)
        name = plain_algorithm(explicit) if explicit else SHA256
        need(name in HASHES, "another digest of the signing certificate")
        kind = HASHES[name].name
    if fields.next(OCTET_STRING).content != hashlib.new(kind, certificate.raw).digest():
        return False
    place = fields.optional(SEQUENCE)
    fields.end()
    if place:
        inner = Fields(place)
        names, serial = Fields(inner.next(SEQUENCE)).rest, inner.next(INTEGER)
        inner.end()
        issuers = [name.content for name in names if name.tag == context_tag(4)]  # directoryName
        return serial.raw == certificate.serial_raw and issuers == [certificate.issuer]
    return True


def verify_token(proof, commitment, tsa):
    """Time and uncertainty in milliseconds. The checks have the names and the order of section 7."""

    def check(name, test, *arguments):
        try:
            result = test(*arguments)
        except (Refused, IndexError):
            result = False
        need(result, f"the token fails at {name}")
        return result

    def read(value):
        data = strict_base64(value)
        need(len(data) <= DER_BYTES_MAX, "too many bytes")
        return Der(data)

    names = ("certificates", "revocation")
    whole, attached, lists = check(
        "der", lambda: (read(proof["token"]), *([read(each) for each in proof[name]] for name in names))
    )
    token = check("content", Token, whole)
    check("imprint-algorithm", lambda: plain_algorithm(token.imprint_algorithm) == SHA256)
    check("imprint", lambda: token.imprint == commitment)
    known = certificates_of(token.certificates + attached)
    signer = check("signing-certificate", token.signing_certificate, known)
    check("attributes", accepts, token.check_attributes)
    digest = HASHES.get(token.digest_algorithm)
    signed = (signer.spki, token.algorithm, token.signed, token.signature, digest)
    check("signature", lambda: digest and accepts(check_signed, *signed))
    check("policy", lambda: token.policy in tsa["policies"])
    check("serial", lambda: str(signer.serial) in tsa.get("serials", [str(signer.serial)]))
    check("eku", lambda: signer.is_for_time_stamping_alone)
    roots = certificates_of([Der(strict_base64(root)) for root in tsa["roots"]])
    at, lists = token.time_ms, list(filter(None, map(revocation_list, lists)))

    def valid(certificate, _):
        return certificate.is_valid_at(at)

    def stands(certificate, issuer):
        return valid(certificate, issuer) and not (issuer and is_revoked(certificate, issuer, lists, at))

    check("chain", lambda: len(token.certificates + attached) <= PATH_CANDIDATES_MAX)
    check("chain", has_path, signer, known, roots, lambda *_: True)
    check("validity", has_path, signer, known, roots, valid)
    check("revoked", has_path, signer, known, roots, stands)
    most = tsa.get("accuracyMaxMs")
    check("accuracy", lambda: most is None or token.accuracy_us <= most * 1_000)
    uncertainty = -(-token.accuracy_us // 1_000)
    check("time", lambda: at + uncertainty <= SOURCE_MS_MAX)
    issuers = [each for each in roots + known if signer.is_issued_by(each)]
    return at, uncertainty, any(each.is_of(issuer) for each in lists for issuer in issuers)


# --------------------------------------------------------------------------------------------- 5. keys


def seconds(value):
    """RFC 3339 UTC to Unix seconds."""
    try:
        whole = datetime.fromisoformat(value[:19]).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise Refused(f"{value} is not a time") from None
    return whole + float("0" + value[19:-1])


def state_at(key, now):
    after = seconds(key["not_after"])
    end = after + RETIREMENT_SECONDS
    early = seconds(key["retired_at"]) if "retired_at" in key else end
    if "revoked_at" in key and now >= seconds(key["revoked_at"]):
        return "revoked"
    if now < seconds(key["not_before"]):
        return "pending"
    if now <= after:
        return "active"
    return "retired" if now > end or early < end and now >= early else "retiring"


USES = {
    "ES256K": ("output", "chain-tx", "device", "attestation", "receipt"),
    "Ed25519": ("event-batch", "checkpoint", "witness", "device", "attestation", "receipt"),
}


def check_key(key, as_of):
    names = ("not_before", "not_after", "retired_at", "revoked_at", "compromised_since")
    at = {name: seconds(key[name]) for name in names if name in key}
    need(at["not_before"] <= at["not_after"], f"key {key['kid']} ends before it begins")
    need(at["not_after"] <= at.get("retired_at", at["not_after"]), f"key {key['kid']} is retired before its end")
    since = at.get("compromised_since", at.get("revoked_at"))
    need(since is None or ("revoked_at" in at and since <= at["revoked_at"]), f"the revocation of key {key['kid']}")
    need(key["use"] in USES[key["alg"]], f"{key['alg']} does not serve the use {key['use']}")
    need(re.fullmatch(rf"[^{SPACES}+]+", key.get("name", "-")), f"the name of key {key['kid']}")
    need(state_at(key, as_of) == key["status"], f"the status of key {key['kid']} contradicts its times")
    public_key = bytes.fromhex(key["public_key"])
    try:
        if key["alg"] == "ES256K":
            need(len(public_key) == 33, f"key {key['kid']} is not a compressed point")
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public_key)
        else:
            check_ed25519_key(public_key)
    except ValueError:
        raise Refused(f"key {key['kid']} is not a public key") from None


def check_note_keys(trust):
    """One public key is one party: a log that is its own witness, or a witness with two names, counts once at most."""
    logs = [(log["vkey"], 1, log["origin"]) for log in trust["logs"]]
    seen = set()
    for vkey, key_type, origin in logs + [(vkey, 4, None) for vkey in trust["witnesses"]["vkeys"]]:
        name, _, material = split_vkey(vkey)
        need(material[0] == key_type, "a verifier key of another type")
        need(origin in (None, name), "a log key with another name than the origin")
        check_ed25519_key(material[1:])
        need(material[1:] not in seen, "a verifier key twice")
        seen.add(material[1:])
    need(trust["witnesses"]["k"] <= len(trust["witnesses"]["vkeys"]), "k is above the number of witnesses")


def read_trust(data):
    trust = read_json(data, TEXT_BYTES_MAX)
    need(fits(trust, TRUST), "the file does not fit its schema")
    as_of = seconds(trust["asOf"])
    for member in ("kid", "public_key"):
        values = [key[member] for key in trust["keys"]]
        need(len(set(values)) == len(values), f"a {member} twice")
    for key in trust["keys"]:
        check_key(key, as_of)
    check_note_keys(trust)
    for member in ("chains", "tsas"):
        networks = [each["network"] for each in trust[member]]
        need(len(set(networks)) == len(networks), f"a network twice in {member}")
    for tsa in trust["tsas"]:
        for root in tsa["roots"]:
            need(certificates_of([Der(strict_base64(root))]), f"a root of {tsa['network']} that is no certificate")
    tests = {each["network"] for each in trust["chains"] + trust["tsas"] if each["test"]}
    for source in trust["independent"]:
        need(source not in tests and not source.startswith("kadena:"), f"{source} may not be an independent source")
    return trust


# ------------------------------------------------------------------------------- 12. steps and label


ENTRY_REASONS = {
    "kind": "entry-kind",
    "leafFormat": "entry-leaf-format",
    "treeProfile": "entry-tree-profile",
    "leafCount": "entry-leaf-count",
    "root": "entry-root",
    "scope": "entry-scope",
    "batchId": "entry-batch",
    "signature": "entry-signature",
}


class Verification:
    """Runs the steps of section 12. `steps` maps a name, or (name, index), to (status, detail, counts for nothing)."""

    def __init__(self, bundle, trust, now):
        self.bundle, self.trust, self.now_ms = bundle, trust, round(now * 1_000)
        self.steps = {"gate": ("pass", "", False)}
        self.anchored = []  # (log proof, is test)
        self.sources = []  # (latest milliseconds, milliseconds that it says), of the independent ones
        self.notes = [self.note(proof) for proof in bundle["logProofs"]]
        self.false_line = False

    @staticmethod
    def note(proof):
        try:
            return Note(proof["checkpoint"])
        except Refused:
            return None

    def step(self, name, check, optional=False):
        """`check` returns a status, alone or with a detail, or None for pass; Refused fails, and may be `optional`."""
        try:
            status = check() or "pass"
            self.steps[name] = (*((status, "") if isinstance(status, str) else status), False)
        except Refused as reason:
            self.steps[name] = ("fail", str(reason), optional)

    def run(self):
        for index, anchor in enumerate(self.bundle["anchors"]):
            self.step(("anchor", index), lambda a=anchor: self.anchor_commitment(a))
            if self.passes(("anchor", index)):
                self.step(("anchor", index), lambda a=anchor: self.anchor(a), optional=True)
        self.cosigned = [self.cosignatures(note) for note in self.notes]
        for note in self.notes:
            self.find_false_lines(note)
        self.run_subject()
        self.step("entry-match", self.entry_match)
        for index, (proof, note) in enumerate(zip(self.bundle["logProofs"], self.notes)):
            self.step(("log-inclusion", index), lambda p=proof, n=note: self.log_inclusion(p, n))
            self.step(("checkpoint-signature", index), lambda n=note: self.checkpoint_signature(n), optional=True)
        self.step("log-uniqueness", self.log_uniqueness)
        self.run_last()
        return self

    def run_last(self):
        """What a kind of subject has beside."""

    def listed(self, member, **wanted):
        """The first item of the trust file with these values, or None."""
        items = self.trust[member] if self.trust else []
        return next((item for item in items if all(item.get(n) == v for n, v in wanted.items())), None)

    def key(self):
        found = self.listed("keys", kid=self.key_id)
        if not found:
            return "not-checked"
        need((found["use"], found["alg"]) == self.KEY, "other-use: the key has another use or algorithm")
        need(self.may_use(found), "the key may not sign in this domain")

    def usable_key(self):
        return self.listed("keys", kid=self.key_id) if self.steps["key"][0] == "pass" else None

    def signature(self):
        key = self.usable_key()
        if not key:
            return "not-checked"
        self.check_signature(key)

    def key_state(self):
        key = self.usable_key()
        if not key:
            return "not-checked"
        declared, trusted = self.declared_ms, self.trusted_ms()
        ms = {name: round(seconds(key[name]) * 1_000) for name in ("not_before", "not_after", "compromised_since") if name in key}
        need(ms["not_before"] <= declared, self.time_reason("key-not-yet-valid"))
        need(declared <= ms["not_after"], self.time_reason("key-expired"))
        need(declared <= self.now_ms + SKEW_MS, self.time_reason("declared-in-the-future"))
        need(trusted <= ms["not_after"] + RETIREMENT_SECONDS * 1_000, self.time_reason("key-retired"))
        stands = "revoked_at" not in key or trusted < ms.get("compromised_since", 0)
        need(stands, self.time_reason("key-revoked"))

    def take_time(self, source, at_ms, uncertainty_ms=SOURCE_UNCERTAINTY_MS):
        if self.trust and source in self.trust["independent"] and at_ms + uncertainty_ms <= SOURCE_MS_MAX:
            self.sources.append((at_ms + uncertainty_ms, at_ms))

    def trusted_ms(self):
        """T: the smallest sum of time and uncertainty, or now where that is earlier or there is no source."""
        return min([latest for latest, _ in self.sources] + [self.now_ms])

    def entry_match(self):
        entry = read_json(self.bundle["entry"].encode(), ENTRY_BYTES_MAX)
        need(fits(entry, ENTRY), "the entry does not fit its schema")
        need(jcs(entry) == self.bundle["entry"], "the entry is not in canonical form")
        inclusion = self.bundle["inclusion"]
        expected = {"leafCount": inclusion["treeSize"], "root": inclusion["rootHex"], **self.expected_entry(entry)}
        for name, reason in ENTRY_REASONS.items():
            need(entry[name] == expected.get(name, entry[name]), f"{reason}: the entry describes another batch")

    def log_inclusion(self, proof, note):
        need(note, "the checkpoint cannot be read")
        need(str(note.size) == proof["treeSize"], "the proof is for another size than the checkpoint")
        path = [bytes.fromhex(step) for step in proof["path"]]
        node = leaf_hash(self.bundle["entry"].encode())
        root = root_of(node, path, sides(int(proof["leafIndex"]), note.size))
        need(root == note.root, "root-mismatch: the path does not lead to the checkpoint's root")

    def log_keys(self, note):
        logs = self.trust["logs"] if self.trust else []
        return [log["vkey"] for log in logs if note and log["origin"] == note.origin]

    def is_log_signed(self, note):
        return any(valid for vkey in self.log_keys(note) for valid, _ in note.judged(vkey, 1))

    def checkpoint_signature(self, note):
        if not self.log_keys(note):
            return "not-checked"
        need(self.is_log_signed(note), "no line of a trusted key of this log verifies")

    def cosignatures(self, note):
        """The names of the witnesses that signed a checkpoint, whatever becomes of the log's own line."""
        names = set()
        for vkey in self.trust["witnesses"]["vkeys"] if self.trust and note else []:
            for valid, stamp in note.judged(vkey, 4):
                if valid:
                    names.add(split_vkey(vkey)[0])
                    self.take_time(split_vkey(vkey)[0], stamp * 1_000)
        return names

    def find_false_lines(self, note):
        """Notices a line that claims a trusted log or witness and does not verify."""
        if not self.trust or not note:
            return
        keys = [(log["vkey"], 1) for log in self.trust["logs"]]
        for vkey, key_type in keys + [(vkey, 4) for vkey in self.trust["witnesses"]["vkeys"]]:
            if not all(valid for valid, _ in note.judged(vkey, key_type)):
                self.false_line = True

    def log_uniqueness(self):
        wanted = self.trust["witnesses"]["k"] if self.trust else 0
        if wanted == 0:
            return "not-checked"
        counts = [len(names) for note, names in zip(self.notes, self.cosigned) if self.is_log_signed(note)]
        seen = max(counts, default=0)
        return None if seen >= wanted else "not-checked" if seen else "absent"

    def anchor_commitment(self, anchor):
        """What needs no trust file: the commitment is that of the checkpoint."""
        need(anchor["logProof"] < len(self.notes), "there is no such log proof")
        note = self.notes[anchor["logProof"]]
        need(note and anchor["commitment"] in note.commitments(), "the commitment is not the checkpoint's")

    def anchor(self, anchor):
        return self.token(anchor) if anchor["kind"] == "rfc3161" else self.on_chain(anchor)

    def token(self, anchor):
        tsa = self.listed("tsas", network=anchor["network"])
        if not tsa:
            return "not-checked"
        at, uncertainty, listed = verify_token(anchor["proof"], bytes.fromhex(anchor["commitment"]), tsa)
        self.anchored.append((anchor["logProof"], tsa["test"]))
        self.take_time(anchor["network"], at, uncertainty)
        which = " of the issuer" if anchor["proof"]["revocation"] else ""
        return None if listed else ("pass", f"no revocation list{which} was given: rests on the roots alone")

    def on_chain(self, anchor):
        chain = self.listed("chains", network=anchor["network"])
        if not chain or "contract" not in chain or not chain.get("submitters"):
            return "not-checked"
        contract, commitment = bytes.fromhex(chain["contract"][2:]), bytes.fromhex(anchor["commitment"])
        number, block, at = self.first_valid(anchor["proof"], contract, chain["submitters"], commitment)
        known = [listed["hash"] for listed in chain.get("blocks", []) if listed["number"] == number]
        if not known:
            return "not-checked"
        need(block in known, f"the trust file knows another block {number}")
        need(at <= SOURCE_SECONDS_MAX, "the record's time is beyond every calendar")
        self.anchored.append((anchor["logProof"], chain["test"]))
        self.take_time(anchor["network"], at * 1_000)

    @staticmethod
    def first_valid(proof, contract, submitters, commitment):
        refusal = Refused("no submitter")
        for submitter in submitters:
            try:
                return verify_evm(proof, contract, bytes.fromhex(submitter[2:]), commitment)
            except Refused as reason:
                refusal = reason
        raise refusal

    def passes(self, *names):
        return all(self.steps[name][0] == "pass" for name in names)

    def is_uniqueness_missing(self):
        return bool(self.trust and self.trust["witnesses"]["k"] > 0 and not self.passes("log-uniqueness"))

    def label(self, strict):
        if not self.valid(strict) or not self.passes("gate", "key", "signature", "key-state", *self.L1_BESIDE):
            return "L0"
        if self.is_uniqueness_missing() or not self.passes("inclusion", "entry-match"):
            return "L1"
        tests = [
            test
            for index, test in self.anchored
            if self.passes(("log-inclusion", index), ("checkpoint-signature", index))
        ]
        if not tests:
            return "L1"
        return f"L{self.level_beyond() or 2}" + ("-test" if all(tests) else "")

    def level_beyond(self):
        """The level of what is shown beside the anchor, or None."""

    def remarks(self):
        found, declared = [], self.declared_ms
        if self.sources:
            after, before = declared - self.trusted_ms(), min(self.sources)[1] - declared
            if after > SKEW_MS:
                found.append(f"declared-after-anchor:{after // 1_000}")
            if before > LONG_BEFORE_ANCHOR_MS:
                found.append(f"declared-long-before-anchor:{before // 1_000}")
        else:
            found.append("declared-time-only")
        if not self.trust:
            found.append("no-trust-file")
        found += self.subject_remarks()
        if self.is_uniqueness_missing():
            found.append("log-uniqueness-not-shown")
        if self.has_false_part():
            found.append("contains-false-part")
        return found

    def has_false_part(self):
        return self.false_line or any(status == "fail" and optional for status, _, optional in self.steps.values())

    def valid(self, strict):
        failed = any(status == "fail" and not optional for status, _, optional in self.steps.values())
        return not failed and not (strict and self.has_false_part())


class OutputVerification(Verification):
    """Of the signed output of a model."""

    KEY = ("output", "ES256K")
    L1_BESIDE = ("context", "commitment")

    def __init__(self, bundle, trust, now):
        super().__init__(bundle, trust, now)
        self.proof = bundle["subject"]["proof"]
        self.key_id, self.declared_ms = self.proof["keyId"], self.proof["timestamp"] * 1_000

    def run_subject(self):
        subject = self.bundle["subject"]
        self.step("subject-inputs", lambda: self.tensors(subject.get("inputs"), "inputHash"))
        self.step("subject-outputs", lambda: self.tensors(subject.get("outputs"), "outputHash"))
        self.step("context", self.context)
        self.step("payment", self.payment)
        self.step("key", self.key)
        self.step("signature", self.signature)
        self.step("key-state", self.key_state)
        self.step("commitment", self.commitment)
        self.step("inclusion", self.inclusion)

    def run_last(self):
        self.step("zk", self.zk, optional=True)

    def circuits(self):
        """What the trust file says of the circuit of the proof, once for each time that it lists it."""
        zk, model = self.bundle["zk"], self.proof["modelVersionId"]
        digest = hash_of({**zk["vk"], "descriptor": hash_of(zk["descriptor"])})
        models = self.trust["models"] if self.trust else []
        return [one for one in models if one["modelVersionId"] == model and one.get("vkDigest") == digest]

    def zk(self):
        """Section 11: the model itself gave the outputs that were signed."""
        if "zk" not in self.bundle:
            return "absent"
        if not self.circuits():
            return "not-checked"
        zk, groth16 = self.bundle["zk"], groth16_verifier()
        descriptor = zk["descriptor"]
        same_file = descriptor["modelHash"] == self.bundle["commitment"]["model"]["modelHash"]
        need(same_file, "zk-model-mismatch: the circuit was compiled from another model file")
        try:
            groth16.gate(groth16.read_key(zk["vk"]))
            signals = groth16.read_signals(zk["publicSignals"], zk["vk"]["nPublic"])
            self.zk_statement(descriptor, signals)
            groth16.verify(zk["vk"], zk["publicSignals"], zk["proof"])
        except groth16.Invalid as code:
            raise Refused(str(code)) from None

    def zk_statement(self, descriptor, signals):
        """The signals are those of the signed tensors, this output and this request."""
        signed = iter(each if each <= FIELD_ORDER // 2 else each - FIELD_ORDER for each in signals)
        inputs = [circuit_tensor(declared, signed) for declared in descriptor["inputs"]]
        outputs = [circuit_tensor(declared, signed) for declared in descriptor["outputs"]]
        need(len(list(signed)) == 1, "signal-count: the descriptor speaks of another number of signals")
        for side, tensors in (("input", inputs), ("output", outputs)):
            proven = tensors_hash(sorted(tensors, key=lambda tensor: tensor["name"].encode()))
            same = proven == self.proof[f"{side}Hash"]
            need(same, f"zk-{side}s-mismatch: the proven {side}s are not the signed ones")
        request = self.bundle["subject"]["context"]["requestDigest"] or "0" * 64
        bind = sha256(f"touchstone.zk.bind.v1|{output_digest(self.proof).hex()}|{request}".encode())[:31]
        need(signals[-1] == int.from_bytes(bind, "big"), "zk-bind-mismatch: the proof is of another output or request")

    def level_beyond(self):
        if not self.passes("zk"):
            return None
        return 6 if any(one.get("setup", "single-party") != "single-party" for one in self.circuits()) else 5

    def tensors(self, tensors, name):
        if tensors is None:
            return "absent"
        need(tensors_hash(tensors) == self.proof[name], "these tensors are not the ones that were signed")

    def context(self):
        nonce = sha256(b"touchstone.context.v1|" + jcs(self.bundle["subject"]["context"]).encode()).hex()
        need(nonce == self.proof["nonce"], "the nonce is not the hash of this context")

    def payment(self):
        if "payment" not in self.bundle:
            return "absent"
        parts = self.bundle["payment"]["requestParts"]
        need(parts["modelVersionId"] == self.proof["modelVersionId"], "the request was for another model version")
        digest = self.bundle["subject"]["context"]["requestDigest"]
        need(hash_of(parts) == digest, "the request is not the one that was signed")

    def may_use(self, key):
        return self.proof["domain"] in key.get("domains", [])

    def check_signature(self, key):
        signature = compact_signature(self.proof["signature"])
        check_ecdsa(output_digest(self.proof), signature, bytes.fromhex(key["public_key"]))

    def time_reason(self, reason):
        return f"key-not-valid-at: {reason}"

    def commitment(self):
        commitment, model = self.bundle["commitment"], self.proof["modelVersionId"]
        need(hash_of(commitment["model"]) == model == commitment["modelVersionId"], "the model version id")
        committed = [key for key in commitment["keys"] if key["kid"] == self.proof["keyId"]]
        need(committed, "the signing key is not in the commitment")
        if not self.listed("models", modelVersionId=model, commitmentHash=hash_of(commitment)):
            return "not-checked"
        key = self.listed("keys", kid=self.proof["keyId"])
        need(not key or key["public_key"] == committed[0]["publicKey"], "the commitment names another public key")

    def inclusion(self):
        inclusion = self.bundle["inclusion"]
        leaf = leaf_hash(output_leaf(self.proof))
        places = sides(inclusion["leafIndex"], inclusion["treeSize"])
        root = root_of(leaf, path_of(inclusion, places), places)
        need(root.hex() == inclusion["rootHex"], "root-mismatch: the path does not lead to the root")

    def expected_entry(self, _):
        return {
            "kind": "output",
            "leafFormat": "model-output-v1",
            "treeProfile": "rfc9162-sha256",
            "scope": {"modelVersionId": self.proof["modelVersionId"]},
            "signature": None,
        }

    def subject_remarks(self):
        paid = self.bundle["subject"]["context"]["payment"]
        return ["request-not-disclosed"] if paid and "payment" not in self.bundle else []


EVENT_BYTES_MAX = 65_536
EVENT_ID_BYTES_MAX = 128
NOTE_BODY = re.compile(
    "touchstone\\.dev/event-batch/v2\n"
    f"batch ({UUID % ('7', '[89ab]')})\n"
    f"tenant (-|{UUID % ('[0-9a-f]', '[0-9a-f]')})\n"
    "tree rfc9162-sha256 ([1-9][0-9]{0,15}) ([0-9a-f]{64})\n"
    "time ([-0-9T:.]{23}Z)\n"
    "previous (?:-|[0-9a-f]{64})\n"
)


def read_batch_note(source):
    """Section 5: the signed note of a batch, with batch, tenant, number of leaves, root and time."""
    try:
        note = SignedNote(source)
    except Refused as reason:
        raise Refused(f"note-shape: {reason}") from None
    said = NOTE_BODY.fullmatch(note.text)
    need(said, "note-shape: the note is not about a batch of events")
    batch, tenant, count, root, at = said.groups()
    return note, {"batch": batch, "tenant": tenant, "count": int(count), "root": root, "time": at}


class EventVerification(Verification):
    """Of an event of a signed batch."""

    KEY = ("event-batch", "Ed25519")
    L1_BESIDE = ("inclusion",)

    def __init__(self, bundle, trust, now):
        super().__init__(bundle, trust, now)
        self.batch, self.is_v1 = bundle["batch"], bundle["batch"]["format"] == "event-batch-v1"
        self.key_id, self.declared_ms = self.batch["kid"], round(seconds(self.batch["batchTs"]) * 1_000)

    def run_subject(self):
        self.step("key", self.key)
        self.step("signature", self.signature)
        self.step("key-state", self.key_state)
        self.step("inclusion", self.inclusion)

    def may_use(self, key):
        return True  # keys of batches have no domains

    def time_reason(self, reason):
        return f"{reason}: the key did not count at that time"

    def message(self):
        """What version 1 signs; the number of leaves is not in it."""
        return f"{self.bundle['inclusion']['rootHex']}|{self.batch['batchTs']}".encode()

    def check_signature(self, key):
        public_key, inclusion = bytes.fromhex(key["public_key"]), self.bundle["inclusion"]
        if self.is_v1:
            signature = bytes.fromhex(self.batch["signature"])
            need(accepts(check_ed25519, self.message(), signature, public_key), "bad-signature: it does not verify")
            return
        note, said = read_batch_note(self.batch["note"])
        need(said["time"] == self.batch["batchTs"], "re-dated: the note names another time")
        named = (said["root"], said["count"]) == (inclusion["rootHex"], inclusion["treeSize"])
        need(named, "not-of-this-batch: the note names another root or number of leaves")
        need(is_key_name(key.get("name")), "key-without-name: the trust file gives the key no name that a note can have")
        key_id = sha256(key["name"].encode() + b"\n\x01" + public_key)[:4]
        lines = [line for line in note.signatures if line[:2] == (key["name"], key_id)]
        valid = any(accepts(check_ed25519, note.text.encode(), line[2], public_key) for line in lines)
        need(valid, "bad-signature: no line of the key verifies")

    def leaf(self):
        event = self.bundle["subject"]["event"]
        canonical = jcs(event, fractions=True).encode()
        need(len(canonical) <= EVENT_BYTES_MAX, "too-large: the event has too many bytes")
        identity = event.get("id")
        is_id = isinstance(identity, str) and 1 <= len(identity.encode()) <= EVENT_ID_BYTES_MAX
        need(is_id, "event-id: an event has an id of 1 to 128 bytes")
        if not self.is_v1:
            return leaf_hash(sha256(b"touchstone.event.v2|" + canonical))
        # The tree of version 1 has no prefixes: 64 bytes could be two nodes side by side.
        need(len(canonical) != 64, "event-length-64: the event could be an inner node")
        return sha256(canonical)

    def inclusion(self):
        inclusion, leaf = self.bundle["inclusion"], self.leaf()
        place = inclusion["leafIndex"], inclusion["treeSize"]
        if self.is_v1:
            places = event_tree_places(*place)
            root = event_tree_root(leaf, path_of(inclusion, [side for side, _ in places]), places)
        else:
            places = sides(*place)
            root = root_of(leaf, path_of(inclusion, places), places)
        need(root.hex() == inclusion["rootHex"], "root-mismatch: the path does not lead to the root")

    def expected_entry(self, entry):
        if self.is_v1:  # tenant and batch are the log's word alone
            signed = self.message() + bytes.fromhex(self.batch["signature"])
            tree, leaf, stated = "event-batch-v1", "event-v1", {"scope": {"tenant": entry["scope"].get("tenant")}}
        else:
            _, said = read_batch_note(self.batch["note"])
            signed = self.batch["note"].encode()
            tree, leaf = "rfc9162-sha256", "event-v2"
            stated = {"scope": {"tenant": said["tenant"]}, "batchId": said["batch"]}
        return {"kind": "event", "leafFormat": leaf, "treeProfile": tree, "signature": sha256(signed).hex(), **stated}

    def subject_remarks(self):
        return []


KINDS = {"output": (OUTPUT_BUNDLE, OutputVerification), "event": (EVENT_BUNDLE, EventVerification)}


def kind_of(bundle):
    """The kind of a bundle's subject; that of an output where it names none, so that its form refuses it."""
    subject = bundle.get("subject") if isinstance(bundle, dict) else None
    kind = subject.get("kind") if isinstance(subject, dict) else None
    return kind if kind == "event" else "output"


def verify(data, trust, now, strict=False):
    """The report on a bundle's exact bytes."""
    try:
        bundle = read_json(data, TEXT_BYTES_MAX)
        form, verification = KINDS[kind_of(bundle)]
        need(fits(bundle, form), "the bundle does not fit its closed schema")
    except Refused as reason:
        steps = [{"step": "gate", "status": "fail", "detail": str(reason)}]
        return {"result": "INVALID", "label": "L0", "anchored": True, "steps": steps, "remarks": []}
    checked = verification(bundle, trust, now).run()
    steps = []
    for name, (status, detail, optional) in checked.steps.items():
        name, index = name if isinstance(name, tuple) else (name, None)
        step = {"step": name, "index": index, "status": status, "detail": detail}
        steps.append({**step, "optional": True} if optional else step)
    return {
        "result": "VALID" if checked.valid(strict) else "INVALID",
        "label": checked.label(strict),
        "anchored": bool(bundle["anchors"]),
        "steps": steps,
        "remarks": checked.remarks(),
    }


def exit_code(report, require, allow_test):
    if report["result"] == "INVALID":
        return 1
    level, test = int(report["label"][1]), report["label"].endswith("-test")
    level = 1 if test and not allow_test else level
    if level >= int(require[1]):
        return 0
    return 3 if int(require[1]) >= 2 and not report["anchored"] else 1


def read_file(name):
    with (sys.stdin.buffer if name == "-" else open(name, "rb")) as file:
        return file.read(TEXT_BYTES_MAX + 1)


def show(name, report):
    for step in report["steps"]:
        place = step["step"] + (f"[{step['index']}]" if step.get("index") is not None else "")
        print(f"{step['status']:<12} {place:<24} {step['detail']}".rstrip())
    print(f"{report['result']}  label {report['label']}  {name}")
    for remark in report["remarks"]:
        print(f"remark: {remark}")


def main():
    parser = argparse.ArgumentParser(description="Verify Touchstone evidence without Touchstone code.")
    parser.add_argument("evidence", nargs="+", help="evidence bundles; - reads standard input")
    parser.add_argument("--trust", help="your trust file; without one the label is L0")
    parser.add_argument("--require", choices=["L1", "L2", "L5", "L6"], default="L1", help="the label that is enough (L1)")
    parser.add_argument("--allow-test", action="store_true", help="let a label of a test network count")
    parser.add_argument("--strict", action="store_true", help="refuse evidence that holds a false part")
    parser.add_argument("--now", help="your clock, RFC 3339 UTC (the machine's)")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each bundle")
    arguments = parser.parse_args()
    try:
        now = seconds(arguments.now) if arguments.now else time.time()
        trust = read_trust(read_file(arguments.trust)) if arguments.trust else None
    except OSError as error:
        print(f"{arguments.trust}: {error.strerror}", file=sys.stderr)
        return 4
    except Refused as reason:
        print(f"The trust file is not usable: {reason}", file=sys.stderr)
        return 5
    worst = 0
    for name in arguments.evidence:
        try:
            report = verify(read_file(name), trust, now, arguments.strict)
        except OSError as error:
            print(f"{name}: {error.strerror}", file=sys.stderr)
            worst = max(worst, 4)
            continue
        if arguments.json:
            print(json.dumps({"file": name, **report}))
        else:
            show(name, report)
        worst = max(worst, exit_code(report, arguments.require, arguments.allow_test))
    return worst


if __name__ == "__main__":
    sys.exit(main())
