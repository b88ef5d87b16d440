"""The two engines without the pipeline: `python -m bench.engines_alone PHOTO...`.

A process of its own, with the allocator set up as the stack does: before it has threads.
Prints the seconds that all pages took, two at a time as the stack takes them.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.engines.allocator import keep_large_buffers
from local.services.polly.synthesis import Polly
from local.services.rekognition.detect_text import Rekognition

WORKERS = 2


def main(photos: list[Path]) -> None:
    keep_large_buffers()
    rekognition, polly = Rekognition(), Polly()

    def read_and_speak(photo: Path) -> None:
        found = rekognition.detect_text({"Image": {"Bytes": photo.read_bytes()}})
        lines = [text["DetectedText"] for text in found["TextDetections"] if text["Type"] == "LINE"]
        polly.synthesize_speech(
            {"Text": " ".join(lines), "VoiceId": "Joanna", "OutputFormat": "mp3"}
        )

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(read_and_speak, photos[:WORKERS]))  # loads the engines: not counted
        started = time.perf_counter()
        list(workers.map(read_and_speak, photos))
        print(time.perf_counter() - started)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
