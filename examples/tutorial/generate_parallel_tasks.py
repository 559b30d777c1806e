"""两个环境 × 两个学习率 × 三个种子 = 12 个任务  ·  2 environments × 2 learning rates × 3 seeds = 12 tasks.

python generate_parallel_tasks.py                       打印所有命令 · print the commands, write run_all.json
tmuxp load -d run_all.json                              用 tmux 运行 · start them in tmux
python generate_parallel_tasks.py --backend local       在本机运行 · run them here
python generate_parallel_tasks.py -tn 3 -idx 0          第一台机器（共三台） · machine 1 of 3
"""

import sys

import sml_launch

# 当前机器最多同时运行的任务数  ·  tasks at a time on this machine
MAX_PARALLEL = 2
# 环境变量  ·  environment of every task; one thread each, because two tasks run on two cores
environment_dict = dict(OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1)
# 启动脚本  ·  command to start
start_up_header = "python main.py "
# 基础参数  ·  parameters shared by all tasks
parameters_base = dict(total_steps=50_000)
# 遍历设置  ·  all combinations of these values
exclusive_candidates = dict(
    env_name=["CartPole-v1", "Acrobot-v1"],
    policy_lr=[0.02, 0.1],
    seed=[13, 17, 23],
)
# 单独设置  ·  values that vary together
aligned_candidates = dict()

if __name__ == "__main__":
    sys.exit(sml_launch.main([__file__, *sys.argv[1:]]))
