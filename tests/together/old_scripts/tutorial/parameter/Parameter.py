from smart_logger.parameter.ParameterTemplate import ParameterTemplate
import smart_logger
import argparse


class Parameter(ParameterTemplate):
    def __init__(self, config_path=None, debug=False, silence=False):
        super(Parameter, self).__init__(config_path, debug, silence)

    def parse(self):
      parser = argparse.ArgumentParser(description=smart_logger.experiment_config.EXPERIMENT_TARGET)
      # 开始定义参数，将所有实验用到的参数定义于此
      # （示例）参数1. 环境名
      self.env_name = 'Hopper-v2'
      parser.add_argument('--env_name', type=str, default=self.env_name,
                            help="name of the environment to run")
      # （示例）参数2. 随机种子
      self.seed = 1
      parser.add_argument('--seed', type=int, default=self.seed,
                            help="seed")
      # 其余参数
      ...
      # 定义完参数
      return parser.parse_args()
