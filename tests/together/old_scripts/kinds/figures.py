import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from smart_logger.report.plotting import plot
import smart_logger.common.plot_config as plot_config
from data import sweep


def main():
    folders = sweep()
    plot_config.DATA_MERGER = ['policy_lr', "information"]
    plot_config.FIGURE_SEPARATION = ['env_name']
    plot_config.DATA_PATH = os.path.dirname(folders[0])
    plot_config.PLOT_LOG_PATH = f"{plot_config.DATA_PATH}"
    plot_config.PLOT_FIGURE_SAVING_PATH = f"{os.path.join(plot_config.DATA_PATH, 'figure')}"
    plot_config.PLOTTING_XY = [['timestep', 'performance'], ['timestep', 'evaluation']]
    plot_config.SHORT_NAME_FROM_CONFIG = {
        'of_the_sweep+0.1': 'lr_0.1',
        'of_the_sweep+0.01': 'lr_0.01',
        'of_the_sweep+0.001': 'lr_0.001',
    }
    plot()


if __name__ == '__main__':
    main()
