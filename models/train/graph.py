"""Small ONNX graphs, written operator by operator so that the same weights always give the same bytes."""

import hashlib

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

OPSET = 13
IR_VERSION = 8
PRODUCER = "touchstone-samples"
PREPROCESS_KEY = "touchstone.preprocess.sha256"

# The datatypes of the Open Inference Protocol v2 that the samples use.
DATATYPES: dict[int, str] = {TensorProto.FLOAT: "FP32", TensorProto.INT64: "INT64"}


def sha256_hex(data: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def tensor(name: str, element_type: int, shape: list[int]) -> ValueInfoProto:
    """Declare an input or output of a fixed shape."""
    return helper.make_tensor_value_info(name, element_type, shape)


def constant(name: str, values: np.ndarray) -> TensorProto:
    """A weight tensor; the array's element type is the tensor's."""
    return numpy_helper.from_array(np.ascontiguousarray(values), name)


def encode_model(
    name: str,
    version: str,
    nodes: list[NodeProto],
    inputs: list[ValueInfoProto],
    outputs: list[ValueInfoProto],
    constants: list[TensorProto],
    metadata: dict[str, str],
) -> bytes:
    """Check the graph and serialise it. Metadata is written in order of its keys."""
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name=PRODUCER,
        producer_version=version,
    )
    helper.set_model_props(model, dict(sorted(metadata.items())))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def describe_tensors(values: list[ValueInfoProto]) -> list[dict[str, object]]:
    """Name, datatype and shape as the manifest states them, read from the graph itself."""
    return [
        {
            "name": value.name,
            "datatype": DATATYPES[value.type.tensor_type.elem_type],
            "shape": [dimension.dim_value for dimension in value.type.tensor_type.shape.dim],
        }
        for value in values
    ]


def describe_model(encoded: bytes) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The inputs and outputs of an encoded model."""
    model: ModelProto = onnx.load_from_string(encoded)
    return describe_tensors(list(model.graph.input)), describe_tensors(list(model.graph.output))
