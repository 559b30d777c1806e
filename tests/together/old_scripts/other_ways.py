# The same names by other paths, arguments by position, parameters of the second template, no init_config.
import argparse
import os
import subprocess
import sys
import smart_logger as sml
from smart_logger import ParameterTemplate2
from smart_logger.common.experiment_config import get_customized_value, register_customized_value
from smart_logger.report.plotting import make_table, plot
import smart_logger.common.experiment_config as exp
import smart_logger.common.plot_config as pc

CHILD = 'import smart_logger as s; print("child", s.get_customized_value("rollout"), s.get_base_path())'


class Args(ParameterTemplate2):
    def __init__(self, config_path=None, debug=False, silence=False, **others):
        super().__init__(config_path, debug, silence, **others)

    def parser_init(self):
        parser = argparse.ArgumentParser()
        self.task = 'walk'
        parser.add_argument('--task', type=str, default=self.task)
        self.seed = 0
        parser.add_argument('--seed', type=int, default=self.seed)
        return parser


def train():
    exp.IMPORTANT_CONFIGS = ['task', 'seed']
    exp.SHORT_NAME_SUFFIX = 'other'
    register_customized_value('rollout', 5)
    args = Args()
    logger = sml.Logger(True, args.short_name, False, args.signature, 'group', os.getcwd(), False)
    args.set_logger(logger)
    args.set_config_path(os.path.join(logger.output_dir, 'config'))
    args.save_config()
    subprocess.run([sys.executable, '-c', CHILD], check=True)
    for step in range(get_customized_value('rollout')):
        logger.log_tabular('step', step, 'x', False, False, False)
        logger.add_tabular_data('test', EpRet=[step, step + 2])
        logger.log_tabular('EpRet', None, 'test', True)
        logger.dump_tabular()
    again = Args(config_path=os.path.join(logger.output_dir, 'config'))
    copy = Args(config_data=args.make_dict())
    print('again', again.short_name, copy.short_name)
    print('sent', logger.sync_log_to_remote(False, 1))


def look():
    pc.PLOT_LOG_PATH = 'logfile/group'
    pc.PLOT_FIGURE_SAVING_PATH = 'other_figure'
    pc.PLOTTING_XY = [('step', 'AverageEpRet')]
    pc.DATA_MERGER = ('task',)
    pc.FONTSIZE_LEGEND = '10'
    pc.MAX_COLUMN = 2.0
    pc.FIGURE_SEPARATON = ['task']
    plot()
    make_table()
    pc.MAX_COLUMN = 'many'
    pc.FIGURE_SEPARATION = 3
    try:
        plot()
    except Exception as error:
        print(type(error).__name__, error)


if __name__ == '__main__':
    train()
    look()
