"""What holds in scripts that come through smart_logger where neither a settings file nor code says otherwise.

The run folders of such scripts have always been named so; sml-config's own defaults name no suffix.
"""

from smart_logger._missing import needs

with needs("sml-config"):
    from sml_config import set_defaults

set_defaults(
    IMPORTANT_CONFIGS=["env_name", "policy_lr", "seed"],
    SHORT_NAME_SUFFIX="INIT_TEST",
    BACKUP_IGNORE_KEY=["logfile", "logfile_bk", "baselines"],
)
