"""The columns of well-known code bases, decoys and all, in the order in which they write them."""

from __future__ import annotations

from . import tables as t
from .tables import Style

_TEST = [
    ("AverageTestEpRet", t.RETURN),
    ("StdTestEpRet", t.SPREAD),
    ("MaxTestEpRet", t.TOP),
    ("MinTestEpRet", t.LOW),
]
SPINNING_UP_OFF = Style(
    [("Epoch", t.STEP), ("AverageEpRet", t.TRAINED), ("StdEpRet", t.SPREAD), ("MaxEpRet", t.TOP), ("MinEpRet", t.LOW), *_TEST,
     ("EpLen", t.LENGTH), ("TestEpLen", t.LENGTH), ("TotalEnvInteracts", t.STEPS), ("AverageQ1Vals", t.SIGNED), ("StdQ1Vals", t.SPREAD),
     ("MaxQ1Vals", t.TOP), ("MinQ1Vals", t.LOW), ("LossPi", t.SIGNED), ("LossQ", t.LOSS), ("Time", t.CLOCK)],
    ["TotalEnvInteracts", "Epoch"], ["AverageTestEpRet"], digits=8,
)  # fmt: skip
SPINNING_UP_ON = Style(
    [("Epoch", t.STEP), ("AverageEpRet", t.RETURN), ("StdEpRet", t.SPREAD), ("MaxEpRet", t.TOP), ("MinEpRet", t.LOW), ("EpLen", t.LENGTH),
     ("AverageVVals", t.SIGNED), ("StdVVals", t.SPREAD), ("MaxVVals", t.TOP), ("MinVVals", t.LOW), ("TotalEnvInteracts", t.STEPS),
     ("LossPi", t.SIGNED), ("LossV", t.LOSS), ("DeltaLossPi", t.SIGNED), ("DeltaLossV", t.SIGNED), ("Entropy", t.LOSS), ("KL", t.LOSS),
     ("ClipFrac", "=0.0"), ("StopIter", "=79.0"), ("Time", t.CLOCK)],
    ["TotalEnvInteracts", "Epoch"], ["AverageEpRet"], digits=8,
)  # fmt: skip
RLLAB = Style(
    [("MaxReturn", t.TOP), ("dLoss", t.LOSS), ("LossAfter", t.SIGNED), ("NumTrajs", t.LENGTH), ("MeanKLBefore", "=0.0"), ("Iteration", t.STEP),
     ("AverageDiscountedReturn", t.TRAINED), ("MinReturn", t.LOW), ("StdReturn", t.SPREAD), ("LossBefore", t.SIGNED), ("Entropy", t.LOSS),
     ("AveragePolicyStd", t.FALLING), ("Perplexity", t.LOSS), ("MeanKL", t.LOSS), ("ExplainedVariance", t.FRACTION2), ("AverageReturn", t.RETURN),
     ("Time", t.CLOCK), ("ItrTime", t.RATE)],
    ["Iteration"], ["AverageReturn"], digits=12,
)  # fmt: skip
GARAGE = Style(
    [("Evaluation/AverageDiscountedReturn", t.TRAINED), ("Evaluation/AverageReturn", t.RETURN), ("Evaluation/Iteration", t.STEP),
     ("Evaluation/MaxReturn", t.TOP), ("Evaluation/MinReturn", t.LOW), ("Evaluation/NumEpisodes", t.LENGTH), ("Evaluation/StdReturn", t.SPREAD),
     ("Evaluation/TerminationRate", "=0.0"), ("GaussianMLPPolicy/Entropy", t.LOSS), ("GaussianMLPPolicy/KL", t.LOSS),
     ("GaussianMLPPolicy/LossAfter", t.SIGNED), ("LinearFeatureBaseline/ExplainedVariance", t.FRACTION2), ("TotalEnvSteps", t.STEPS)],
    ["TotalEnvSteps", "Evaluation/Iteration"], ["Evaluation/AverageReturn"],
)  # fmt: skip
RLKIT = Style(
    [("replay_buffer/size", t.STEPS), ("trainer/QF1 Loss", t.LOSS), ("trainer/QF2 Loss", t.LOSS), ("trainer/Policy Loss", t.SIGNED),
     ("trainer/Q1 Predictions Mean", t.SIGNED), ("trainer/Q1 Predictions Std", t.SPREAD), ("trainer/Q1 Predictions Max", t.TOP),
     ("trainer/Q1 Predictions Min", t.LOW), ("trainer/Alpha", t.FALLING), ("exploration/num steps total", t.STEPS),
     ("exploration/num paths total", t.EPISODES), ("exploration/path length Mean", t.LENGTH), ("exploration/Rewards Mean", t.FRACTION),
     ("exploration/Returns Mean", t.TRAINED), ("exploration/Returns Std", t.SPREAD), ("exploration/Returns Max", t.TOP),
     ("exploration/Returns Min", t.LOW), ("exploration/Num Paths", t.LENGTH), ("exploration/Average Returns", t.TRAINED),
     ("evaluation/num steps total", t.STEPS), ("evaluation/num paths total", t.EPISODES), ("evaluation/path length Mean", t.LENGTH),
     ("evaluation/Rewards Mean", t.FRACTION), ("evaluation/Returns Mean", t.RETURN), ("evaluation/Returns Std", t.SPREAD),
     ("evaluation/Returns Max", t.TOP), ("evaluation/Returns Min", t.LOW), ("evaluation/Average Returns", t.RETURN),
     ("time/data storing (s)", t.SECONDS), ("time/training (s)", t.SECONDS), ("time/epoch (s)", t.RATE), ("time/total (s)", t.CLOCK), ("Epoch", t.STEP)],
    ["exploration/num steps total", "Epoch"], ["evaluation/Returns Mean", "evaluation/Average Returns"], digits=10,
)  # fmt: skip
_RAY_TAIL = [("done", "=False"), ("timesteps_total", t.STEPS), ("episodes_total", t.EPISODES), ("training_iteration", t.STEP), ("experiment_id", "=8f7c0a"),
             ("date", "=2021-03-01_12-00-00"), ("timestamp", "epoch seconds"), ("time_this_iter_s", t.SECONDS), ("time_total_s", t.CLOCK), ("pid", "=4711"),
             ("hostname", "=gpu01"), ("node_ip", "=10.0.0.7"), ("time_since_restore", t.CLOCK), ("iterations_since_restore", t.STEP),
             ("info/sample_throughput", t.RATE), ("info/num_steps_trained", t.STEPS), ("info/num_steps_sampled", t.STEPS), ("info/learner/default_policy/cur_lr", "=0.0003"),
             ("info/learner/default_policy/policy_loss", t.SIGNED), ("info/learner/default_policy/vf_loss", t.LOSS), ("info/learner/default_policy/entropy", t.LOSS),
             ("perf/cpu_util_percent", t.RATE), ("perf/ram_util_percent", t.RATE)]  # fmt: skip
