from common_config.load_config import init_smart_logger
# 初始化smart_logger 
init_smart_logger()

# 标准初始化方法
from parameter.Parameter import Parameter
from smart_logger import Logger
import os

class xxx:
  def __init__(self):
    # 实例化参数, 此处解析输入为参数
    self.parameter = Parameter()
    # 实例化logger，这里，我们根据参数来调整logger的文件的保存位置
    self.logger = Logger(log_name=self.parameter.short_name, log_signature=self.parameter.signature)
    # 设置parameter的logger
    self.parameter.set_logger(self.logger)
    # 设置parameter的保存路径
    self.parameter.set_config_path(os.path.join(self.logger.output_dir, 'config'))
    # 保存parameter
    self.parameter.save_config()


class yyy(xxx):
    def run(self):
        env_name = self.parameter.env_name
        seed = self.parameter.seed

        # tb_prefix是写tensorboard时的前缀，方便看tensorboard时进行变量的分组, 记录3个data1的数值，分别为1, 2, 3，记录了1个data2的数值
        self.logger.add_tabular_data(tb_prefix='aaa', data1=[1, 2, 3], data2=2, date3=0.0)
        # add_tabular_data可以多次调用，最后写入tensorboard并记录到文件中的是多次写入的均值
        self.logger.add_tabular_data(tb_prefix='aaa', data1=[7, 8, 9], data2=10, date3=1.0)
        # log_tabular只能被调用一次，这里记录了data4的数值，为10
        self.logger.log_tabular(tb_prefix='bbb', key='data4', val=10)
        ...
        # 进行数据汇总并打印结果且写入文件
        self.logger.dump_tabular()

        # 将代码发送到远程机器，机器ip/port/用户名/密码定义在common_config.yam中
        # success为True说明同步成功
        success = self.logger.sync_log_to_remote(replace=False)
        print(env_name, seed, success)


if __name__ == '__main__':
    yyy().run()
