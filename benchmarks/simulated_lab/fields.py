"""What simulated researchers choose from, field by field."""

from __future__ import annotations

from .study import Field, Method

MUJOCO = ("HalfCheetah-v2", "Hopper-v2", "Walker2d-v2", "Ant-v2", "Humanoid-v2", "Swimmer-v2", "Reacher-v2",
          "InvertedPendulum-v2")  # fmt: skip
GYMNASIUM = ("HalfCheetah-v4", "Hopper-v4", "Walker2d-v4", "Ant-v4", "Humanoid-v4", "CartPole-v1", "Pendulum-v1",
             "LunarLander-v2", "Acrobot-v1")  # fmt: skip
ATARI = ("PongNoFrameskip-v4", "BreakoutNoFrameskip-v4", "SeaquestNoFrameskip-v4", "QbertNoFrameskip-v4",
         "SpaceInvadersNoFrameskip-v4")  # fmt: skip
CONTROL = (
    "walker_walk",
    "walker_run",
    "cheetah_run",
    "cartpole_swingup",
    "finger_spin",
    "hopper_hop",
    "quadruped_walk",
)
MAPS = ("3m", "8m", "2s3z", "3s5z", "1c3s5z", "corridor", "MMM2", "5m_vs_6m", "10m_vs_11m")
D4RL = ("hopper-medium-v2", "hopper-medium-replay-v2", "halfcheetah-medium-v2", "halfcheetah-random-v2",
        "walker2d-medium-expert-v2", "antmaze-umaze-v0", "walker2d-medium-v2")  # fmt: skip
_LEARNING_RATES = (1e-5, 1e-4, 3e-4, 1e-3, 1e-2)
_RL_SWEEPS = {"gamma": (0.9, 0.95, 0.99, 0.999), "batch_size": (32, 64, 256, 1024)}

