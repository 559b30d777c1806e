"""Logs three rows and leaves with an exit status, in the way that is asked for. Arguments: base path, way."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback

from sml_logger import Logger


def start(base: str) -> Logger:
    logger = Logger(log_name="a", base_path=base, backup_code=False)
    for step in range(3):
        logger.log_tabular("x", step)
        logger.dump_tabular()
    return logger


def main_that_returns_a_status(base: str) -> int:
    start(base)
    return 4


def train_in_a_thread(base: str) -> None:
    start(base)
    raise RuntimeError("out of memory")


def end(base: str, way: str) -> None:
    if way == "returned":
        sys.exit(main_that_returns_a_status(base))
    if way == "thread_raises":
        thread = threading.Thread(target=train_in_a_thread, args=(base,))
        thread.start()
        thread.join()
        return
    if way == "thread_then_exit":
        thread = threading.Thread(target=lambda: globals().update(kept=start(base)))
        thread.start()
        thread.join()
        sys.exit(5)
    if way == "local":
        logger = start(base)
        raise SystemExit(3)
    logger = globals()["kept"] = start(base)
    if way == "with":
        with logger:
            sys.exit(3)
    if way == "sys_exit":
        sys.exit(3)
    if way == "text":
        sys.exit("diverged: loss is nan")
    if way == "raise":
        raise SystemExit(3)
    if way == "builtin":
        exit(3)
    if way == "caught":
        try:
            raise ValueError("CUDA error: out of memory")
        except ValueError:
            traceback.print_exc()
            sys.exit(1)
    if way == "closed_then_caught":
        try:
            try:
                raise ValueError("CUDA error: out of memory")
            finally:
                logger.close()
        except ValueError:
            sys.exit(1)
    if way == "interrupt":
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            sys.exit(130)
    if way == "handler":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        os.kill(os.getpid(), signal.SIGTERM)
    if way == "zero":
        raise SystemExit(0)
    if way == "caught_exit":
        try:
            sys.exit(9)
        except SystemExit as error:
            globals()["code"] = error.code
        if globals()["code"] != 9:
            os._exit(1)
    if way == "closed_before":
        logger.close()
        sys.exit(2)


if __name__ == "__main__":
    end(sys.argv[1], sys.argv[2])
