"""Defaults of settings for scripts that use smart_logger: those of older releases.

They keep the names of run folders; sml-config's own defaults have no suffix, for example.
"""

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import set_defaults

set_defaults(
    IMPORTANT_CONFIGS=["env_name", "policy_lr", "seed"],
    SHORT_NAME_SUFFIX="INIT_TEST",
    BACKUP_IGNORE_KEY=["logfile", "logfile_bk", "baselines"],
)
