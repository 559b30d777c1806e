"""Removed functions that read runs and configurations for the page; each names its replacement."""

from smart_logger._removed import removed

_RUNS = "use sml_viewer.runs(folder), which returns each run's parameters and columns"
_CONFIGURATIONS = "use sml_viewer.legacy.Configurations(workspace)"
_FILES = "use the page, or pathlib on the path of a run of sml_viewer.runs(folder)"

__getattr__ = removed(
    __name__,
    {
        **dict.fromkeys(
            (
                *("analyze_experiment", "can_ignore", "config_to_short_name", "get_parameter"),
                *("get_record_data_item", "list_current_experiment", "standardize_merger_item"),
            ),
            _RUNS,
        ),
        **dict.fromkeys(
            (
                *("config_post_process", "default_config", "delete_config_file", "diff_to_default"),
                *("get_config_path", "has_config", "list_current_configs", "load_config", "make_config_type"),
                "save_config",
            ),
            _CONFIGURATIONS,
        ),
        **dict.fromkeys(
            ("DirectionTree", "generate_path_tree", "legal_path", "main", "reformat_dict", "reformat_str"),
            _FILES,
        ),
    },
)
