"""The variables of the launching shell that tasks get in every backend: local, tmux, Slurm, Dask.

Values are kept in the launch's file, which only its owner can read. Secrets are not: they reach tasks through
the processes alone, and a task whose process did not get one is not started.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from sml_config.redaction import is_secret_name

from .arguments import texts
from .errors import GridError
from .shell_words import names_in

# What makes the same programs and libraries be found elsewhere, and work alike.
_DEFAULT = (
    "PATH", "VIRTUAL_ENV", "CONDA_*", "MAMBA_*", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_*", "CUDA_HOME",
    "CUDA_PATH", "EGL_*", "HF_HOME", "JAX_*", "MKL_*", "MUJOCO_*", "NCCL_*", "OMP_*", "PYOPENGL_PLATFORM",
    "PYTORCH_*", "TF_*", "TORCH_*", "WANDB_*", "XLA_*",
)  # fmt: skip
# What belongs to the shell, the machine or the job around it: no pattern means these.
_OF_THE_PLACE = (
    "_", "BASH_FUNC_*", "CUDA_VISIBLE_DEVICES", "HOME", "HOSTNAME", "LOGNAME", "OLDPWD", "PWD", "SBATCH_*",
    "SHLVL", "SLURM*", "SML_*", "SSH_*", "TERM", "TMPDIR", "TMUX*", "USER",
)  # fmt: skip
_PATTERN = re.compile(r"[A-Za-z_*?][\w*?]*", re.ASCII)


def patterns(value: object) -> tuple[str, ...]:
    """Names or patterns of variables, one or several. Raises GridError."""
    found = texts("carry_env", value)
    for pattern in found:
        if not _PATTERN.fullmatch(pattern):
            raise GridError(f"invalid carry_env {pattern!r}; expected a name or a pattern such as WANDB_*")
    return found


def carried_environment(
    declared: Sequence[str] = (), environment: Mapping[str, str] | None = None, *, here: bool = False
) -> dict[str, str]:
    """The carried variables of this shell that are no secrets.

    `declared` are patterns besides the usual ones; what `environment` refers to is carried too. `here`: the
    tasks run on this machine, so that its GPUs are theirs.
    """
    names = [
        name for name in os.environ if _matches(name, (*_DEFAULT, *declared)) and not is_secret_name(name)
    ]
    names += [name for name in _referred(environment or {}, secret=False) if name in os.environ]
    names += ["CUDA_VISIBLE_DEVICES"] if here and "CUDA_VISIBLE_DEVICES" in os.environ else []
    return {name: os.environ[name] for name in dict.fromkeys(names)}


def carried_secrets(declared: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the secrets that tasks need of this shell: those that are declared, or referred to."""
    names = [name for name in sorted(os.environ) if _matches(name, declared) and is_secret_name(name)]
    return tuple(dict.fromkeys([*names, *_referred(environment, secret=True)]))


def check_declared(declared: Iterable[str], environment: Mapping[str, str]) -> None:
    """Raise GridError for a declared variable, or one that `environment` refers to, that this shell lacks."""
    for name in declared:
        if not set("*?") & set(name) and name not in os.environ:
            raise GridError(
                f"carry_env: {name} is not set here; export {name} before the launch, or take it out"
            )
    for target, value in environment.items():
        for name in sorted(names_in(value) - os.environ.keys() - environment.keys()):
            if not _matches(name, _OF_THE_PLACE, whole=True):
                raise GridError(not_set(target, name))


def not_set(target: str, name: str) -> str:
    """The error about a variable that an experiment's environment refers to."""
    return (
        f"environment_dict: {target} needs ${name}, which is not set here; "
        f"export {name} before the launch, or write the value"
    )


def _referred(environment: Mapping[str, str], *, secret: bool) -> list[str]:
    """The variables that an experiment's environment refers to; secret ones, or the others."""
    return sorted(
        {
            name
            for target, value in environment.items()
            for name in names_in(value)
            if (is_secret_name(target) or is_secret_name(name)) == secret
            and not _matches(name, _OF_THE_PLACE, whole=True)
        }
    )


def _matches(name: str, wanted: Sequence[str], *, whole: bool = False) -> bool:
    if not any(fnmatchcase(name, pattern) for pattern in wanted):
        return False
    return whole or name in wanted or not _matches(name, _OF_THE_PLACE, whole=True)
