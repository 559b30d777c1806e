import argparse
import os
import smart_logger.common.page_config as page_config
import smart_logger.common.plot_config as plot_config
from smart_logger.front_page.page import start_page_server
from smart_logger.common.set_config import set_page_config, set_plot_config


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--workspace_path', '-wks', type=str, default='~/Desktop/cache')
    parser.add_argument('--data_path', '-d', type=str, default='logfile')
    parser.add_argument('--user_name', '-u', type=str, default='user')
    parser.add_argument('--password', '-pw', type=str, default='123456')
    parser.add_argument('--port', '-p', type=int, default=int(os.environ['THE_PORT']))
    args = parser.parse_args()
    set_plot_config(
        DATA_PATH=args.data_path,
        WORKSPAPCE=os.path.expanduser(args.workspace_path),
        DATA_MERGER=[],
        PLOTTING_XY=[],
        PLOT_LOG_PATH=args.data_path,
        PLOT_FIGURE_SAVING_PATH=f"{os.path.join(os.path.dirname(plot_config.DATA_PATH), 'figure')}"
    )
    set_page_config(
        WEB_RAM_PATH=f"{page_config.WORKSPAPCE}/WEB_ROM",
        CONFIG_PATH=f"{page_config.WEB_RAM_PATH}/configs",
        FIGURE_PATH=f"{page_config.WEB_RAM_PATH}/figures",
        PORT=args.port,
        USER_NAME=args.user_name,
        PASSWD=args.password
    )
    start_page_server()


if __name__ == "__main__":
    main()
