"""Build the one compiled extension, fastsign._core, from src/_core."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from importlib.metadata import PackageNotFoundError, distribution

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def find_crypto_mb() -> tuple[list[str], list[str]]:
    """Return (archives, include folders) of Intel's crypto_mb, both empty where it is not to be had."""
    if os.environ.get("FASTSIGN_NO_CRYPTO_MB"):
        return [], []
    try:
        static, headers = distribution("ipp-crypto-static"), distribution("ipp-crypto-include")
    except PackageNotFoundError:
        print("fastsign: ipp-crypto-static is not installed; building without crypto_mb", file=sys.stderr)
        return [], []
    archives = [str(static.locate_file(f)) for f in static.files or () if f.name == "libcrypto_mb.a"]
    folders = [
        os.path.dirname(os.path.dirname(str(headers.locate_file(f))))
        for f in headers.files or ()
        if f.name == "ec_nistp256.h" and f.parent.name == "crypto_mb"
    ]
    return (archives[:1], folders[:1]) if archives and folders else ([], [])


def core_extension() -> Extension:
    archives, folders = find_crypto_mb()
    debug = bool(os.environ.get("FASTSIGN_DEBUG"))
    return Extension(
        "fastsign._core",
        ["src/_core/core.pyx", *sorted(glob("src/_core/kernels/*/*.c"))],
        include_dirs=["src/_core", *sorted(glob("src/_core/kernels/*/")), *folders],
        depends=[*glob("src/_core/*.pyx"), *glob("src/_core/kernels/*/*.h")],
        define_macros=[("FASTSIGN_CRYPTO_MB", "1")] if archives else [],
        extra_compile_args=["-O1" if debug else "-O3", "-g", "-std=gnu11", "-fvisibility=hidden", "-Wall"],
        extra_objects=archives,
        libraries=["crypto"],
    )


class BuildSideBySide(build_ext):
    """Compiles as many files at once as there are cores; distutils takes one after the other."""

    def build_extensions(self) -> None:
        compile_in_turn = self.compiler.compile

        def compile_side_by_side(sources: list[str], **options: object) -> list[str]:
            with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
                objects = threads.map(lambda source: compile_in_turn([source], **options), sources)
                return [name for names in objects for name in names]

        self.compiler.compile = compile_side_by_side
        super().build_extensions()


setup(
    license="Apache-2.0",
    cmdclass={"build_ext": BuildSideBySide},
    ext_modules=cythonize(
        [core_extension()],
        build_dir="build/cython",
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "initializedcheck": False,
            "cdivision": True,
        },
    )
)
