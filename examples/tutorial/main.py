"""Augmented random search (Mania et al., 2018) of a linear softmax policy on a classic-control task."""

from common_config.load_config import init_smart_logger

init_smart_logger()

import os

import gymnasium
import numpy as np
from parameter.Parameter import Parameter

import smart_logger
from smart_logger import Logger


class RandomSearch:
    def __init__(self):
        self.parameter = Parameter()
        self.logger = Logger(log_name=self.parameter.short_name, log_signature=self.parameter.signature)
        self.parameter.set_logger(self.logger)
        self.parameter.set_config_path(os.path.join(self.logger.output_dir, "config"))
        self.parameter.save_config()

        self.env = gymnasium.make(self.parameter.env_name)
        self.random = np.random.default_rng(self.parameter.seed)
        self.timestep = 0
        size = self.env.observation_space.shape[0]
        self.weights = np.zeros((self.env.action_space.n, size))
        # Running mean and variance of the observations, used to normalise the policy's input.
        self.count, self.mean, self.squares = 1, np.zeros(size), np.ones(size)

    def run(self):
        iteration = 0
        while self.timestep < self.parameter.total_steps:
            for _ in range(self.evaluations):
                self.logger.add_tabular_data(tb_prefix="eval", episode_return=self.episode(self.weights))
            self.logger.log_tabular(key="timestep", val=self.timestep, tb_prefix="eval")
            self.logger.log_tabular(key="iteration", val=iteration, tb_prefix="eval")
            returns = self.improve()
            self.logger.add_tabular_data(tb_prefix="train", search_return=list(returns.ravel()))
            self.logger.log_tabular(key="weights_norm", val=np.linalg.norm(self.weights), tb_prefix="train")
            self.logger.dump_tabular()
            iteration += 1
        if self.parameter.backing_log:
            self.logger.sync_log_to_remote(replace=False)

    @property
    def evaluations(self):
        return smart_logger.get_customized_value("episodes_per_evaluation")

    def improve(self):
        """Step along the better half of the directions; return all returns, shape (directions, 2)."""
        directions = self.random.standard_normal((self.parameter.directions, *self.weights.shape))
        trials = [(sign * self.parameter.noise * direction) for direction in directions for sign in (1, -1)]
        returns = np.array([self.episode(self.weights + trial, learn=True) for trial in trials]).reshape(
            -1, 2
        )
        best = np.argsort(returns.max(axis=1))[-(self.parameter.directions // 2) :]
        spread = returns[best].std() + 1e-8
        gains = returns[best, 0] - returns[best, 1]
        step = np.tensordot(gains, directions[best], axes=1) / (len(best) * spread)
        self.weights += self.parameter.policy_lr * step
        return returns

    def episode(self, weights, learn=False):
        """Return of one episode; with `learn`, its steps count as training and update the normalisation."""
        observation, _ = self.env.reset(seed=int(self.random.integers(2**31)))
        total, done = 0.0, False
        deviation = np.sqrt(self.squares / self.count) + 1e-8
        while not done:
            if learn:
                self.observe(observation)
            logits = weights @ ((observation - self.mean) / deviation)
            # The argmax of logits plus Gumbel noise is a sample from their softmax.
            action = int(np.argmax(logits + self.random.gumbel(size=len(logits))))
            observation, reward, terminated, truncated, _ = self.env.step(action)
            total += float(reward)
            done = terminated or truncated
        return total

    def observe(self, observation):
        self.timestep += 1
        self.count += 1
        difference = observation - self.mean
        self.mean += difference / self.count
        self.squares += difference * (observation - self.mean)


if __name__ == "__main__":
    RandomSearch().run()
