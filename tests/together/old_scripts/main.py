from common_config.load_config import init_smart_logger
init_smart_logger()
import smart_logger
from parameter.Parameter import Parameter
from smart_logger.common import common_config
from smart_logger.scripts.timer import Timer
from smart_logger.util_logger.logger import Logger
import multiprocessing
import os


def collect(config, queue):
    smart_logger.set_total_config(config)
    queue.put(smart_logger.get_customized_value('rollout'))


class SAC:
    def __init__(self):
        common_config.BACKUP_IGNORE_KEY.append('figure')
        self.parameter = Parameter()
        self.logger = Logger(log_name=self.parameter.short_name, log_signature=self.parameter.signature)
        self.parameter.set_logger(self.logger)
        self.parameter.set_config_path(os.path.join(self.logger.output_dir, 'config'))
        self.parameter.save_config()
        self.timer = Timer()
        self.logger(f'parameter: {self.parameter}')
        Logger.local_log('this goes to the run as well')

    def run(self):
        queue = multiprocessing.Queue()
        worker = multiprocessing.Process(target=collect, args=(smart_logger.get_total_config(), queue))
        worker.start()
        rollout = queue.get()
        worker.join()
        for t in range(10):
            self.timer.register_point('train')
            self.logger.log_tabular('timestep', t * 1000, tb_prefix='performance')
            self.logger.log_tabular('EpRet', t + self.parameter.seed, 'performance')
            self.logger.add_tabular_data(tb_prefix='loss', q=[1, 2, 3], policy=2, rollout=rollout)
            self.logger.add_tabular_data(tb_prefix='loss', q=[4], policy=4, rollout=rollout)
            self.timer.register_end()
            self.logger.add_tabular_data(tb_prefix='time', **self.timer.summary())
            self.logger.dump_tabular()
        if self.parameter.backing_log:
            print('sync', self.logger.sync_log_to_remote(replace=False))


if __name__ == '__main__':
    SAC().run()
