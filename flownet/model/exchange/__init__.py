"""Networks in the files of other tools: safetensors and ONNX."""

from ._onnx_reading import from_onnx
from ._onnx_writing import to_onnx
from ._safetensors import from_safetensors, to_safetensors

__all__ = ["from_onnx", "from_safetensors", "to_onnx", "to_safetensors"]
