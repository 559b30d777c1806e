"""Calls of TensorBoard's interface that are accepted and whose content is not kept; each is named once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run_logger import RunLogger

_REMEDIES = {
    "add_graph": "print the model into the log, logger(model)",
    "add_onnx_graph": "copy the file into the run folder",
    "add_openvino_graph": "copy the file into the run folder",
    "add_embedding": "save the array into the run folder, e.g. with numpy.save",
    "add_mesh": "save the arrays into the run folder, e.g. with numpy.save",
    "add_tensor": "save the array into the run folder, e.g. with numpy.save",
    "add_pr_curve": "log the curve with add_figure",
    "add_pr_curve_raw": "log the curve with add_figure",
    "add_custom_scalars": "choose the curves on the page",
    "add_custom_scalars_multilinechart": "choose the curves on the page",
    "add_custom_scalars_marginchart": "choose the curves on the page",
    "export_scalars_to_json": "read progress.csv",
}


class NotKept:
    """Mixed into `SummaryWriter`."""

    def add_graph(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_graph")

    def add_onnx_graph(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_onnx_graph")

    def add_openvino_graph(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_openvino_graph")

    def add_embedding(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_embedding")

    def add_mesh(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_mesh")

    def add_tensor(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_tensor")

    def add_pr_curve(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_pr_curve")

    def add_pr_curve_raw(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_pr_curve_raw")

    def add_custom_scalars(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_custom_scalars")

    def add_custom_scalars_multilinechart(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_custom_scalars_multilinechart")

    def add_custom_scalars_marginchart(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("add_custom_scalars_marginchart")

    def export_scalars_to_json(self, *_arguments: Any, **_named: Any) -> None:
        """Name the call once as not kept."""
        self._tell("export_scalars_to_json")

    def _tell(self, call: str) -> None:
        self._run().warn(f"WARNING: {call} is not kept; {_REMEDIES[call]}")

    def _run(self) -> RunLogger:
        raise NotImplementedError