_RAY_X = [
    "timesteps_total",
    "training_iteration",
    "info/num_steps_sampled",
    "info/num_steps_trained",
    "iterations_since_restore",
]
RAY = Style(
    [("episode_reward_max", t.TOP), ("episode_reward_min", t.LOW), ("episode_reward_mean", t.RETURN), ("episode_len_mean", t.LENGTH),
     ("episodes_this_iter", t.LENGTH), ("policy_reward_mean/a", ""), ("timesteps_this_iter", t.LENGTH), *_RAY_TAIL],
    _RAY_X, ["episode_reward_mean"],
)  # fmt: skip
RAY_EVALUATED = Style(
    [*RAY.columns, ("evaluation/episode_reward_max", t.TOP), ("evaluation/episode_reward_min", t.LOW), ("evaluation/episode_reward_mean", t.SPARSE),
     ("evaluation/episode_len_mean", t.LENGTH)],
    _RAY_X, ["evaluation/episode_reward_mean"],
)  # fmt: skip
RAY_NEW = Style(
    [("env_runners/episode_return_max", t.TOP), ("env_runners/episode_return_min", t.LOW), ("env_runners/episode_return_mean", t.RETURN),
     ("env_runners/episode_len_mean", t.LENGTH), ("env_runners/num_env_steps_sampled", t.LENGTH), ("env_runners/episode_duration_sec_mean", t.SECONDS),
     ("num_env_steps_sampled_lifetime", t.STEPS), ("learners/default_policy/total_loss", t.SIGNED), ("learners/default_policy/vf_loss", t.LOSS),
     ("timers/training_iteration", t.SECONDS), ("training_iteration", t.STEP), ("time_total_s", t.CLOCK), ("timestamp", "epoch seconds"), ("pid", "=9")],
    ["num_env_steps_sampled_lifetime", "training_iteration"], ["env_runners/episode_return_mean"],
)  # fmt: skip
TUNE = Style(
    [("mean_accuracy", t.FRACTION), ("mean_loss", t.HELD), ("time_this_iter_s", t.SECONDS), ("done", "=False"), ("training_iteration", t.STEP),
     ("trial_id", "=ab12"), ("time_total_s", t.CLOCK), ("timestamp", "epoch seconds"), ("pid", "=77"), ("hostname", "=gpu02"), ("iterations_since_restore", t.STEP)],
    ["training_iteration", "iterations_since_restore"], ["mean_accuracy"],
)  # fmt: skip
SB3 = Style(
    [("rollout/ep_len_mean", t.LENGTH), ("rollout/ep_rew_mean", t.RETURN), ("time/fps", t.RATE), ("time/iterations", t.STEP), ("time/time_elapsed", t.CLOCK),
     ("time/total_timesteps", t.STEPS), ("train/approx_kl", t.LOSS), ("train/clip_range", "=0.2"), ("train/entropy_loss", t.SIGNED),
     ("train/learning_rate", t.FALLING), ("train/loss", t.LOSS), ("train/n_updates", t.EPISODES), ("train/value_loss", t.LOSS)],
    ["time/total_timesteps", "time/iterations"], ["rollout/ep_rew_mean"],
)  # fmt: skip
SB3_EVALUATED = Style(
    [("eval/mean_ep_length", t.LENGTH), ("eval/mean_reward", t.RETURN), ("rollout/ep_len_mean", t.LENGTH), ("rollout/ep_rew_mean", t.TRAINED),
     *SB3.columns[2:]],
    ["time/total_timesteps", "time/iterations"], ["eval/mean_reward"],
)  # fmt: skip
PPO2 = Style(
    [("eplenmean", t.LENGTH), ("eprewmean", t.RETURN), ("fps", t.RATE), ("loss/approxkl", t.LOSS), ("loss/clipfrac", t.LOSS), ("loss/policy_entropy", t.LOSS),
     ("loss/policy_loss", t.SIGNED), ("loss/value_loss", t.LOSS), ("misc/explained_variance", t.FRACTION2), ("misc/nupdates", t.STEP),
     ("misc/serial_timesteps", t.EPISODES), ("misc/time_elapsed", t.CLOCK), ("misc/total_timesteps", t.STEPS)],
    ["misc/total_timesteps", "misc/nupdates"], ["eprewmean"],
)  # fmt: skip
TRPO_MPI = Style(
    [("EpLenMean", t.LENGTH), ("EpRewMean", t.RETURN), ("EpThisIter", t.LENGTH), ("EpisodesSoFar", t.EPISODES), ("TimeElapsed", t.CLOCK),
     ("TimestepsSoFar", t.STEPS), ("entloss", "=0.0"), ("entropy", t.LOSS), ("ev_tdlam_before", t.FRACTION2), ("meankl", t.LOSS), ("optimgain", t.LOSS)],
    ["TimestepsSoFar", "EpisodesSoFar"], ["EpRewMean"],
)  # fmt: skip
DDPG = Style(
    [("eval/Q", t.SIGNED), ("eval/return", t.RETURN), ("eval/return_history", t.TRAINED), ("obs_rms_mean", t.SIGNED), ("rollout/Q_mean", t.SIGNED),
     ("rollout/episode_steps", t.LENGTH), ("rollout/return", t.TRAINED), ("rollout/return_history", t.TRAINED), ("total/duration", t.CLOCK),
     ("total/episodes", t.EPISODES), ("total/epochs", t.STEP), ("total/steps_per_second", t.RISING), ("total/steps", t.STEPS), ("train/loss_actor", t.SIGNED),
     ("train/loss_critic", t.LOSS)],
    ["total/steps", "total/epochs", "total/episodes"], ["eval/return", "eval/return_history"],
)  # fmt: skip
DEEPQ = Style(
    [("steps", t.STEPS), ("episodes", t.EPISODES), ("mean 100 episode reward", t.RETURN), ("% time spent exploring", t.FALLING)],
    ["steps", "episodes"], ["mean 100 episode reward"],
)  # fmt: skip
DRQ = Style(
    [("frame", t.STEPS), ("step", t.EPISODES), ("episode", t.STEP), ("episode_reward", t.RETURN), ("episode_length", "=1000.0"), ("batch_reward", t.FRACTION),
     ("critic_q1", t.SIGNED), ("critic_loss", t.LOSS), ("actor_loss", t.SIGNED), ("actor_ent", t.LOSS), ("buffer_size", t.STEPS), ("fps", t.RATE), ("total_time", t.CLOCK)],
    ["frame", "step"], ["episode_reward"],
)  # fmt: skip
PEBBLE = Style(
    [("batch_reward", t.FRACTION), ("episode", t.STEP), ("step", t.STEPS), ("duration", t.SECONDS), ("true_episode_reward", t.RETURN), ("true_episode_success", "=0.0"),
     ("episode_reward", t.RETURN), ("total_feedback", t.EPISODES), ("labeled_feedback", t.EPISODES), ("critic_loss", t.LOSS), ("alpha_value", t.FALLING)],
    ["step"], ["true_episode_reward", "episode_reward"],
)  # fmt: skip
EVAL_TRAIN = Style(
    [("step", t.STEPS), ("train/batch_reward", t.FRACTION), ("train/episode_reward", t.TRAINED), ("train/critic_loss", t.LOSS), ("train/time", t.CLOCK),
     ("eval/episode_reward", t.RETURN), ("eval/best_eval_reward", t.BEST), ("eval/episode_length", t.LENGTH)],
    ["step"], ["eval/episode_reward"],
)  # fmt: skip
OFFLINE_KIT = Style(
    [("alpha", t.FALLING), ("eval/episode_length", t.LENGTH), ("eval/episode_length_std", t.SPREAD), ("eval/normalized_episode_reward", t.RETURN),
     ("eval/normalized_episode_reward_std", t.SPREAD), ("loss/actor", t.SIGNED), ("loss/alpha", t.SIGNED), ("loss/critic1", t.LOSS), ("loss/critic2", t.LOSS), ("timestep", t.STEPS)],
    ["timestep"], ["eval/normalized_episode_reward"],
)  # fmt: skip
DYNAMICS = Style(
    [("loss/dynamics_holdout_loss", t.HELD), ("loss/dynamics_train_loss", t.FITTED), ("timestep", t.STEP)],
    ["timestep"], ["-loss/dynamics_holdout_loss"],
)  # fmt: skip
_OURS_DECOYS = [
    ("time_elapsed", t.CLOCK),
    ("fps", t.RATE),
    ("policy_loss", t.SIGNED),
    ("value_loss", t.LOSS),
    ("alpha", t.FALLING),
    ("const", "=1.0"),
    ("empty", ""),
]
OURS = (
    Style([("timestep", t.STEPS), ("EpRetMean", t.RETURN), ("EpRetStd", t.SPREAD), ("EpRetMax", t.TOP), ("EpRetMin", t.LOW), *_OURS_DECOYS], ["timestep"], ["EpRetMean"]),
    Style([("iteration", t.STEP), ("timestep", t.STEPS), ("train_return", t.TRAINED), ("eval_return", t.RETURN), ("best_eval_return", t.BEST), *_OURS_DECOYS],
          ["timestep", "iteration"], ["eval_return"]),
    Style([*_OURS_DECOYS, ("time_step_seconds", t.SECONDS), ("performance/return", t.RETURN), ("batch_reward", t.FRACTION), ("total_steps", t.STEPS)], ["total_steps"], ["performance/return"]),
    Style([("steps_per_second", t.RISING), ("env_steps", t.STEPS), ("episode_return", t.RETURN), ("reward_per_step", t.FRACTION), ("learning_rate_steps", t.EPISODES), *_OURS_DECOYS],
          ["env_steps"], ["episode_return"]),
    Style([("Step", t.STEPS), ("Performance", t.RETURN), ("PerformanceStd", t.SPREAD), ("Loss", t.LOSS), *_OURS_DECOYS], ["Step"], ["Performance"]),
    Style([("timestep", t.STEPS), ("return_train", t.TRAINED), ("return_test", t.SPARSE), ("return_test_std", t.SPREAD), *_OURS_DECOYS], ["timestep"], ["return_test"]),
)  # fmt: skip
PYMARL = Style(
    [("battle_won_mean", t.FRACTION2), ("ep_length_mean", t.LENGTH), ("epsilon", t.FALLING), ("episode", t.EPISODES), ("grad_norm", t.LOSS), ("loss", t.LOSS),
     ("q_taken_mean", t.SIGNED), ("return_mean", t.TRAINED), ("return_std", t.SPREAD), ("t_env", t.STEPS), ("target_mean", t.SIGNED), ("td_error_abs", t.LOSS),
     ("test_battle_won_mean", t.FRACTION), ("test_ep_length_mean", t.LENGTH), ("test_return_mean", t.RETURN), ("test_return_std", t.SPREAD)],
    ["t_env", "episode"], ["test_return_mean", "test_battle_won_mean"],
)  # fmt: skip
CLEANRL = Style(
    [("global_step", t.STEPS), ("charts/episodic_length", t.LENGTH), ("charts/episodic_return", t.RETURN), ("charts/learning_rate", t.FALLING), ("charts/SPS", t.RATE),
     ("losses/value_loss", t.LOSS), ("losses/policy_loss", t.SIGNED), ("losses/entropy", t.LOSS), ("losses/explained_variance", t.FRACTION2), ("losses/clipfrac", "=0.0")],
    ["global_step"], ["charts/episodic_return"],
)  # fmt: skip
SUPERVISED = (
    Style([("epoch", t.STEP), ("accuracy", t.FRACTION2), ("loss", t.FITTED), ("lr", t.FALLING), ("val_accuracy", t.FRACTION), ("val_loss", t.HELD)], ["epoch"], ["val_accuracy"]),
    Style([("epoch", t.STEP), ("step", t.STEPS), ("lr-AdamW", t.FALLING), ("train_loss", t.FITTED), ("train_acc", t.FRACTION2), ("val_loss", t.HELD), ("val_acc", t.FRACTION)],
          ["epoch", "step"], ["val_acc"]),
    Style([("epoch", t.STEP), ("time", t.CLOCK), ("train/box_loss", t.FITTED), ("train/cls_loss", t.FITTED), ("metrics/precision(B)", t.FRACTION2), ("metrics/recall(B)", t.FRACTION2),
           ("metrics/mAP50(B)", t.FRACTION), ("metrics/mAP50-95(B)", t.FRACTION), ("val/box_loss", t.HELD), ("val/cls_loss", t.HELD), ("lr/pg0", t.FALLING), ("lr/pg1", t.FALLING)],
          ["epoch"], ["metrics/mAP50-95(B)", "metrics/mAP50(B)"]),
    Style([("epoch", t.STEP), ("train_loss", t.FITTED), ("eval_loss", t.HELD), ("eval_top1", t.FRACTION), ("eval_top5", t.FRACTION2), ("lr", t.FALLING)], ["epoch"], ["eval_top1"]),
    Style([("epoch", t.STEP), ("train_loss", t.FITTED), ("val_loss", t.HELD), ("lr", t.FALLING), ("epoch_time", t.SECONDS)], ["epoch"], ["-val_loss"]),
)  # fmt: skip
LANGUAGE = (
    Style([("iter", t.STEPS), ("train/loss", t.FITTED), ("val/loss", t.HELD), ("lr", t.FALLING), ("mfu", t.FRACTION2), ("tokens_per_sec", t.RATE)], ["iter"], ["-val/loss"]),
    Style([("step", t.STEPS), ("loss", t.FITTED), ("grad_norm", t.LOSS), ("learning_rate", t.FALLING), ("epoch", t.STEP), ("eval_loss", t.HELD), ("eval_runtime", t.CLOCK),
           ("eval_samples_per_second", t.RATE), ("eval_steps_per_second", t.RATE)], ["step", "epoch"], ["-eval_loss"]),
    Style([("tokens", t.STEPS), ("step", t.STEP), ("train_perplexity", t.FITTED), ("valid_perplexity", t.HELD), ("step_time", t.SECONDS)], ["step", "tokens"], ["-valid_perplexity"]),
)  # fmt: skip
_R, _T, _L, _C = t.RETURN, t.TRAINED, t.LOSS, t.CLOCK
OTHERS = (
    # tianshou, CORL, MBRL-Lib, Dopamine, Acme, Meta-World
    Style([("env_step", t.STEPS), ("gradient_step", t.EPISODES), ("train/reward", _T), ("train/length", t.LENGTH), ("test/reward", _R), ("test/reward_std", t.SPREAD),
           ("test/length", t.LENGTH), ("update/actor_loss", t.SIGNED), ("update/critic_loss", _L)], ["env_step", "gradient_step"], ["test/reward"]),
    Style([("critic_loss", _L), ("actor_loss", t.SIGNED), ("q_value", t.SIGNED), ("total_it", t.STEPS), ("eval/reward_mean", _R), ("eval/reward_std", t.SPREAD),
           ("eval/d4rl_normalized_score", _R)], ["total_it"], ["eval/d4rl_normalized_score", "eval/reward_mean"]),
    Style([("env_step", t.STEPS), ("episode_reward", _R), ("rollout_length", "=1"), ("model_loss", t.FITTED), ("model_val_score", t.HELD)], ["env_step"], ["episode_reward"]),
    Style([("iteration", t.STEP), ("train_episode_lengths", t.LENGTH), ("train_episode_returns", _T), ("train_average_steps_per_second", t.RATE), ("eval_episode_lengths", t.LENGTH),
           ("eval_episode_returns", _R)], ["iteration"], ["eval_episode_returns"]),
    Style([("actor_episodes", t.EPISODES), ("actor_steps", t.STEPS), ("episode_length", t.LENGTH), ("episode_return", _R), ("steps_per_second", t.RISING), ("critic_loss", _L),
           ("learner_walltime", _C)], ["actor_steps", "actor_episodes"], ["episode_return"]),
    Style([("total_env_steps", t.STEPS), ("time/epoch_time", t.SECONDS), ("train_success_rate", t.FRACTION2), ("success_rate", t.FRACTION), ("return", _R), ("q_loss", _L)],
          ["total_env_steps"], ["success_rate", "return"]),
    # Brax, rl_games, rsl_rl, skrl, ML-Agents, Sample Factory
    Style([("num_steps", t.STEPS), ("eval/walltime", _C), ("eval/episode_reward", _R), ("eval/episode_reward_std", t.SPREAD), ("eval/avg_episode_length", t.LENGTH),
           ("eval/epoch_eval_time", t.SECONDS), ("eval/sps", t.RATE), ("training/sps", t.RATE), ("training/walltime", _C), ("training/policy_loss", t.SIGNED), ("training/v_loss", _L)],
          ["num_steps"], ["eval/episode_reward"]),
    Style([("frame", t.STEPS), ("performance/step_fps", t.RATE), ("performance/step_time", t.SECONDS), ("losses/a_loss", t.SIGNED), ("losses/c_loss", _L), ("info/last_lr", t.FALLING),
           ("info/epochs", t.STEP), ("rewards/step", _R), ("episode_lengths/step", t.LENGTH)], ["frame", "info/epochs"], ["rewards/step"]),
    Style([("it", t.STEP), ("Loss/value_function", _L), ("Loss/surrogate", t.SIGNED), ("Loss/learning_rate", t.FALLING), ("Policy/mean_noise_std", t.FALLING), ("Perf/total_fps", t.RATE),
           ("Perf/collection time", t.SECONDS), ("Train/mean_reward", _R), ("Train/mean_episode_length", t.LENGTH)], ["it"], ["Train/mean_reward"]),
    Style([("timestep", t.STEPS), ("Reward / Instantaneous reward (mean)", t.FRACTION), ("Reward / Total reward (max)", t.TOP), ("Reward / Total reward (min)", t.LOW),
           ("Reward / Total reward (mean)", _R), ("Episode / Total timesteps (mean)", t.LENGTH), ("Loss / Policy loss", t.SIGNED)], ["timestep"], ["Reward / Total reward (mean)"]),
    Style([("Step", t.STEPS), ("Environment/Cumulative Reward", _R), ("Environment/Episode Length", t.LENGTH), ("Losses/Policy Loss", _L), ("Losses/Value Loss", _L),
           ("Policy/Entropy", t.FALLING), ("Policy/Learning Rate", t.FALLING), ("Is Training", "=1.0")], ["Step"], ["Environment/Cumulative Reward"]),
    Style([("env_steps", t.STEPS), ("len/len", t.LENGTH), ("perf/_fps", t.RATE), ("reward/reward", _R), ("reward/reward_max", t.TOP), ("reward/reward_min", t.LOW), ("train/loss", t.SIGNED),
           ("train/lr", t.FALLING)], ["env_steps"], ["reward/reward"]),
)  # fmt: skip
OTHERS_SUPERVISED = (
    # mmsegmentation, fairseq, speech, GANs, RecBole, forecasting, diffusion, GLUE, fastai, gradient boosting
    Style([("Epoch", t.STEP), ("train_loss", t.FITTED), ("val_loss", t.HELD), ("aAcc", t.FRACTION2), ("mIoU", t.FRACTION), ("lr", t.FALLING)], ["Epoch"], ["mIoU", "aAcc", "-val_loss"]),
    Style([("epoch", t.STEP), ("num_updates", t.STEPS), ("train_loss", t.FITTED), ("train_wps", t.RATE), ("valid_loss", t.HELD), ("valid_ppl", t.HELD), ("valid_bleu", t.FRACTION)],
          ["epoch", "num_updates"], ["valid_bleu", "-valid_loss", "-valid_ppl"]),
    Style([("epoch", t.STEP), ("lr", t.FALLING), ("train_loss", t.FITTED), ("valid_loss", t.HELD), ("valid_WER", t.HELD)], ["epoch"], ["-valid_WER", "-valid_loss"]),
    Style([("kimg", t.STEPS), ("tick", t.STEP), ("sec/tick", t.SECONDS), ("Loss/G/loss", t.SIGNED), ("Loss/D/loss", _L), ("fid50k_full", t.HELD)], ["kimg", "tick"], ["-fid50k_full"]),
    Style([("epoch", t.STEP), ("train_loss", t.FITTED), ("valid_recall@20", t.FRACTION), ("valid_ndcg@10", t.FRACTION), ("epoch_time", t.SECONDS)], ["epoch"], ["valid_recall@20", "valid_ndcg@10"]),
    Style([("epoch", t.STEP), ("train_loss", t.FITTED), ("vali_loss", t.HELD), ("test_mse", t.HELD), ("test_mae", t.HELD)], ["epoch"], ["-test_mse", "-test_mae", "-vali_loss"]),
    Style([("grad_norm", _L), ("loss", t.FITTED), ("loss_q0", t.FITTED), ("loss_q1", t.FITTED), ("loss_q2", t.FITTED), ("loss_q3", t.FITTED), ("samples", t.STEPS), ("step", t.STEP)],
          ["step", "samples"], ["-loss"]),
    Style([("epoch", t.STEP), ("step", t.STEPS), ("loss", t.FITTED), ("eval_loss", t.HELD), ("eval_accuracy", t.FRACTION), ("eval_f1", t.FRACTION), ("eval_runtime", t.SECONDS),
           ("eval_samples_per_second", t.RATE)], ["step", "epoch"], ["eval_accuracy", "eval_f1", "-eval_loss"]),
    Style([("epoch", t.STEP), ("train_loss", t.FITTED), ("valid_loss", t.HELD), ("error_rate", t.HELD), ("time", t.SECONDS)], ["epoch"], ["-error_rate", "-valid_loss"]),
    Style([("iteration", t.STEP), ("train-logloss", t.FITTED), ("valid-logloss", t.HELD)], ["iteration"], ["-valid-logloss"]),
)  # fmt: skip
