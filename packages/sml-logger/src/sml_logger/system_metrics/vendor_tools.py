"""Use of GPUs, by the tools of NVIDIA, AMD and Huawei: nvidia-smi, rocm-smi, npu-smi."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Sequence

from .gpu import AMD_VARIABLES, ASCEND_VARIABLES, NVIDIA_VARIABLES, GpuUse, visible

_SECONDS = 20.0
_MIB = 1024 * 1024
_NVIDIA_FIELDS = "index,uuid,utilization.gpu,memory.used,power.draw,temperature.gpu"


class ToolGpus:
    """The visible GPUs that a vendor's tool lists. Raises OSError if it fails or lists none.

    `parse` returns the id and the use of each GPU in its output; `variables` choose among the GPUs.
    """

    def __init__(
        self,
        command: Sequence[str],
        parse: Callable[[str], list[tuple[str, GpuUse]]],
        variables: Sequence[str],
    ) -> None:
        self.cost = 0.0
        self._command = command
        self._parse = parse
        listed = parse(self._output())
        chosen = visible(variables, [name for name, _ in listed])
        self._numbers = [use.number for _, use in listed]
        if chosen is not None:
            self._numbers = [self._numbers[index] for index in sorted(chosen)]
        if not self._numbers:
            raise OSError(f"{command[0]} lists no visible GPU")

    def numbers(self) -> list[int]:
        """The GPUs that this process may use."""
        return self._numbers

    def read(self, pids: frozenset[int]) -> list[GpuUse]:  # noqa: ARG002  the tools are asked for GPUs only
        """All visible GPUs. Raises OSError if the tool fails."""
        return [use for _, use in self._parse(self._output()) if use.number in self._numbers]

    def _output(self) -> str:
        before = _seconds_of_children()
        try:
            done = subprocess.run(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=True,
            )
        except subprocess.SubprocessError as error:
            raise OSError(f"{self._command[0]}: {error}") from error
        self.cost = _seconds_of_children() - before
        return done.stdout


def open_tool() -> ToolGpus | None:
    """The first tool on the PATH that lists GPUs; None without one."""
    for command, parse, variables in _TOOLS:
        if shutil.which(command[0]):
            try:
                return ToolGpus(command, parse, variables)
            except (OSError, ValueError):
                continue  # a tool without its driver
    return None


def parse_nvidia(text: str) -> list[tuple[str, GpuUse]]:
    """GPUs in the CSV of `nvidia-smi --query-gpu`, with memory in MiB."""
    gpus = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == len(_NVIDIA_FIELDS.split(",")) and cells[0].isdecimal():
            percent, memory, power, temperature = map(_number, cells[2:])
            used = None if memory is None else memory * _MIB
            gpus.append((cells[1], GpuUse(int(cells[0]), percent, used, power, temperature)))
    return gpus


def parse_rocm(text: str) -> list[tuple[str, GpuUse]]:
    """GPUs in the JSON of `rocm-smi --json`; its versions name the fields differently. Raises ValueError."""
    cards = json.loads(text[text.find("{") :])
    gpus: list[tuple[str, GpuUse]] = []
    for name, facts in cards.items() if isinstance(cards, dict) else ():
        if match := re.fullmatch(r"card(\d+)", name):
            use = GpuUse(
                int(match[1]),
                _first(facts, r"GPU use \(%\)"),
                _first(facts, r"VRAM Total Used Memory \(B\)"),
                _first(facts, r".*(Package|Socket) .*Power \(W\)"),
                _first(facts, r"Temperature \(Sensor (edge|junction)\) \(C\)"),
            )
            gpus.append((str(facts.get("Unique ID", "")), use))
    return gpus


def parse_npu(text: str) -> list[tuple[str, GpuUse]]:
    """NPUs in the table of `npu-smi info`: two lines for each, of its card and of its chip.

    The columns of numbers are power (W) and temperature (C) in the first line, use of the AI cores (%) and
    memory in the second (MB, used and total); the last pair is the HBM of cards that have it.
    """
    gpus: list[tuple[str, GpuUse]] = []
    card: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 3 or not re.match(r"\d+\b", cells[0]):
            card = []
        elif not card:
            card = cells
        else:
            power, temperature = [*card[2].split(), "", ""][:2]
            percent = cells[2].split()[:1]
            pairs = [float(used) for used, total in re.findall(r"(\d+)\s*/\s*(\d+)", cells[2]) if int(total)]
            use = GpuUse(
                len(gpus),
                _number(percent[0] if percent else ""),
                pairs[-1] * _MIB if pairs else None,
                _number(power),
                _number(temperature),
            )
            gpus.append((cells[1], use))
            card = []
    return gpus


def _first(facts: dict[str, object], pattern: str) -> float | None:
    values = (_number(str(value)) for name, value in facts.items() if re.fullmatch(pattern, name))
    return next((value for value in values if value is not None), None)


def _number(text: str) -> float | None:
    """The number, or None for `[N/A]`, `-` and the like."""
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _seconds_of_children() -> float:
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


_TOOLS: tuple[tuple[Sequence[str], Callable[[str], list[tuple[str, GpuUse]]], Sequence[str]], ...] = (
    (
        ("nvidia-smi", f"--query-gpu={_NVIDIA_FIELDS}", "--format=csv,noheader,nounits"),
        parse_nvidia,
        NVIDIA_VARIABLES,
    ),
    (
        ("rocm-smi", "--showuse", "--showmeminfo", "vram", "--showpower", "--showtemp", "--json"),
        parse_rocm,
        AMD_VARIABLES,
    ),
    (("npu-smi", "info"), parse_npu, ASCEND_VARIABLES),
)