SPINNING_UP_OFF = Field(
    [
        Method("ddpg", {"act_noise": 0.1, "polyak": 0.995}),
        Method("td3", {"act_noise": 0.1, "target_noise": 0.2, "policy_delay": 2}),
        Method("sac", {"alpha": 0.2, "polyak": 0.995}),
        Method("sac_auto", {"alpha": None}),
        Method("my_td3_nodelay", {"act_noise": 0.1, "policy_delay": 1}),
    ],
    MUJOCO,
    {"pi_lr": _LEARNING_RATES, **_RL_SWEEPS, "ac_kwargs.hidden_sizes": ([64, 64], [256, 256], [400, 300]),
     "replay_size": (1_000_000, 100_000_000, 500_000_000)},
)  # fmt: skip
SPINNING_UP_ON = Field(
    [Method("vpg", {}), Method("trpo", {"delta": 0.01, "backtrack_coeff": 0.8}), Method("ppo", {"clip_ratio": 0.2}),
     Method("ppo_noclip", {"clip_ratio": 1e6})],
    MUJOCO,
    {"vf_lr": _LEARNING_RATES, "gamma": (0.9, 0.95, 0.99), "steps_per_epoch": (4000, 8000, 30000)},
)  # fmt: skip
RLLAB = Field(
    [Method("TRPO"), Method("VPG"), Method("PPO"), Method("TNPG"), Method("CEM")],
    ("SwimmerEnv", "HalfCheetahEnv", "AntEnv", "HopperEnv", "Walker2DEnv", "CartpoleEnv"),
    {
        "algo.step_size": (0.005, 0.01, 0.05, 0.1),
        "algo.batch_size": (5000, 20000, 50000),
        "algo.discount": (0.9, 0.99, 0.995),
    },
)
GARAGE = Field(
    [
        Method("TRPO"),
        Method("PPO", {"lr_clip_range": 0.2}),
        Method("VPG"),
        Method("SAC"),
        Method("RL2PPO"),
        Method("MAMLPPO"),
    ],
    ("HalfCheetah-v2", "ML1-push-v1", "ML1-reach-v1", "Hopper-v2"),
    {"discount": (0.9, 0.99), "batch_size": (4000, 10000), "max_kl": (0.01, 0.05)},
)
RLKIT = Field(
    [Method("SAC"), Method("TD3"), Method("BEAR", {"mmd_sigma": 20.0}), Method("AWAC", {"beta": 2}), Method("CQL", {"min_q_weight": 5.0})],
    D4RL,
    {"trainer_kwargs.policy_lr": _LEARNING_RATES, "trainer_kwargs.discount": (0.9, 0.99, 0.995), "layer_size": (128, 256, 512),
     "trainer_kwargs.use_automatic_entropy_tuning": (True, False)},
)  # fmt: skip
RAY = Field(
    [
        Method("PPO", {"clip_param": 0.2, "kl_coeff": 0.5}),
        Method("IMPALA", {"broadcast_interval": 5, "num_data_loader_buffers": 1}),
        Method("A2C", {"microbatch_size": 20}),
        Method("APEX", {"n_step": 3, "buffer_size": 2_000_000}),
        Method("SAC", {"tau": 0.005, "initial_alpha": 1.0}),
    ],
    (*ATARI, "CartPole-v0", "Pendulum-v0"),
    {"lr": _LEARNING_RATES, "train_batch_size": (500, 4000, 16000), "lambda": (0.9, 0.95, 1.0), "num_workers": (4, 32, 128),
     "model.fcnet_hiddens": ([64, 64], [256, 256])},
)  # fmt: skip
ZOO = Field(
    [Method("ppo"), Method("a2c"), Method("sac"), Method("td3"), Method("dqn"), Method("tqc")],
    (*GYMNASIUM, "HalfCheetahBulletEnv-v0", "MiniGrid-DoorKey-5x5-v0"),
    {
        "learning_rate": _LEARNING_RATES,
        "gamma": (0.95, 0.99, 0.999),
        "n_steps": (128, 512, 2048),
        "use_sde": (True, False),
    },
)
BASELINES = Field(
    [Method("ppo2"), Method("a2c"), Method("acktr"), Method("trpo_mpi"), Method("ppo1")],
    (*MUJOCO, *ATARI),
    {"lr": (1e-4, 3e-4, 1e-3)},
    most_methods=4,
)
D3RLPY = Field(
    [Method("CQL", {"alpha": 5.0}), Method("AWAC", {"lam": 1.0}), Method("BC", {"policy_type": "deterministic"}),
     Method("TD3PlusBC", {"alpha": 2.5}), Method("IQL", {"expectile": 0.7}), Method("BEAR", {"mmd_kernel": "laplacian"})],
    D4RL,
    {"actor_learning_rate": _LEARNING_RATES, "batch_size": (100, 256, 1024), "n_critics": (2, 5)},
    most_methods=4,
)  # fmt: skip
HYDRA = Field(
    [Method("sac", {"agent.init_temperature": 0.1}), Method("drqv2", {"agent.stddev_clip": 0.3}), Method("ddpg"),
     Method("curl", {"agent.curl_latent_dim": 128}), Method("drq", {"agent.init_temperature": 0.1})],
    CONTROL,
    {"agent.lr": _LEARNING_RATES, "discount": (0.9, 0.99), "batch_size": (128, 256, 512), "agent.feature_dim": (50, 100),
     "frame_stack": (1, 3)},
)  # fmt: skip
OFFLINE_KIT = Field(
    [Method("cql", {"cql_weight": 5.0}), Method("mopo", {"penalty_coef": 0.5, "rollout_length": 5}), Method("combo", {"cql_weight": 0.5, "rollout_length": 5}),
     Method("td3bc", {"alpha": 2.5}), Method("rambo", {"adv_weight": 3e-4}), Method("iql", {"expectile": 0.7})],
    D4RL,
    {"actor_lr": _LEARNING_RATES, "batch_size": (256, 512), "hidden_dims": ([256, 256], [256, 256, 256]),
     "real_ratio": (0.05, 0.5)},
)  # fmt: skip
OURS = Field(
    [Method("sac"), Method("td3"), Method("ppo"), Method("our_method"), Method("our_method_wo_gru"), Method("esp-rl")],
    (*GYMNASIUM, "dmc/walker-run"),
    {"policy_lr": _LEARNING_RATES, **_RL_SWEEPS, "rnn_type": ("gru", "smamba_b2", "transformer"), "sac_alpha": (0.1, 0.2, 1.0),
     "policy_hidden_size": ([128], [256, 256]), "use_layer_norm": (True, False), "skill_id": (1, 4, 7), "max_time": (0.5, 1.0, 2.0),
     "branch": ("main", "feature/gru-critic", "fix/3-target-update"), "init_checkpoint": ("ckpt/bc/best.pt", "ckpt/offline/last.pt", None)},
)  # fmt: skip
PYMARL = Field(
    [Method("qmix", {"mixer": "qmix", "mixing_embed_dim": 32}), Method("vdn", {"mixer": "vdn"}), Method("iql", {"mixer": None}),
     Method("coma", {"critic_q_fn": "coma"}), Method("qtran", {"mixer": "qtran_base", "opt_loss": 1})],
    MAPS,
    {"lr": (0.0005, 0.001), "epsilon_anneal_time": (50000, 500000), "batch_size_run": (1, 8), "td_lambda": (0.6, 0.8)},
)  # fmt: skip
CLEANRL = Field(
    [Method("ppo"), Method("ppo_continuous_action"), Method("dqn"), Method("c51", {"n_atoms": 51}), Method("sac_atari", {"alpha": 0.2}),
     Method("rainbow", {"v_max": 10})],
    (*ATARI, "CartPole-v1", "ALE/Pong-v5", "ALE/Breakout-v5"),
    {"learning_rate": (2.5e-4, 1e-4, 1e-3), "num_envs": (4, 8, 64), "ent_coef": (0.0, 0.01, 0.1), "anneal_lr": (True, False),
     "total_timesteps": (1_000_000, 200_000_000)},
)  # fmt: skip
VISION = Field(
    [Method("resnet50"), Method("vit-base"), Method("timm/convnext_tiny"), Method("google/vit-base-patch16-224"), Method("microsoft/resnet-50")],
    ("cifar10", "cifar100", "imagenet-1k", "data/voc2012"),
    {"optimizer": ("adamw", "sgd", "lion"), "lr": (0.0003, 0.001, 0.1), "weight_decay": (0.0, 0.0005, 0.05),
     "augmentation": ("none", "randaugment-m9-n2-mstd0.5", "mixup")},
    most_environments=3,
)  # fmt: skip
LANGUAGE = Field(
    [Method("gpt2"), Method("meta-llama/Llama-3.1-8B"), Method("meta-llama/Llama-3.2-1B"), Method("Qwen/Qwen2.5-7B-Instruct"), Method("acme/bert-large")],
    ("openwebtext", "wikitext-103", "HuggingFaceH4/ultrachat_200k"),
    {"learning_rate": (2e-5, 1e-4, 6e-4), "n_parameters": (124_000_000, 355_000_000, 1_500_000_000), "lora_r": (8, 64),
     "prompt": ("Answer the question step by step, and show all of your work.", "Answer the question in one word and nothing else, please.",
                "You are a careful assistant. Think before you answer the question.")},
    most_methods=4,
    most_environments=2,
)  # fmt: skip
