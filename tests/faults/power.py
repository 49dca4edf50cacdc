"""A disk whose power can be cut: ext4 on a loop device, shut down so that nothing reaches it any more that was not
synced (EXT4_IOC_SHUTDOWN without flushing the log, as the file system's own tests do it). Needs root."""

import fcntl
import os
import struct
import subprocess
import time
from pathlib import Path
from typing import Final

SHUTDOWN: Final = 0x8004587D
WITHOUT_FLUSHING: Final = 2
PATIENCE: Final = 15.0  # seconds


class Disk:
    def __init__(self, image: Path, place: Path, megabytes: int = 1024) -> None:
        self.image, self.place = image, place
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", str(image))
        place.mkdir()
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self.image), str(self.place))

    def cut(self) -> None:
        """From now on every write fails, and what was written but not synced is gone."""
        folder = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
        finally:
            os.close(folder)

    def unmount(self) -> None:
        """Once those who work on it have ended."""
        deadline = time.monotonic() + PATIENCE
        while self.place.is_mount():
            try:
                _run("umount", str(self.place))
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
