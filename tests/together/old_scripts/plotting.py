import os
from smart_logger.report.plotting import plot, bar, make_table
import smart_logger.common.plot_config as plot_config


def main():
    plot_config.DATA_PATH = os.path.abspath('logfile')
    plot_config.DATA_MERGER = ['policy_lr', "information"]
    plot_config.FIGURE_SEPARATION = ['env_name']
    plot_config.PLOT_LOG_PATH = f"{plot_config.DATA_PATH}"
    plot_config.PLOT_FIGURE_SAVING_PATH = f"{os.path.join(os.path.dirname(plot_config.DATA_PATH), 'figure')}"
    plot_config.PLOTTING_XY.append(['timestep', 'EpRet'])
    plot_config.SHORT_NAME_FROM_CONFIG = {'0.0001*': 'slow', '0.0003*': 'fast'}
    plot_config.SHORT_NAME_FROM_CONFIG_PROPERTY = {'0.0001*': {'manual': True}, '0.0003*': {'manual': True}}
    plot()
    bar()
    make_table()


if __name__ == '__main__':
    main()
