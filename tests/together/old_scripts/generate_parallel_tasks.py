import argparse
from smart_logger.scripts.generate_tmuxp_base import make_cmd_array, generate_tmuxp_file

session_name = 'old'
MAX_SUBWINDOW = 6
MAX_PARALLEL = 2
environment_dict = dict(CUDA_VISIBLE_DEVICES='""', PYTHONPATH='./:$PYTHONPATH')
start_up_header = "python main.py "
parameters_base = dict(backing_log=True, seed=1)
exclusive_candidates = dict(seed=[13, 17], policy_lr=[1e-4, 3e-4])
aligned_candidates = dict(information=['a', 'b'], env_name=['Hopper-v2', 'Ant-v2'])


def task_is_valid(task):
    return True


def get_cmd_array(total_machine=8, machine_idx=0):
    return make_cmd_array('.', session_name, start_up_header, parameters_base, environment_dict,
                          aligned_candidates, exclusive_candidates, [''], MAX_PARALLEL, MAX_SUBWINDOW,
                          machine_idx, total_machine, task_is_valid, split_all=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--machine_idx', '-idx', type=int, default=-1)
    parser.add_argument('--total_machine_num', '-tn', type=int, default=8)
    args = parser.parse_args()
    cmd_array, session_name = get_cmd_array(args.total_machine_num, args.machine_idx)
    generate_tmuxp_file(session_name, cmd_array, use_json=True)
