#!/usr/bin/env python3
"""EZKL as a program of the Prover Adapter Protocol pap/1: ezkl_prover.py VERB request.json reply.json

It proves models that are in whole numbers as they stand: every scale of EZKL is 0, so that nothing is rounded and the proven outputs
are those of the ONNX file. The README beside this file says what it needs and what it does not do.
"""

import hashlib
import json
import math
import os
import sys
import tempfile
import time

PAP = "pap/1"
MESSAGE_BYTES_MAX = 4_194_304
MODEL_BYTES_MAX = 67_108_864
PROOF_BYTES_MAX = 1_048_576
SIGNALS_MAX = 4_096
# The largest circuit: 2^20 rows, whose SRS has 128 MiB.
LOGROWS_MIN, LOGROWS_MAX = 10, 20
# EZKL takes some rows for itself.
SPARE_ROWS = 64
# What a ReLU takes apart lies between -256^4 and 256^4; tables of 256 numbers fit into one column of the smallest circuit.
DECOMPOSITION_BASE, DECOMPOSITION_LEGS = 256, 4
WEIGHT_MAX = 2**31 - 1

# bind goes through the circuit as an input and an output of its own, two bytes in each number.
BIND_INPUT, BIND_OUTPUT = "touchstone_bind", "touchstone_bind_out"
BIND_HEX, LIMB_HEX, LIMBS = 62, 4, 16

FIELD = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001
OPERATORS = ["Add", "Flatten", "Gemm", "Identity", "MatMul", "Relu", "Reshape", "Sub"]
DATATYPES = {"UINT8": (0, 255), "INT8": (-128, 127), "UINT16": (0, 65535), "INT32": (-(2**31), 2**31 - 1)}

BAD_REQUEST, UNSUPPORTED_MODEL, RESOURCE_LIMIT, INTERNAL = 2, 3, 4, 5


class Failure(Exception):
    def __init__(self, exit_code, code, message):
        super().__init__(message)
        self.exit_code, self.code = exit_code, code


def bad_request(message):
    return Failure(BAD_REQUEST, "request-invalid", message)


def unsupported(message):
    return Failure(UNSUPPORTED_MODEL, "model-unsupported", message)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def read_file(path, bytes_max):
    with open(path, "rb") as file:
        data = file.read(bytes_max + 1)
    if len(data) > bytes_max:
        raise Failure(RESOURCE_LIMIT, "too-large", f"{path} has more than {bytes_max} bytes.")
    return data


def read_given(file, bytes_max):
    """A file that the request names; one of another digest is refused."""
    data = read_file(file["path"], bytes_max)
    if sha256(data) != file["sha256"]:
        raise bad_request(f"{file['path']} has the SHA-256 {sha256(data)}, not {file['sha256']}.")
    return data


