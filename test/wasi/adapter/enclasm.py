"""Lets the official WASI suite's own runner drive the enclasm command.

    ENCLASM="node dist/bin/enclasm.cjs" run-tests --runtime-adapter test/wasi/adapter/enclasm.py ...

$ENCLASM is the command with any options, `enclasm` unless set; $ENCLASM_MODE a running mode.
"""

import os
import shlex
import subprocess
from typing import Dict, List, Optional, Tuple

COMMAND = shlex.split(os.getenv("ENCLASM", "enclasm"), posix=os.name != "nt")
MODE = os.getenv("ENCLASM_MODE")


def get_name() -> str:
    return "enclasm"


def get_version() -> str:
    result = subprocess.run(COMMAND + ["--version"], encoding="UTF-8", capture_output=True, check=True)
    return result.stdout.split()[-1]


def get_wasi_versions() -> List[str]:
    return ["wasm32-wasip1"]


def get_wasi_worlds() -> List[str]:
    return ["wasi:cli/command"]


def compute_argv(
    test_path: str,
    args_env_root: Tuple[List[str], Dict[str, str], Optional[str]],
    proposals: List[str],
    wasi_world: str,
    wasi_version: str,
) -> List[str]:
    args, env, root = args_env_root
    argv = COMMAND + ["run"]
    if MODE:
        argv += ["--mode", MODE]
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    if root:
        argv += ["--map-dir", f"/::{root}"]
    return argv + [test_path] + args
