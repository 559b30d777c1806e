import os.path
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Process, current_process
import smart_logger
import smart_logger.common.common_config as common_config
import smart_logger.common.experiment_config as experiment_config


def work(config=None):
    print(f'{current_process().name} {experiment_config.get_customized_value("abc")} {common_config.BASE_PATH}\n',
          end='', flush=True)


def main():
    smart_logger.set_experiment_customized_config(abc=10)
    smart_logger.set_common_config(BASE_PATH=os.path.dirname(os.path.abspath(__file__)))
    work()
    children = [Process(target=work, args=(smart_logger.get_total_config(),)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    with ProcessPoolExecutor(max_workers=1) as pool:
        list(pool.map(work, [smart_logger.get_total_config() for _ in range(2)]))


if __name__ == '__main__':
    main()
