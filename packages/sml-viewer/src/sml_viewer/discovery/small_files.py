"""The small files of a run folder: parameters, settings and state, in the order of trust."""

from __future__ import annotations

from collections.abc import Collection

from sml_config.run_folder import CONFIG, OLDER_RUN_CONFIG, PARAMETERS, RUN_CONFIG, STATUS

# Parameters in the order of trust.
_NAMES = (
    PARAMETERS,
    "params.json",
    "variant.json",
    "hyper_param.json",
    "config.json",
    "flags.json",
    "args.json",
    "hparams.json",
    "args.yml",
    "args.yaml",
    "hparams.yaml",
    "hparams.yml",
    "config.yml",
    "config.yaml",
    "params.yaml",
    "params.yml",
    "parameters.json",
    "parameters.yaml",
    "hyperparameters.json",
    "hyperparameters.yaml",
    "hyperparams.json",
    "hyperparams.yaml",
    "options.json",
    "opt.json",
    "opt.yaml",
    "hyp.yaml",
    "cfg.json",
    "cfg.yaml",
    "train_config.json",
    "train_config.yaml",
    "model_config.json",
    "model_config.yaml",
    "config.toml",
    "params.toml",
    "parameters.toml",
    "hparams.toml",
    "args.toml",
    "cfg.toml",
    "train_config.toml",
    "model_config.toml",
)
# What IsaacLab's tasks dump into a folder `params`, whatever the library that trains.
IN_PARAMS = ("agent.yaml", "env.yaml")
PARAMETER_FILES = (f"{CONFIG}/{PARAMETERS}", *_NAMES, *(f"{CONFIG}/{name}" for name in _NAMES[1:]))
HYDRA = ".hydra"
HYDRA_CONFIG = "config.yaml"
HYDRA_OVERRIDES = "overrides.yaml"

# Parameters, run_config and status of a run folder.
SmallFiles = tuple[tuple[str, ...], str | None, str | None]


def small_files(files: frozenset[str], config: frozenset[str]) -> SmallFiles:
    """The small files of a run folder, by the names in it and in its configuration folder."""
    known = files | {f"{CONFIG}/{name}" for name in config}
    run_configs = (f"{CONFIG}/{RUN_CONFIG}", f"{CONFIG}/{OLDER_RUN_CONFIG}")
    return (
        tuple(candidate for candidate in PARAMETER_FILES if candidate in known),
        next((item for item in run_configs if item in known), None),
        f"{CONFIG}/{STATUS}" if f"{CONFIG}/{STATUS}" in known else None,
    )


def hydra_files(folder: str, names: Collection[str]) -> tuple[str, ...]:
    """The paths of the files of Hydra's folder that tell parameters and overrides, by the names in it."""
    return tuple(f"{folder}/{HYDRA}/{name}" for name in (HYDRA_CONFIG, HYDRA_OVERRIDES) if name in names)
