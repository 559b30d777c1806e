import os
import sys
import smart_logger.common.page_config as page_config
import smart_logger.common.plot_config as plot_config
from smart_logger.front_page.page import start_page_server


def main():
    plot_config.DATA_PATH = os.path.abspath('logfile')
    plot_config.DATA_MERGER = ['policy_lr', "information"]
    plot_config.PLOTTING_XY = [['timestep', 'EpRet']]
    plot_config.PLOT_LOG_PATH = f"{plot_config.DATA_PATH}"
    plot_config.PLOT_FIGURE_SAVING_PATH = f"{os.path.join(os.path.dirname(plot_config.DATA_PATH), 'figure')}"
    page_config.WORKSPAPCE = os.path.abspath('cache')
    page_config.WEB_RAM_PATH = f"{page_config.WORKSPAPCE}/WEB_ROM"
    page_config.CONFIG_PATH = f"{page_config.WEB_RAM_PATH}/configs"
    page_config.FIGURE_PATH = f"{page_config.WEB_RAM_PATH}/figures"
    page_config.PORT = int(sys.argv[1])
    page_config.USER_NAME = 'user'
    page_config.PASSWD = '123456'
    start_page_server()


if __name__ == '__main__':
    main()
