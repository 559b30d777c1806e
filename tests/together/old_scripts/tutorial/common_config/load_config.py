import os
import smart_logger


def init_smart_logger():
    # 设定根路径，smart_logger将会默认在根路径下新建一个日志路径来存放日志
    base_path = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    # 两个config文件相对于跟路径的位置需要指定
    smart_logger.init_config('common_config/common_config.yaml',
                             'common_config/experiment_config.yaml',
                             base_path
                             )
