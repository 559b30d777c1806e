from smart_logger.parameter.ParameterTemplate import ParameterTemplate
import smart_logger.common.experiment_config as experiment_config
import argparse


class Parameter(ParameterTemplate):
    def __init__(self, config_path=None, debug=False, silence=False):
        super(Parameter, self).__init__(config_path, debug, silence)

    def parse(self):
        parser = argparse.ArgumentParser(description=experiment_config.EXPERIMENT_TARGET)
        self.env_name = 'Hopper-v2'
        parser.add_argument('--env_name', type=str, default=self.env_name)
        self.seed = 1
        parser.add_argument('--seed', type=int, default=self.seed)
        self.policy_lr = 3e-4
        parser.add_argument('--policy_lr', type=float, default=self.policy_lr)
        self.information = 'None'
        parser.add_argument('--information', type=str, default=self.information)
        return parser.parse_args()
