import argparse

import smart_logger
from smart_logger.parameter.ParameterTemplate import ParameterTemplate


class Parameter(ParameterTemplate):
    def __init__(self, config_path=None, debug=False, silence=False):
        super(Parameter, self).__init__(config_path, debug, silence)

    def parse(self):
        parser = argparse.ArgumentParser(description=smart_logger.experiment_config.EXPERIMENT_TARGET)

        self.env_name = "CartPole-v1"
        parser.add_argument("--env_name", type=str, default=self.env_name, help="Gymnasium environment")

        self.seed = 1
        parser.add_argument("--seed", type=int, default=self.seed, help="random seed")

        self.policy_lr = 0.1
        parser.add_argument("--policy_lr", type=float, default=self.policy_lr, help="step of the search")

        self.directions = 6
        parser.add_argument("--directions", type=int, default=self.directions, help="tried per iteration")

        self.noise = 0.2
        parser.add_argument("--noise", type=float, default=self.noise, help="size of a direction")

        self.total_steps = 50_000
        parser.add_argument("--total_steps", type=int, default=self.total_steps, help="steps of training")

        self.backing_log = False
        parser.add_argument("--backing_log", action="store_true", help="send the run to the main machine")

        return parser.parse_args()
