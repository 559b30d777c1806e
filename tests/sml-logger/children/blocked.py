"""Runs a script written for W&B and fails at any attempt to use the network. Argument: base path."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

attempts: list[str] = []
NETWORK = {
    "socket.connect",
    "socket.sendto",
    "socket.sendmsg",
    "socket.bind",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "urllib.Request",
    "http.client.connect",
    "smtplib.connect",
}


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in NETWORK:
        return
    # Connecting a datagram socket sends nothing: it only asks the kernel for the own address.
    first = arguments[0] if arguments else None
    if event == "socket.connect" and isinstance(first, socket.socket) and first.type == socket.SOCK_DGRAM:
        return
    attempts.append(f"{event}{arguments[1:]}")
    raise OSError("the network is blocked")


sys.addaudithook(refuse)

import numpy as np  # noqa: E402

import sml_logger.wandb as wandb  # noqa: E402


def main() -> None:
    os.chdir(sys.argv[1])
    wandb.login(key="0" * 40)
    run = wandb.init(
        project="cartpole", entity="me", config={"lr": 0.1}, mode="online", sync_tensorboard=True
    )
    wandb.watch(object())
    for step in range(3):
        wandb.log({"loss": 1.0 / (step + 1), "image": wandb.Image(np.zeros((4, 4, 3), np.uint8))})
    wandb.log({"chart": wandb.plot.line(None, "x", "y"), "table": wandb.Table(["a"], [[1]])})
    wandb.log_artifact(wandb.Artifact("data", "dataset"))
    wandb.alert("title", "text", wandb.AlertLevel.WARN)
    wandb.save("*.py")
    for refused in (wandb.agent, wandb.sweep, wandb.Api, run.use_artifact):
        try:
            refused("anything")
        except wandb.UnsupportedError as error:
            print(error)
    wandb.finish()
    print(f"attempts: {attempts}")


if __name__ == "__main__":
    main()
