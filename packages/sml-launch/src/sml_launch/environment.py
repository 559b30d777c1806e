"""Environment variables that tasks inherit from the launching shell, with every backend.

Values are saved in the launch file, which only its owner can read. Secrets are not saved: tasks inherit them
from their processes, and a task whose process lacks one is not started.
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

# So that other machines find the same programs and libraries, with the same settings.
_DEFAULT_PATTERNS = (
    "PATH", "VIRTUAL_ENV", "CONDA_*", "MAMBA_*", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_*", "CUDA_HOME",
    "CUDA_PATH", "EGL_*", "HF_HOME", "JAX_*", "MKL_*", "MUJOCO_*", "NCCL_*", "OMP_*", "PYOPENGL_PLATFORM",
    "PYTORCH_*", "TF_*", "TORCH_*", "WANDB_*", "XLA_*",
)  # fmt: skip
# They belong to the shell, the machine or the job; patterns such as * do not match them.
_LOCAL_VARIABLES = (
    "_", "BASH_FUNC_*", "CUDA_VISIBLE_DEVICES", "HOME", "HOSTNAME", "LOGNAME", "OLDPWD", "PWD", "SBATCH_*",
    "SHLVL", "SLURM*", "SML_*", "SSH_*", "TERM", "TMPDIR", "TMUX*", "USER",
)  # fmt: skip
_PATTERN = re.compile(r"[A-Za-z_*?][\w*?]*", re.ASCII)


def patterns(value: object) -> tuple[str, ...]:
    """Validated names or patterns of variables, from one or several. Raises GridError."""
    names = texts("carry_env", value)
    for pattern in names:
        if not _PATTERN.fullmatch(pattern):
            raise GridError(f"invalid carry_env {pattern!r}; expected a name or a pattern such as WANDB_*")
    return names


def carried_environment(
    declared: Sequence[str] = (), environment: Mapping[str, str] | None = None, *, here: bool = False
) -> dict[str, str]:
    """Variables of this shell that tasks inherit, without secrets.

    Args:
        declared: patterns in addition to the default ones.
        environment: variables of the experiment; those that their values refer to are inherited too.
        here: the tasks run on this machine, so CUDA_VISIBLE_DEVICES applies to them.
    """
    names = [
        name
        for name in os.environ
        if _matches(name, (*_DEFAULT_PATTERNS, *declared)) and not is_secret_name(name)
    ]
    names += [name for name in _referenced_names(environment or {}, secret=False) if name in os.environ]
    names += ["CUDA_VISIBLE_DEVICES"] if here and "CUDA_VISIBLE_DEVICES" in os.environ else []
    return {name: os.environ[name] for name in dict.fromkeys(names)}


def carried_secrets(declared: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the secrets that tasks need from this shell: declared, or referred to by `environment`."""
    names = [name for name in sorted(os.environ) if _matches(name, declared) and is_secret_name(name)]
    return tuple(dict.fromkeys([*names, *_referenced_names(environment, secret=True)]))


def check_declared(declared: Iterable[str], environment: Mapping[str, str]) -> None:
    """Raise GridError for a declared variable, or one that `environment` refers to, that this shell lacks."""
    for name in declared:
        if not set("*?") & set(name) and name not in os.environ:
            raise GridError(
                f"carry_env: {name} is not set in this shell; export {name} before the launch, or remove it"
            )
    for target, value in environment.items():
        for name in sorted(names_in(value) - os.environ.keys() - environment.keys()):
            if not _matches(name, _LOCAL_VARIABLES, whole=True):
                raise GridError(not_set(target, name))


def not_set(target: str, name: str) -> str:
    """The message for a variable that the experiment's environment refers to and nothing sets."""
    return (
        f"environment_dict: {target} needs ${name}, which is not set; "
        f"export {name} before the launch, or write the value"
    )


def _referenced_names(environment: Mapping[str, str], *, secret: bool) -> list[str]:
    """Variables that the values of an experiment's environment refer to: the secrets, or the others."""
    return sorted(
        {
            name
            for target, value in environment.items()
            for name in names_in(value)
            if (is_secret_name(target) or is_secret_name(name)) == secret
            and not _matches(name, _LOCAL_VARIABLES, whole=True)
        }
    )


def _matches(name: str, globs: Sequence[str], *, whole: bool = False) -> bool:
    if not any(fnmatchcase(name, pattern) for pattern in globs):
        return False
    return whole or name in globs or not _matches(name, _LOCAL_VARIABLES, whole=True)
