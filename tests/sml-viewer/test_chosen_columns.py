"""Which columns are chosen of the tables that frameworks and public code write, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.analysis.curves import Curves
from sml_viewer.columns.axes import ROW
from sml_viewer.columns.choose import choose_pair, likely_columns
from sml_viewer.columns.metric_names import FAMILIES, STAGES
from sml_viewer.columns.step_names import UNITS_OF_X
from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable


def write_lines(path: Path, rows: list[dict[str, float]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


_ROWS = 6
# What a column holds: `+` counts up, `=` is constant, `^` is a rate or a duration that rises, `?` is
# nan; anything else goes up and down.
_VALUES: dict[str, Callable[[int, int], str]] = {
    "+": lambda row, _: str(row * 1000),
    "=": lambda _, __: "3",
    "^": lambda row, _: str(0.01 + 0.001 * row),
    "?": lambda _, __: "nan",
}


def table_of(columns: str) -> str:
    """A table of six rows with the columns that a text names."""
    names = [name.strip() for name in columns.replace("\n", ",").split(",") if name.strip()]
    kinds = [_VALUES.get(name[-1]) for name in names]
    header = ",".join(name.rstrip("+=^?").strip() for name in names)
    rows = [
        ",".join(
            kind(row, place) if kind else str((row * 7 + place) % 5 + 0.25)
            for place, kind in enumerate(kinds)
        )
        for row in range(_ROWS)
    ]
    return "\n".join([header, *rows]) + "\n"


FRAMEWORKS = [
    (
        "verl",
        "step+, critic/score/mean, critic/rewards/mean, val-core/openai/gsm8k/reward/mean@1, "
        "val-aux/openai/gsm8k/score/best@8/mean, actor/entropy, timing_s/step",
        "step",
        "val-core/openai/gsm8k/reward/mean@1",
    ),
    ("MAML", "iter+, pre_update_return, post_update_return, loss", "iter", "post_update_return"),
    (
        "Stable-Baselines3",
        "rollout/ep_len_mean, rollout/ep_rew_mean, time/fps, time/iterations+, time/time_elapsed+, "
        "time/total_timesteps+, train/approx_kl, train/clip_fraction, train/entropy_loss, "
        "train/explained_variance, train/learning_rate=, train/loss, train/n_updates+, train/std, "
        "train/value_loss",
        "time/total_timesteps",
        "rollout/ep_rew_mean",
    ),
    (
        "Stable-Baselines3 with EvalCallback",
        "eval/mean_ep_length, eval/mean_reward, rollout/ep_rew_mean, time/total_timesteps+",
        "time/total_timesteps",
        "eval/mean_reward",
    ),
    (
        "baselines ppo2",
        "eplenmean, eprewmean, fps, loss/approxkl, loss/policy_entropy, loss/policy_loss, "
        "loss/value_loss, misc/explained_variance, misc/nupdates+, misc/serial_timesteps+, "
        "misc/time_elapsed+, misc/total_timesteps+",
        "misc/total_timesteps",
        "eprewmean",
    ),
    (
        "baselines trpo",
        "EpLenMean, EpRewMean, EpThisIter, EpisodesSoFar+, TimeElapsed+, TimestepsSoFar+, entloss, "
        "ev_tdlam_before",
        "TimestepsSoFar",
        "EpRewMean",
    ),
    (
        "baselines ddpg",
        "rollout/episode_steps, rollout/return, rollout/return_history, total/duration+, total/episodes+, "
        "total/epochs+, total/steps+, total/steps_per_second^, train/loss_actor, train/loss_critic",
        "total/steps",
        "rollout/return",
    ),
    (
        "baselines deepq",
        "% time spent exploring, episodes+, mean 100 episode reward, steps+",
        "steps",
        "mean 100 episode reward",
    ),
    (
        "Spinning Up on-policy",
        "Epoch+, AverageEpRet, StdEpRet, MaxEpRet, MinEpRet, EpLen, AverageVVals, TotalEnvInteracts+, "
        "LossPi, LossV, DeltaLossPi, KL, Entropy, ClipFrac, StopIter, Time+",
        "TotalEnvInteracts",
        "AverageEpRet",
    ),
    (
        "Spinning Up off-policy",
        "Epoch+, AverageEpRet, StdEpRet, AverageTestEpRet, StdTestEpRet, MaxTestEpRet, EpLen, TestEpLen, "
        "TotalEnvInteracts+, AverageQVals, LossPi, LossQ, Time+",
        "TotalEnvInteracts",
        "AverageTestEpRet",
    ),
    (
        "Safety starter agents",
        "Epoch+, AverageEpRet, AverageEpCost, EpLen, CumulativeCost+, CostRate, TotalEnvInteracts+, LossPi",
        "TotalEnvInteracts",
        "AverageEpRet",
    ),
    (
        "rllab",
        "MaxReturn, dLoss, LossAfter, NumTrajs, Iteration+, AverageDiscountedReturn, MinReturn, "
        "StdReturn, Entropy, AveragePolicyStd, Perplexity, MeanKL, ExplainedVariance, AverageReturn",
        "Iteration",
        "AverageReturn",
    ),
    (
        "garage",
        "Evaluation/AverageDiscountedReturn, Evaluation/AverageReturn, Evaluation/Iteration+, "
        "Evaluation/MaxReturn, Evaluation/NumEpisodes, Evaluation/StdReturn, GaussianMLPPolicy/Entropy, "
        "TotalEnvSteps+",
        "TotalEnvSteps",
        "Evaluation/AverageReturn",
    ),
    (
        "rlkit",
        "replay_buffer/size+, trainer/QF1 Loss, trainer/num train calls+, exploration/num steps total+, "
        "exploration/num paths total+, exploration/path length Mean, exploration/Rewards Mean, "
        "exploration/Returns Mean, exploration/Returns Std, exploration/Average Returns, evaluation/num "
        "steps total+, evaluation/num paths total+, evaluation/path length Mean, evaluation/Rewards Mean, "
        "evaluation/Rewards Std, evaluation/Returns Mean, evaluation/Returns Max, evaluation/Actions "
        "Mean, evaluation/Num Paths, evaluation/Average Returns, time/epoch (s), time/total (s)+, Epoch+",
        "exploration/num steps total",
        "evaluation/Returns Mean",
    ),
    (
        "rlkit offline: nothing is explored",
        "trainer/QF1 Loss, exploration/num steps total=, evaluation/num steps total+, evaluation/Returns "
        "Mean, Epoch+",
        "Epoch",
        "evaluation/Returns Mean",
    ),
    (
        "softlearning",
        "evaluation/return-average, evaluation/return-max, evaluation/return-std, "
        "training/return-average, epoch+, timestep=, timesteps_total+, total_timestep+, "
        "times/epoch_train, Q_loss",
        "timesteps_total",
        "evaluation/return-average",
    ),
    (
        "Ray RLlib",
        "episode_reward_max, episode_reward_min, episode_reward_mean, episode_len_mean, "
        "episodes_this_iter, timesteps_this_iter=, timesteps_total+, episodes_total+, "
        "training_iteration+, timestamp+, time_this_iter_s, time_total_s+, pid=, "
        "timesteps_since_restore+, iterations_since_restore+, info/num_steps_trained+, "
        "info/num_steps_sampled+, info/sample_time_ms, info/learner/total_loss",
        "timesteps_total",
        "episode_reward_mean",
    ),
    (
        "Ray RLlib, new stack",
        "env_runners/episode_return_max, env_runners/episode_return_mean, env_runners/episode_len_mean, "
        "env_runners/num_env_steps_sampled_lifetime+, num_env_steps_sampled_lifetime+, "
        "evaluation/env_runners/episode_return_mean, learners/default_policy/policy_loss, "
        "training_iteration+, time_total_s+",
        "num_env_steps_sampled_lifetime",
        "evaluation/env_runners/episode_return_mean",
    ),
    (
        "CleanRL",
        "charts/learning_rate, charts/episodic_return, charts/episodic_length, charts/SPS, "
        "losses/value_loss, losses/policy_loss, losses/entropy, losses/explained_variance, global_step+",
        "global_step",
        "charts/episodic_return",
    ),
    (
        "CleanRL on wandb",
        "_step+, _runtime+, _timestamp+, charts/SPS, charts/episodic_return, losses/qf1_loss, global_step+",
        "global_step",
        "charts/episodic_return",
    ),
    (
        "DrQ-v2",
        "frame+, step+, episode+, episode_reward, episode_length, buffer_size+, fps, total_time+, "
        "batch_reward, critic_loss, actor_loss",
        "frame",
        "episode_reward",
    ),
    (
        "PyTorch SAC",
        "actor_loss, alpha_value, batch_reward, critic_loss, duration, episode+, episode_reward, step+",
        "step",
        "episode_reward",
    ),
    (
        "mbrl-lib",
        "env_step+, episode_reward, rollout_length, step+",
        "env_step",
        "episode_reward",
    ),
    (
        "mbrl-lib with its model",
        "env_step+, episode_reward, rollout_length=, model_loss, model_val_score",
        "env_step",
        "episode_reward",
    ),
    (
        "PEBBLE",
        "episode+, episode_reward, true_episode_reward, step+, num_eval_episodes=",
        "step",
        "true_episode_reward",
    ),
    (
        "PyMARL",
        "episode+, t_env+, loss, grad_norm, return_mean, return_std, test_return_mean, test_return_std, "
        "battle_won_mean, ep_length_mean, epsilon, test_ep_length_mean",
        "t_env",
        "test_return_mean",
    ),
    (
        "PyMARL without returns",
        "t_env+, loss, test_battle_won_mean, battle_won_mean",
        "t_env",
        "test_battle_won_mean",
    ),
    (
        "d3rlpy",
        "epoch+, step+, time_step^, time_algorithm_update^, actor_loss, critic_loss, environment, "
        "rollout_return",
        "step",
        "environment",
    ),
    (
        "d3rlpy 2",
        "epoch+, step+, time_step^, actor_loss, evaluation, value_scale",
        "step",
        "evaluation",
    ),
    (
        "OfflineRL-Kit",
        "eval/episode_length, eval/episode_length_std, eval/normalized_episode_reward, "
        "eval/normalized_episode_reward_std, loss/actor, loss/critic1, timestep+",
        "timestep",
        "eval/normalized_episode_reward",
    ),
    (
        "CORL",
        "_step+, _runtime+, actor_loss, critic_loss, d4rl_normalized_score, eval/reward_std=",
        "_step",
        "d4rl_normalized_score",
    ),
    (
        "Acme actor",
        "actor_episodes+, actor_steps+, episode_length, episode_return, steps_per_second^, learner_steps+",
        "actor_steps",
        "episode_return",
    ),
    (
        "Acme learner",
        "learner_steps+, learner_walltime+, critic_loss, policy_loss",
        "learner_steps",
        "critic_loss",
    ),
    (
        "Tianshou",
        "train/episode, train/reward, train/length, test/reward, test/reward_std, test/length, "
        "update/loss, update/gradient_step+, env_step+",
        "env_step",
        "test/reward",
    ),
    (
        "TorchRL",
        "r_training, r_evaluation, total_frames+, loss_objective, lr, eval/step_reward, eval/episode_reward",
        "total_frames",
        "eval/episode_reward",
    ),
    (
        "BenchMARL",
        "collection/agents/reward/episode_reward_mean, collection/reward/episode_reward_mean, "
        "counters/current_frames=, counters/total_frames+, counters/iter+, "
        "eval/reward/episode_reward_mean, eval/reward/episode_len_mean, timers/collection_time, "
        "train/agents/loss_objective",
        "counters/total_frames",
        "eval/reward/episode_reward_mean",
    ),
    (
        "rsl_rl",
        "Episode_Reward/track_lin_vel_xy_exp, Episode_Termination/time_out, Loss/value_function, "
        "Loss/surrogate, Loss/learning_rate, Policy/mean_noise_std, Perf/total_fps, Perf/collection time, "
        "Train/mean_reward, Train/mean_episode_length, iteration+",
        "iteration",
        "Train/mean_reward",
    ),
    (
        "rl_games",
        "rewards/step, rewards/iter, rewards/time, episode_lengths/step, losses/a_loss, losses/c_loss, "
        "performance/step_fps, info/epochs+, info/kl, frame+",
        "frame",
        "rewards/iter",
    ),
    (
        "skrl",
        "Reward / Instantaneous reward (mean), Reward / Total reward (max), Reward / Total reward (mean), "
        "Episode / Total timesteps (mean), Loss / Policy loss, Loss / Value loss, timestep+",
        "timestep",
        "Reward / Total reward (mean)",
    ),
    (
        "DreamerV3",
        "step+, episode/length, episode/score, epstats/log/reward, train/loss/dyn, fps/policy, "
        "train/opt/loss",
        "step",
        "episode/score",
    ),
    (
        "DreamerV2",
        "step+, train_return, train_length, eval_return, eval_length, fps",
        "step",
        "eval_return",
    ),
    (
        "TD-MPC2",
        "step+, episode_reward, episode_success, env, total_time+",
        "step",
        "episode_reward",
    ),
    (
        "PufferLib",
        "environment/score, environment/episode_return, performance/SPS, losses/policy_loss, "
        "agent_steps+, epoch+",
        "agent_steps",
        "environment/episode_return",
    ),
    (
        "Unity ML-Agents",
        "Step+, Environment/Cumulative Reward, Environment/Episode Length, Losses/Policy Loss, "
        "Policy/Extrinsic Reward, Policy/Learning Rate",
        "Step",
        "Environment/Cumulative Reward",
    ),
    (
        "Dopamine",
        "Iteration+, train_average_return, train_average_steps_per_second, eval_average_return, "
        "eval_episode_lengths",
        "Iteration",
        "eval_average_return",
    ),
    (
        "PureJaxRL",
        "returned_episode_returns, returned_episode_lengths, timestep+, update_step+, total_loss",
        "timestep",
        "returned_episode_returns",
    ),
    (
        "an evaluation beside the best so far",
        "eval/best_eval_reward, eval/episode_reward, step+",
        "step",
        "eval/episode_reward",
    ),
    (
        "Lightning",
        "epoch+, step+, train_loss_step, train_loss_epoch, val_loss, val_acc, lr-Adam",
        "step",
        "val_acc",
    ),
    (
        "Lightning on wandb",
        "trainer/global_step+, epoch+, train/loss, val/loss, _timestamp+",
        "trainer/global_step",
        "val/loss",
    ),
    (
        "Keras",
        "epoch+, accuracy, loss, learning_rate, val_accuracy, val_loss",
        "epoch",
        "val_accuracy",
    ),
    (
        "Keras regression",
        "epoch+, loss, mae, val_loss, val_mae",
        "epoch",
        "val_loss",
    ),
    (
        "Ultralytics",
        "epoch+, time+, train/box_loss, train/cls_loss, train/dfl_loss, metrics/precision(B), "
        "metrics/recall(B), metrics/mAP50(B), metrics/mAP50-95(B), val/box_loss, val/cls_loss, "
        "val/dfl_loss, lr/pg0, lr/pg1",
        "epoch",
        "metrics/mAP50-95(B)",
    ),
    (
        "YOLOv5",
        "epoch+, train/box_loss, metrics/precision, metrics/mAP_0.5, metrics/mAP_0.5:0.95, val/obj_loss",
        "epoch",
        "metrics/mAP_0.5:0.95",
    ),
    (
        "timm",
        "epoch+, train_loss, eval_loss, eval_top1, eval_top5, lr",
        "epoch",
        "eval_top1",
    ),
    (
        "Hugging Face Trainer",
        "loss, grad_norm, learning_rate, epoch+, step+, eval_loss, eval_runtime, eval_samples_per_second, "
        "eval_steps_per_second^",
        "step",
        "eval_loss",
    ),
    (
        "Hugging Face Trainer with a metric",
        "loss, epoch+, step+, eval_loss, eval_f1, eval_accuracy, eval_runtime",
        "step",
        "eval_accuracy",
    ),
    (
        "TRL GRPO",
        "step+, epoch+, num_tokens+, completions/mean_length, rewards/format/mean, rewards/format/std, "
        "reward, reward_std, kl, loss, learning_rate",
        "step",
        "reward",
    ),
    (
        "fairseq",
        "num_updates+, epoch+, train_loss, valid_loss, valid_ppl, wps, lr",
        "num_updates",
        "valid_loss",
    ),
    (
        "nanoGPT",
        "iter+, train/loss, val/loss, lr, mfu",
        "iter",
        "val/loss",
    ),
    (
        "modded nanoGPT",
        "step+, val_loss, train_time_ms+, step_avg_ms",
        "step",
        "val_loss",
    ),
    (
        "Megatron",
        "iteration+, consumed samples+, elapsed time per iteration (ms), lm loss, grad norm",
        "iteration",
        "lm loss",
    ),
    (
        "Detectron2",
        "iteration+, bbox/AP, bbox/AP50, total_loss, lr, data_time, time, eta_seconds",
        "iteration",
        "bbox/AP",
    ),
    (
        "MMEngine",
        "iter+, epoch+, step+, loss, loss_cls, coco/bbox_mAP, coco/bbox_mAP_50, lr, time, memory",
        "step",
        "coco/bbox_mAP",
    ),
    (
        "DeiT and MAE",
        "train_lr, train_loss, test_loss, test_acc1, test_acc5, epoch+, n_parameters=",
        "epoch",
        "test_acc1",
    ),
    (
        "segmentation",
        "epoch+, train_loss, val_loss, val_mIoU, val_dice, time^",
        "epoch",
        "val_mIoU",
    ),
    (
        "GAN",
        "step+, d_loss, g_loss, fid, kimg+",
        "step",
        "fid",
    ),
    (
        "StyleGAN",
        "kimg+, sec/tick, Loss/G/loss, Loss/D/loss, fid50k_full",
        "kimg",
        "fid50k_full",
    ),
    (
        "speech",
        "epoch+, train_loss, valid_loss, valid_WER, lr",
        "epoch",
        "valid_WER",
    ),
    (
        "diffusion",
        "grad_norm, loss, loss_q0, loss_q1, loss_q2, loss_q3, samples+, step+",
        "step",
        "loss",
    ),
    (
        "XGBoost",
        "iteration+, train-auc, eval-auc, train-logloss, eval-logloss",
        "iteration",
        "eval-auc",
    ),
    (
        "recommenders",
        "epoch+, train_loss, Recall@20, NDCG@20",
        "epoch",
        "NDCG@20",
    ),
    (
        "BoTorch",
        "iteration+, simple_regret, time",
        "iteration",
        "simple_regret",
    ),
    (
        "Chinese names",
        "轮次+, 训练损失, 平均回报, 学习率",
        "轮次",
        "平均回报",
    ),
    (
        "RL Assistant",
        "time-step+, perf/mse, time_used^",
        "time-step",
        "perf/mse",
    ),
    (
        "a word alone",
        "Epoch+, Performance, Loss",
        "Epoch",
        "Performance",
    ),
    (
        "a rate that rises",
        "steps_per_second^, global_step+, episode_return",
        "global_step",
        "episode_return",
    ),
    (
        "a duration that rises",
        "step_time^, epoch+, val_loss",
        "epoch",
        "val_loss",
    ),
    (
        "steps of a learning rate",
        "num_lr_steps+, env_steps+, loss",
        "env_steps",
        "loss",
    ),
    (
        "three losses beside one of training",
        "train/epoch+, train/loss, eval/train_qdd_loss, eval/test_qdd_loss, eval/val_qdd_loss, "
        "eval/best_val_loss",
        "train/epoch",
        "eval/val_qdd_loss",
    ),
    (
        "imitation",
        "Epoch+, AvgTrainLoss, AvgTrainErr, AvgTestLoss, AvgTestErr, TrainSuccessRate, TestSuccessRate, "
        "AvgTestSuccessTrajLenDiff",
        "Epoch",
        "TestSuccessRate",
    ),
    (
        "CS 285",
        "Eval_AverageReturn, Eval_StdReturn, Eval_MaxReturn, Train_AverageReturn, Train_EnvstepsSoFar+, "
        "TimeSinceStart+, Initial_DataCollection_AverageReturn=",
        "Train_EnvstepsSoFar",
        "Eval_AverageReturn",
    ),
    (
        "OmniSafe",
        "Metrics/EpRet, Metrics/EpCost, Metrics/EpLen, Train/Epoch+, TotalEnvSteps+, Time/Total+, "
        "Loss/Loss_pi",
        "TotalEnvSteps",
        "Metrics/EpRet",
    ),
    (
        "federated learning",
        "communication_round+, global_test_acc, global_train_loss",
        "communication_round",
        "global_test_acc",
    ),
    (
        "short words",
        "epoch+, tr_loss, va_loss, tr_acc, va_acc",
        "epoch",
        "va_acc",
    ),
    (
        "steps of an episode beside all",
        "episode+, total_steps+, episode_steps, reward, epsilon",
        "total_steps",
        "reward",
    ),
    (
        "HER",
        "epoch+, train/success_rate, stats_o/mean, test/mean_Q, test/episode+, train/episode+, "
        "test/success_rate",
        "epoch",
        "test/success_rate",
    ),
    (
        "a PPO of one's own",
        "update+, time_s+, run_id=, avg_rew, done_rate, fallen_rate, pg_loss, v_loss, ep_dist_mean, "
        "ep_ret_mean, score, best_score, sps",
        "update",
        "ep_ret_mean",
    ),
    (
        "a game of one's own",
        "Episode+, Reward, Avg_Reward, Epsilon, Steps, Loss",
        "Episode",
        "Reward",
    ),
    (
        "segmentation without an epoch",
        "loss, acc, updated_mean_io_u, val_loss, val_acc, val_updated_mean_io_u",
        ROW,
        "val_acc",
    ),
    (
        "nothing that counts",
        "loss, episode_reward",
        ROW,
        "episode_reward",
    ),
    (
        "settings that are logged",
        "step+, target_return=, reward_scale=, score_threshold=, loss",
        "step",
        "loss",
    ),
    (
        "blank metrics",
        "step+, eval_return?, train_return",
        "step",
        "train_return",
    ),
]


@pytest.mark.parametrize(
    ("columns", "x", "y"), [row[1:] for row in FRAMEWORKS], ids=[row[0] for row in FRAMEWORKS]
)
def test_the_columns_of_a_framework_are_those_that_its_users_would_choose(
    make_run, library: Library, read_runs, columns: str, x: str, y: str
) -> None:
    make_run("a", table_of(columns))
    found = choose_pair(library, read_runs())
    assert (found.x, found.y) == (x, y)


@pytest.mark.parametrize(
    ("table", "x"),
    [
        # The metric is in rows of its own, where the first choice has no value.
        ("frame,step,reward\n0,,\n1000,,\n2000,,\n,1,5\n,2,6\n,3,4\n", "step"),
        ("frame,reward\n0,\n1000,\n,5\n,6\n", ROW),
        # It goes back too often, or stays.
        ("timestep,epoch,reward\n5,0,1\n3,1,2\n1,2,3\n", "epoch"),
        ("timestep,epoch,reward\n5,0,1\n5,1,2\n5,2,3\n", "epoch"),
        # Seconds per step; steps in millions.
        ("time_step,epoch,reward\n0.011,0,1\n0.012,1,2\n0.013,2,3\n", "epoch"),
        ("time_step,reward\n0.011,1\n0.012,2\n0.013,3\n", ROW),
        ("step,epoch,reward\n0.1,0,1\n0.2,1,2\n0.3,2,3\n", "epoch"),
        ("step,reward\n0.1,1\n0.2,2\n0.3,3\n", "step"),
        # Means over the rows of an epoch, as loggers take them.
        ("timestep,epoch,reward\n499.5,0,1\n1499.5,1,2\n2499.5,2,3\n", "timestep"),
    ],
)
def test_x_is_the_first_that_counts_and_that_the_metric_has(
    make_run, library: Library, read_runs, table: str, x: str
) -> None:
    make_run("a", table)
    found = choose_pair(library, read_runs())
    assert (found.x, found.y) == (x, "reward")


def test_seconds_per_step_are_no_other_choice_of_x(make_run, library: Library, read_runs) -> None:
    make_run("a", "epoch,step,time_step,reward\n1,10,0.011,0\n2,20,0.012,1\n3,30,0.013,2\n")
    assert choose_pair(library, read_runs()).other_x == ("epoch",)


def test_y_that_is_asked_for_has_the_x_of_its_own_rows(make_run, library: Library, read_runs) -> None:
    make_run("a", "train_step,train_loss,eval_epoch,eval_loss\n10,3,,\n20,2,,\n,,1,4\n,,2,3\n")
    runs = read_runs()
    assert choose_pair(library, runs, y="train_loss").x == "train_step"
    assert choose_pair(library, runs, y="eval_loss").x == "eval_epoch"
    assert choose_pair(library, runs, x="train_step").y == "train_loss"


def test_a_metric_has_the_steps_of_its_own_table(logs: Path, library: Library, read_runs) -> None:
    (logs / "a").mkdir()
    (logs / "a" / "train.csv").write_text("frame,step,episode_reward\n0,0,1\n2,1,2\n4,2,3\n6,3,4\n")
    (logs / "a" / "eval.csv").write_text("frame,step,episode_reward\n0,0,5\n4,2,7\n")
    found = choose_pair(library, read_runs())
    assert (found.x, found.y) == ("eval/frame", "eval/episode_reward")
    assert choose_pair(library, read_runs(), y="train/episode_reward").x == "train/frame"


def test_steps_are_judged_by_the_rows_of_the_metric(logs: Path, library: Library, read_runs) -> None:
    """MMEngine logs iterations in the rows of training, and epochs under the same name in the others."""
    rows = []
    for epoch in (1, 2, 3):
        rows += [{"loss": 1 / step, "step": epoch * 100 + step} for step in (20, 40, 60)]
        rows.append({"coco/bbox_mAP": epoch / 10, "step": epoch})
    write_lines(logs / "scalars.json", rows)
    runs = read_runs()
    assert choose_pair(library, runs)[:2] == ("step", "coco/bbox_mAP")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000,-120.5\n2000,-80\n3000,-60\n", ("column 1", "column 2")),
        ("0\t-3.5\t200\n1\t2.5\t200\n2\t-1\t180\n", ("column 1", "column 2")),
        ("3,-120.5\n2,-80\n1,-60\n", (ROW, "column 1")),
        ("0.5,1\n1,2\n1.5,4\n", (ROW, "column 1")),
        ("5\n6\n7\n", (ROW, "column 1")),
    ],
)
def test_the_first_column_counts_steps_if_it_rises_in_a_table_without_names(
    make_run, library: Library, read_runs, text: str, expected: tuple[str, str]
) -> None:
    make_run("a", text)
    runs = read_runs()
    assert choose_pair(library, runs)[:2] == expected
    assert likely_columns(runs)[1][0] == expected[1]


def test_a_constant_or_a_clock_is_never_preferred(make_run, library: Library, read_runs) -> None:
    for seed in range(2):
        make_run(
            f"r{seed}",
            f"step,episode_return,when,loss\n0,7,1.7e9,{3 + seed}\n1,7,1700000060,2\n2,7,1700000120,1\n",
            seed=seed,
        )
    found = choose_pair(library, read_runs())
    assert found.y == "loss"
    assert "when" not in found.other_y


def test_a_constant_of_each_run_that_differs_between_runs_is_measured(
    make_run, library: Library, read_runs
) -> None:
    for seed in range(2):
        make_run(f"r{seed}", f"step,episode_return,loss\n0,{seed},3\n1,{seed},2\n", seed=seed)
    assert choose_pair(library, read_runs()).y == "episode_return"


def test_captions_tell_what_was_chosen_and_what_else_there_is(
    make_run, curves: Callable[..., Curves], table: Callable[..., ScoreTable]
) -> None:
    make_run("a", table_of("step+, epoch+, loss, accuracy, val_loss"), seed=1)
    said = "Chosen (auto): accuracy and step; also for y: val_loss and loss; also for x: epoch"
    assert said in curves().caption
    assert said in table().caption
    assert "Chosen (auto): step; also for x: epoch" in curves(PLOTTING_XY=[["", "loss"]]).caption
    assert "Chosen" not in curves(PLOTTING_XY=[["step", "loss"]]).caption


def test_lists_of_columns_begin_with_the_likeliest(make_run, read_runs) -> None:
    make_run("a", table_of("lr=, loss, epoch+, accuracy, step+"))
    x, y = likely_columns(read_runs())
    assert x == ["step", "epoch", "lr", "loss", "accuracy"]
    assert y == ["accuracy", "loss", "lr", "epoch", "step"]


@pytest.mark.parametrize(
    "rows",
    [
        "timestep,episode_return\n0,nan\n1000,nan\n",
        "timestep,episode_return\n0,\n1000,\n",
        "timestep;episode_return\n0;0,5\n1000;1,5\n",
        "timestep,episode_return,learning_rate\n0,nan,0.1\n1000,nan,0.01\n",
    ],
)
def test_a_metric_without_a_number_is_an_error_that_names_it(
    make_run, curves: Callable[..., Curves], rows: str
) -> None:
    make_run("a", rows, seed=1)
    with pytest.raises(
        ColumnError, match=r"^episode_return: no number in any run.*nothing to draw over timestep"
    ):
        curves()
    with pytest.raises(ColumnError, match="'episode_return' has no number in any run"):
        curves(PLOTTING_XY=[["timestep", "episode_return"]])


def test_rows_without_a_column_of_numbers_are_not_said_to_be_missing(
    make_run, curves: Callable[..., Curves]
) -> None:
    make_run("a", "epoch  loss\n1  0.5\n2  0.25\n")
    with pytest.raises(NoRunsError, match=r"^a: no number in any row; columns have to be separated by"):
        curves()


@pytest.mark.parametrize("value", ["NaN", "null"])
def test_json_lines_without_a_number_are_an_error_that_names_the_metric(
    logs: Path, curves: Callable[..., Curves], value: str
) -> None:
    (logs / "a").mkdir()
    lines = "".join(f'{{"step": {step}, "eval": {{"return": {value}}}}}\n' for step in range(3))
    (logs / "a" / "progress.json").write_text(lines)
    with pytest.raises(ColumnError, match=r"^eval/return: no number in any run"):
        curves()


@pytest.mark.parametrize("name", ["s/it", "ms/step", "perf/sec/iter"])
def test_a_duration_per_iteration_is_no_count(make_run, curves: Callable[..., Curves], name: str) -> None:
    make_run("a", f"{name},score\n1,1\n2,5\n3,6\n", seed=1)
    assert curves().pairs == [(ROW, "score")]


def test_a_table_of_counts_alone_has_no_metric(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,epoch\n0,0\n1,1\n", seed=1)
    with pytest.raises(
        ColumnError, match=r"no run has a metric, only step and epoch; name one of these with -y"
    ):
        curves()
    assert curves(PLOTTING_XY=[["step", "epoch"]]).pairs == [("step", "epoch")]


@pytest.mark.parametrize("language", ["", ".zh"])
def test_the_documents_have_every_word_of_the_tables(language: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / f"columns{language}.md").read_text(encoding="utf-8")
    words = [*(family.words for family in FAMILIES), *STAGES, *(unit.words for unit in UNITS_OF_X)]
    lacking = [row for row in words if f"| {' '.join(row) or '–'} |" not in text]
    assert not lacking
