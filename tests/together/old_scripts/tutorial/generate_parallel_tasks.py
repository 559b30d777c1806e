import argparse
from smart_logger.scripts.generate_tmuxp_base import make_cmd_array, generate_tmuxp_file

MAX_PARALLEL = 10
start_up_header = "python main.py "
# 4. 基础参数
parameters_base = dict(
  backing_log=True,
  seed=1
)
# 5. 遍历设置
exclusive_candidates = dict(
  env_name=['HalfCheetah-v2', 'Hopper-v2', 'Ant-v2', 'Walker2d-v2'],
  seed=[13, 17, 23, 31],
  policy_lr=[1e-4, 3e-4, 5e-5]
)
# 6. 单独设置
aligned_candidates = dict(
  information=['value_lr1', 'value_lr2', 'value_lr3'],
  value_lr=[1e-3, 1e-4, 1e-5]
)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--machine_idx', '-idx', type=int, default=-1)
    parser.add_argument('--total_machine_num', '-tn', type=int, default=8)
    args = parser.parse_args()
    cmd_array, session_name = make_cmd_array('.', 'tutorial', start_up_header, parameters_base, {},
                                             aligned_candidates, exclusive_candidates, [''], MAX_PARALLEL, 6,
                                             args.machine_idx, args.total_machine_num, lambda task: True)
    generate_tmuxp_file(session_name, cmd_array, use_json=True)
