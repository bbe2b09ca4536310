"""What only a C program can show of the batch signers: no branch on a secret, and no signature from a broken table."""

import os
import subprocess
from pathlib import Path

import tools
from engine_library import INCLUDES, KERNELS

HERE = Path(__file__).parent
CURVES = KERNELS / "curves"
PATTERNS = ("ec_*.c", "ed25519*.c", "sha*.c", "cpu.c", "fs.c", "private_key_memory.c")


def build(program: Path, flags: list[str], sources: list[Path]) -> None:
    compiler = os.environ.get("CC", "gcc")
    command = [compiler, *flags, "-std=gnu11", *INCLUDES, "-o", program, *sources, "-lcrypto", "-lpthread"]
    subprocess.run([str(part) for part in command], check=True)


def kernel_sources() -> list[Path]:
    return [path for pattern in PATTERNS for path in sorted(KERNELS.glob(f"*/{pattern}"))]


def test_signing_does_not_branch_on_secrets(tmp_path: Path) -> None:
    """Valgrind watches, with the secrets marked as undefined."""
    program = tmp_path / "constant_time"
    build(program, ["-DFS_CTGRIND", "-O3", "-g"], [HERE / "constant_time.c", *kernel_sources()])
    tools.run("valgrind", "--quiet", "--error-exitcode=9", str(program))


def test_a_broken_table_lets_no_signature_out(tmp_path: Path) -> None:
    program = tmp_path / "broken_comb"
    breakers = []
    for name in ("ec_p256.c", "ec_p384.c", "ed25519.c"):
        breaker = tmp_path / name
        curve = name.removesuffix(".c").removeprefix("ec_")
        breaker.write_text(
            f'#include "{CURVES / name}"\nvoid {curve}_break(void);\n'
            f"void {curve}_break(void) {{ for (int i = 0; i < 8; i++) comb[5].entry[i].x.limb[1] ^= 1u << 20; }}\n"
        )
        breakers.append(breaker)
    intact = [path for path in kernel_sources() if path.name not in {breaker.name for breaker in breakers}]
    build(program, ["-O1"], [HERE / "broken_comb.c", *breakers, *intact])
    done = subprocess.run([str(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("failed its self-check") == 3
