import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import smart_logger.common.page_config as page_config
import smart_logger.common.plot_config as plot_config
from smart_logger.front_page.page import start_page_server
from data import one_run


def main():
    plot_config.DATA_PATH = os.path.dirname(one_run('Hopper-v2', 1, 0.1))
    plot_config.DATA_MERGER = ['policy_lr', "information"]
    plot_config.PLOTTING_XY = [['timestep', 'performance'], ['timestep', 'evaluation']]
    plot_config.PLOT_LOG_PATH = f"{plot_config.DATA_PATH}"
    plot_config.PLOT_FIGURE_SAVING_PATH = f"{os.path.join(os.path.dirname(plot_config.DATA_PATH), 'figure')}"
    page_config.WORKSPAPCE = os.path.expanduser('~/Desktop')
    page_config.WEB_RAM_PATH = f"{page_config.WORKSPAPCE}/WEB_ROM"
    page_config.CONFIG_PATH = f"{page_config.WEB_RAM_PATH}/configs"
    page_config.FIGURE_PATH = f"{page_config.WEB_RAM_PATH}/figures"
    page_config.PORT = int(os.environ['THE_PORT'])
    start_page_server()


if __name__ == "__main__":
    main()
