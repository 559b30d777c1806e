"""Logs five rows and ends in the way that is asked for. Arguments: base path, way."""

from __future__ import annotations

import atexit
import collections
import multiprocessing
import os
import signal
import sys
import threading
import time

from sml_logger import Logger


def start(base: str) -> Logger:
    logger = Logger(log_name="a", base_path=base, backup_code=False)
    for step in range(5):
        logger.add_tabular_data(x=step)
        logger.dump_tabular()
    return logger


def leave_open(base: str) -> None:
    globals()["kept"] = start(base)  # so that only the end of the process ends it


def fail(base: str) -> None:
    leave_open(base)
    raise RuntimeError("the loss exploded")


def train_in_a_thread(base: str) -> None:
    leave_open(base)
    print("ready", flush=True)
    time.sleep(60)


def end(base: str, way: str) -> None:
    if way.startswith("multiprocessing"):
        target = fail if way.endswith("exception") else leave_open
        process = multiprocessing.get_context("spawn").Process(target=target, args=(base,))
        process.start()
        process.join()
        return
    if way == "in_thread":
        thread = threading.Thread(target=train_in_a_thread, args=(base,))
        thread.start()
        thread.join()
    logger = start(base)
    globals()["kept"] = logger
    if way == "closed":
        logger.close()
    print("ready", flush=True)
    if way == "exception":
        raise RuntimeError("the loss exploded")
    if way == "exception_in_with":
        with logger:
            raise RuntimeError("the loss exploded")
    if way == "closed_in_finally":
        try:
            raise RuntimeError("the loss exploded")
        finally:
            logger.close()
    if way == "handled":
        try:
            raise StopIteration
        except StopIteration:
            logger.close()
    if way == "os_exit":
        os._exit(3)
    if way == "os_exit_well":
        os._exit(0)
    if way == "os_exit_in_handler":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
        step = 5
        while True:
            logger.log_tabular("x", step)
            logger.dump_tabular()
            step += 1
    if way == "sys_exit":
        sys.exit(0)
    if way == "compiles_at_exit":
        atexit.register(collections.namedtuple, "Late", "field")
    if way in ("waits", "closed", "compiles_at_exit"):
        while True:
            time.sleep(0.01)
    if way == "waits_busy":
        step = 5
        while True:
            logger.add_tabular_data(x=step)
            logger.dump_tabular()
            step += 1
    if way == "own_handler":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
        logger.close()
        Logger(log_name="b", base_path=base, backup_code=False)
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores it
    end(sys.argv[1], sys.argv[2])
