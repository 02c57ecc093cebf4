#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies Groth16 proofs on BN254 without any Touchstone code.

Written from docs/reference/protocol.md (section 11) and the equation of Groth's paper (ePrint 2016/260, section 3.2) alone. Needs
Python 3.9 or later and the package `py_ecc` (8.0.0 was tried); no network.

    python3 tools/verify_groth16.py FILE... [--json]

A file holds {"vk", "publicSignals", "proof"} and perhaps "descriptor", the hash of the circuit descriptor in hex: with it the digest
of the key is printed, which a trust file lists. Whether it does is not looked at here.
Exit code: 0 all valid, 1 some invalid, 2 usage, 4 I/O.
"""
import argparse
import hashlib
import json
import re
import sys

from py_ecc.optimized_bn128 import (
    FQ,
    FQ2,
    FQ12,
    G2,
    add,
    b,
    b2,
    curve_order,
    eq,
    field_modulus,
    final_exponentiate,
    is_inf,
    is_on_curve,
    multiply,
    neg,
    pairing,
)

SIGNALS_MAX = 4096
DECIMAL = re.compile("0|[1-9][0-9]{0,76}")
HASH = re.compile("[0-9a-f]{64}")
KEY_MEMBERS = ["protocol", "curve", "nPublic", "vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC"]


class Invalid(Exception):
    """A proof that is refused; its text is one of the codes of libs/groth16."""


def need(condition, code):
    if not condition:
        raise Invalid(code)


# ------------------------------------------------------------------------------------------- 1. closed forms


def members(value, names, code):
    need(isinstance(value, dict) and set(value) == set(names), code)
    return value


def items(value, length, code):
    need(isinstance(value, list) and len(value) == length, code)
    return value


def decimal(value, modulus, code):
    need(isinstance(value, str) and DECIMAL.fullmatch(value) and int(value) < modulus, code)
    return int(value)


def pair(value, code):
    return tuple(decimal(each, field_modulus, code) for each in items(value, 2, code))


def pair_of_pairs(value, code):
    return tuple(pair(each, code) for each in items(value, 2, code))


def is_count(value):
    """JSON has one kind of number: 2.0 is 2 here as in other languages."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value in range(1, SIGNALS_MAX + 1)


def read_key(value):
    code = "key-malformed"
    members(value, KEY_MEMBERS, code)
    need(value["protocol"] == "groth16" and value["curve"] == "bn128" and is_count(value["nPublic"]), code)
    key = {"alpha": pair(value["vk_alpha_1"], code)}
    for name in ("beta", "gamma", "delta"):
        key[name] = pair_of_pairs(value[f"vk_{name}_2"], code)
    need(isinstance(value["IC"], list), code)
    need(len(value["IC"]) == value["nPublic"] + 1, "key-ic-length")
    key["ic"] = [pair(each, code) for each in value["IC"]]
    return key


def read_signals(value, count):
    need(isinstance(value, list), "signals-malformed")
    need(len(value) == count, "signal-count")
    return [decimal(each, curve_order, "signal-not-canonical") for each in value]


def read_proof(value):
    code = "proof-malformed"
    members(value, ["pi_a", "pi_b", "pi_c"], code)
    return pair(value["pi_a"], code), pair_of_pairs(value["pi_b"], code), pair(value["pi_c"], code)


# ------------------------------------------------------------------------------------------------- 2. points


def g1(coordinates, code):
    need(coordinates != (0, 0), code)
    point = tuple(FQ(each) for each in (*coordinates, 1))
    need(is_on_curve(point, b), code)
    return point


def g2(coordinates, code):
    need(coordinates != ((0, 0), (0, 0)), code)
    point = tuple(FQ2(each) for each in (*coordinates, (1, 0)))
    need(is_on_curve(point, b2) and is_inf(multiply(point, curve_order)), code)
    return point


# -------------------------------------------------------------------------------------------- 3. the judgement


def gate(key):
    """The points of a key that a proof can rest on (section 11). Gamma is the generator in keys of snarkjs."""
    code = "key-point-invalid"
    points = {"alpha": g1(key["alpha"], code), "ic": [g1(each, code) for each in key["ic"]]}
    for name in ("beta", "gamma", "delta"):
        points[name] = g2(key[name], code)
    for known in (points["gamma"], G2):
        need(not eq(points["delta"], known) and not eq(points["delta"], neg(known)), "key-forgeable")
    return points


def statement(ic, signals):
    """IC[0] + the sum of each signal times its point; r - v as -v, which is quicker."""
    total = ic[0]
    for point, signal in zip(ic[1:], signals):
        small = signal if signal <= curve_order // 2 else signal - curve_order
        total = add(total, multiply(point, small) if small >= 0 else multiply(neg(point), -small))
    return total


def verify(vk, public_signals, proof):
    """Raises Invalid unless e(A, B) = e(alpha, beta) e(statement, gamma) e(C, delta)."""
    points = gate(read_key(vk))
    signals = read_signals(public_signals, len(points["ic"]) - 1)
    a, b_, c = read_proof(proof)
    code = "proof-point-invalid"
    a, b_, c = g1(a, code), g2(b_, code), g1(c, code)
    product = FQ12.one()
    for left, right in (
        (neg(a), b_),
        (points["alpha"], points["beta"]),
        (statement(points["ic"], signals), points["gamma"]),
        (c, points["delta"]),
    ):
        product *= pairing(right, left, final_exponentiate=False)
    need(final_exponentiate(product) == FQ12.one(), "equation-false")


def judge(vk, public_signals, proof):
    """'ok' or the code of the refusal."""
    try:
        verify(vk, public_signals, proof)
        return "ok"
    except Invalid as refusal:
        return str(refusal)


def vk_digest(vk, descriptor):
    """The name of a key and its circuit in a trust file; sorted ASCII members of texts and one number are canonical as they are."""
    named = {**{name: vk[name] for name in KEY_MEMBERS}, "nPublic": int(vk["nPublic"]), "descriptor": descriptor}
    return hashlib.sha256(json.dumps(named, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def closed(pairs):
    """A name that occurs twice would be read differently by different readers."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def judge_file(path):
    with open(path, "rb") as file:
        try:
            given = json.load(file, object_pairs_hook=closed)
        except (ValueError, RecursionError):
            return {"file": path, "result": "INVALID", "code": "not-json"}
    given = given if isinstance(given, dict) else {}
    code = judge(given.get("vk"), given.get("publicSignals"), given.get("proof"))
    report = {"file": path, "result": "VALID" if code == "ok" else "INVALID"}
    if code != "ok":
        report["code"] = code
    elif "descriptor" in given:
        descriptor = given["descriptor"]
        if isinstance(descriptor, str) and HASH.fullmatch(descriptor):
            report["vkDigest"] = vk_digest(given["vk"], descriptor)
    return report


def main():
    parser = argparse.ArgumentParser(description="Verifies Groth16 proofs on BN254.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        reports = [judge_file(path) for path in options.files]
    except OSError as error:
        print(error, file=sys.stderr)
        return 4
    for report in reports:
        print(json.dumps(report) if options.json else " ".join(report.values()))
    return 0 if all(report["result"] == "VALID" for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
