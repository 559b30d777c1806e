import os
from demo_parameter.Parameter import Parameter
from smart_logger.util_logger.logger import Logger
from smart_logger.common.serialize_config import init_config


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    init_config(
        os.path.join(here, 'common_config', 'common_config.yaml'),
        os.path.join(here, 'common_config', 'experiment_config.yaml'),
        os.path.join(here, 'logfile_tmp'),
    )
    parameter = Parameter()
    logger = Logger(log_name=parameter.short_name, log_signature=parameter.signature,
                    logger_category=parameter.suffix)
    parameter.set_logger(logger)
    parameter.set_config_path(os.path.join(logger.output_dir, 'config'))
    parameter.save_config()
    logger.log_tabular('a', 2)
    logger.dump_tabular()


if __name__ == '__main__':
    main()
