from demo_parameter.Parameter import Parameter
from smart_logger.util_logger.logger import Logger
import os


def one_run(env_name, seed, policy_lr):
    parameter = Parameter()
    parameter.env_name, parameter.seed, parameter.policy_lr = env_name, seed, policy_lr
    parameter.information = 'of_the_sweep'
    logger = Logger(log_name=parameter.short_name, log_signature=parameter.signature)
    parameter.set_logger(logger)
    parameter.set_config_path(os.path.join(logger.output_dir, 'config'))
    parameter.save_config()
    for t in range(5):
        logger.log_tabular('timestep', t * 1000, tb_prefix='performance')
        logger.log_tabular('performance', policy_lr * t + seed, tb_prefix='performance')
        logger.log_tabular('evaluation', policy_lr * t - seed, tb_prefix='performance')
        logger.add_tabular_data(tb_prefix='test', k=[1, 2, 3])
        logger.dump_tabular()
    return logger.output_dir


def sweep():
    return [one_run(env, seed, lr) for env in ('Hopper-v2', 'Ant-v2')
            for seed in (1, 2) for lr in (0.1, 0.01, 0.001)]