def statement_digest(request):
    """What a verdict is about: canonical JSON (RFC 8785) of strings, whole numbers, lists and objects, as pap/1 has it."""
    set_up = request.get("setUp")
    options = request["model"].get("options")
    said = {
        "onnx": request["model"]["onnx"]["sha256"],
        "options": options and options["sha256"],
        "programDigest": request["programDigest"],
        "inputs": request["inputs"],
        "outputs": request["outputs"],
        "bind": request["bind"],
        "verificationKey": set_up and set_up["verificationKey"]["sha256"],
        "vkDigest": set_up and set_up["vkDigest"],
        "proof": request["proof"]["sha256"],
    }
    return sha256(json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def ranges_of(options):
    """The ranges of the inputs. Scales that somebody else chose would be another model than the one that is proved here."""
    if options.get("stated") or options.get("samples"):
        raise unsupported("Only the ranges of inputs are taken: this prover has no scales.")
    return options.get("ranges", {})


def datatype_of(name, ranges):
    stated = ranges.get(name, {})
    low, high = stated.get("minimum", -(2**31)), stated.get("maximum", 2**31 - 1)
    for datatype, (least, most) in DATATYPES.items():
        if least <= low and high <= most:
            return datatype
    raise unsupported(f"No datatype holds the range of {name}.")


def shape_of(value):
    shape = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
    if not all(size > 0 for size in shape):
        raise unsupported(f"{value.name} has no fixed shape.")
    return shape


def whole_numbers(onnx, graph):
    """Every constant has to be what EZKL makes of it at scale 0, where it rounds."""
    constants = [(tensor.name, onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer]
    for name, array in constants:
        if (array != array.round()).any() or (abs(array.astype("float64")) > WEIGHT_MAX).any():
            raise unsupported(f"{name} is not in whole numbers of 32 bits.")
    for node in graph.node:
        if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
            raise unsupported(f"{node.op_type} {json.dumps(node.name)} is not among what is proved here.")
        for attribute in node.attribute:
            if attribute.name in ("alpha", "beta") and attribute.f != 1.0:
                raise unsupported(f"{node.op_type} {json.dumps(node.name)} multiplies by {attribute.f}.")


class Circuit:
    """A model as EZKL has it, in a folder: made anew by every call, so that no verdict stands on what another call left."""

    def __init__(self, model, folder):
        import onnx

        data = read_given(model["onnx"], MODEL_BYTES_MAX)
        options = model.get("options")
        ranges = ranges_of(json.loads(read_given(options, MESSAGE_BYTES_MAX))) if options else {}
        self.folder = folder
        try:
            graph = onnx.load_model_from_string(data).graph
        except Exception as error:
            raise unsupported(f"This is no ONNX file: {error}")
        whole_numbers(onnx, graph)
        named = {tensor.name for tensor in graph.initializer}
        self.inputs = [
            {"name": value.name, "datatype": datatype_of(value.name, ranges), "shape": shape_of(value)}
            for value in graph.input
            if value.name not in named
        ]
        self.outputs = [{"name": v.name, "datatype": "INT32", "shape": shape_of(v)} for v in graph.output]
        if sum(math.prod(spec["shape"]) for spec in self.inputs + self.outputs) >= SIGNALS_MAX:
            raise Failure(RESOURCE_LIMIT, "too-large", f"The model has more than {SIGNALS_MAX - 1} elements.")
        self.add_bind(onnx, onnx.load_model_from_string(data))
        self.compile()
        # Which keys, and by them which operators, weights and SRS. The ONNX file is in it for what no circuit shows, as names.
        self.digest = sha256("|".join([self.version, sha256(data), sha256(self.read("vk"))]).encode())

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def write(self, name, value):
        with open(self.path(name), "w", encoding="utf8") as file:
            json.dump(value, file)

    def add_bind(self, onnx, model):
        helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
        model.graph.input.append(helper.make_tensor_value_info(BIND_INPUT, float32, [1, LIMBS]))
        model.graph.output.append(helper.make_tensor_value_info(BIND_OUTPUT, float32, [1, LIMBS]))
        model.graph.node.append(helper.make_node("Identity", [BIND_INPUT], [BIND_OUTPUT]))
        onnx.save(model, self.path("model.onnx"))

    def compile(self):
        import ezkl

        run = ezkl.PyRunArgs()
        run.input_scale, run.param_scale = 0, 0
        run.input_visibility, run.output_visibility = "public", "public"
        # Private weights would be part of no key: a proof of one model would verify as one of any other of the same form.
        run.param_visibility = "fixed"
        run.decomp_base, run.decomp_legs = DECOMPOSITION_BASE, DECOMPOSITION_LEGS
        rows = 0
        while True:
            run.logrows = max(LOGROWS_MIN, math.ceil(math.log2(rows + SPARE_ROWS)))
            if run.logrows > LOGROWS_MAX:
                raise Failure(RESOURCE_LIMIT, "too-large", f"The circuit has {rows} rows, more than 2^{LOGROWS_MAX}.")
            ezkl.gen_settings(self.path("model.onnx"), self.path("settings"), py_run_args=run)
            settings = json.loads(self.read("settings"))
            rows = settings["num_rows"]
            if rows + SPARE_ROWS <= 2**run.logrows:
                break
        # EZKL writes these as its hash table has them, and lays out the columns, and so the keys, in that order.
        for tables in ("required_range_checks", "required_lookups"):
            settings[tables].sort(key=json.dumps)
        self.write("settings", settings)
        if any(settings["model_output_scales"]) or any(settings["model_input_scales"]):
            raise unsupported("EZKL gives the model scales.")
        self.version, self.rows = f"ezkl {settings['version']}", rows
        ezkl.compile_circuit(self.path("model.onnx"), self.path("circuit"), self.path("settings"))
        self.srs = structured_reference_string(ezkl, run.logrows)
        ezkl.setup(self.path("circuit"), self.path("vk"), self.path("pk"), srs_path=self.srs)

    def values(self, specs, given):
        """The values of a request, which must have names, datatypes and shapes of the model. EZKL holds no input in its range."""
        if [{key: tensor[key] for key in ("name", "datatype", "shape")} for tensor in given] != specs:
            raise bad_request(f"Expected the tensors {json.dumps(specs)}.")
        for spec, tensor in zip(specs, given):
            least, most = DATATYPES[spec["datatype"]]
            values = tensor["values"]
            if len(values) != math.prod(spec["shape"]) or not all(least <= value <= most for value in values):
                raise bad_request(f"{spec['name']} has not {math.prod(spec['shape'])} numbers of {spec['datatype']}.")
        return [tensor["values"] for tensor in given]


def structured_reference_string(ezkl, logrows):
    """Kept in the user's cache: keys and proofs are of one SRS. What is missing is made here, for development."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME") or "/nonexistent", ".cache")
    folder = os.path.join(home, "touchstone", "ezkl")
    path = os.path.join(folder, f"kzg{logrows}.srs")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        made = f"{path}.{os.getpid()}"
        try:
            ezkl.gen_srs(made, logrows)
            # The first one stays: another call may work with it already.
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            if os.path.exists(made):
                os.unlink(made)
    return path


def limbs_of(bind):
    text = bind.rjust(LIMBS * LIMB_HEX, "0")
    return [int(text[at : at + LIMB_HEX], 16) for at in range(0, len(text), LIMB_HEX)]


def to_field(value):
    return (value % FIELD).to_bytes(32, "little").hex()


def to_number(felt):
    value = int.from_bytes(bytes.fromhex(felt), "little")
    return value if value <= FIELD // 2 else value - FIELD


def require_bind(request):
    bind = request.get("bind")
    if not isinstance(bind, str) or len(bind) != BIND_HEX:
        raise bad_request(f"bind must have {BIND_HEX} hex characters.")
    return limbs_of(bind)


def circuit_of(request, folder):
    circuit = Circuit(request["model"], folder)
    if circuit.digest != request["programDigest"]:
        raise Failure(BAD_REQUEST, "program-mismatch", f"The model compiles to the program {circuit.digest}.")
    return circuit


def describe(_request, _folder):
    from importlib.metadata import version

    system = {
        "id": "halo2-kzg/bn254",
        "setUp": "universal",
        "zeroKnowledge": True,
        "carriesBind": True,
        "operators": OPERATORS,
        "signalsMax": SIGNALS_MAX,
    }
    return {"prover": {"name": "ezkl", "version": version("ezkl")}, "systems": [system]}


def compile_model(request, folder):
    circuit = Circuit(request["model"], folder)
    return {
        "programDigest": circuit.digest,
        "inputs": circuit.inputs,
        "outputs": circuit.outputs,
        "constraints": circuit.rows,
    }


def prove(request, folder):
    import ezkl

    started = time.monotonic()
    bind = require_bind(request)
    circuit = circuit_of(request, folder)
    path = circuit.path
    circuit.write("input", {"input_data": circuit.values(circuit.inputs, request["inputs"]) + [bind]})
    witness = ezkl.gen_witness(path("input"), path("circuit"), path("witness"))
    outputs = [[to_number(felt) for felt in output] for output in witness["outputs"][:-1]]
    ezkl.prove(path("witness"), path("circuit"), path("pk"), path("proof"), srs_path=circuit.srs)
    # The bytes of the proof alone. What else EZKL writes beside them a verifier has to have from the statement.
    proof = bytes(json.loads(circuit.read("proof"))["proof"])
    with open(request["proofPath"], "wb") as file:
        file.write(proof)
    return {
        "programDigest": circuit.digest,
        "proofSha256": sha256(proof),
        "outputs": [{**spec, "values": values} for spec, values in zip(circuit.outputs, outputs)],
        "prover": "ezkl",
        "milliseconds": round((time.monotonic() - started) * 1000),
    }


def verify(request, folder):
    import ezkl

    bind = require_bind(request)
    proof = read_given(request["proof"], PROOF_BYTES_MAX)
    circuit = circuit_of(request, folder)
    inputs = circuit.values(circuit.inputs, request["inputs"])
    outputs = circuit.values(circuit.outputs, request["outputs"])
    instances = [to_field(value) for tensor in [*inputs, bind, *outputs, bind] for value in tensor]
    circuit.write(
        "proof",
        {
            "protocol": None,
            "instances": [instances],
            "proof": list(proof),
            "hex_proof": "0x" + proof.hex(),
            "split": None,
            "pretty_public_inputs": None,
            "timestamp": None,
            "version": None,
        },
    )
    path = circuit.path
    try:
        valid = ezkl.verify(path("proof"), path("settings"), path("vk"), srs_path=circuit.srs) is True
    except RuntimeError:
        # EZKL says no by an error.
        valid = False
    echo = {"challenge": request["challenge"], "statementDigest": statement_digest(request)}
    verdict = {**echo, "proofSha256": request["proof"]["sha256"], "valid": valid}
    return verdict if valid else {**verdict, "reason": "proof-invalid"}


VERBS = {"describe": describe, "compile": compile_model, "prove": prove, "verify": verify}


def answer(verb, path):
    try:
        request = json.loads(read_file(path, MESSAGE_BYTES_MAX))
        if request.get("protocol") != PAP or request.get("verb") != verb:
            raise bad_request(f"Expected the verb {verb} of {PAP}.")
        with tempfile.TemporaryDirectory(prefix="touchstone-ezkl-") as folder:
            return 0, VERBS[verb](request, folder)
    except Failure as failure:
        return failure.exit_code, {"error": {"code": failure.code, "message": str(failure)[:2048]}}
    except (KeyError, TypeError, ValueError, OSError) as error:
        failure = f"{type(error).__name__}: {error}"[:2048]
        return BAD_REQUEST, {"error": {"code": "request-invalid", "message": failure}}
    except BaseException as error:  # EZKL panics, which is no Exception in Python.
        failure = f"{type(error).__name__}: {error}"[:2048]
        return INTERNAL, {"error": {"code": "internal", "message": failure}}


def main(words):
    if len(words) != 3 or words[0] not in VERBS:
        sys.stderr.write(f"{__doc__.splitlines()[0]}\n")
        return BAD_REQUEST
    verb, request, reply = words
    exit_code, body = answer(verb, request)
    with open(reply, "w", encoding="utf8") as file:
        json.dump({"protocol": PAP, **body}, file)
    return exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
