"""`from smart_logger.parameter.ParameterTemplate import ParameterTemplate`."""  # noqa: N999  the path scripts import

from __future__ import annotations

import argparse

from smart_logger._missing import needs

with needs("sml-config"):
    import sml_config

__all__ = ["ParameterTemplate"]


class ParameterTemplate(sml_config.ParameterTemplate):
    """The template of sml-config; a class without declarations has the five parameters of older releases."""

    def parser_init(self) -> argparse.ArgumentParser:
        """A parser with the declared parameters, or with `env_name`, `seed` and three more.

        A script that adds one of these five replaces it.
        """
        parser = super().parser_init()
        if not self._declared:
            parser = argparse.ArgumentParser(description=parser.description, conflict_handler="resolve")
            parser.add_argument("--env_name", default="Hopper-v2", help="name of the environment")
            parser.add_argument("--seed", type=int, default=1, help="random seed")
            parser.add_argument("--policy_lr", type=float, default=3e-4, help="learning rate of the policy")
            parser.add_argument(
                "--backing_log", action="store_true", help="send the logs to a remote machine"
            )
            parser.add_argument("--information", default="TEST", help="suffix of the run folder's name")
        return parser
